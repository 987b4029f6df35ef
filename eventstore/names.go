package eventstore

import (
	"reflect"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/domain/registry"
	"truceledger/domain/statement"
	"truceledger/domain/talks"
	"truceledger/domain/tally"
)

// The names below are on disk for ever, apart from the names of the Go types that they are read into. A line is never
// removed and never changed: a changed meaning is a new name, and an upcaster turns what was stored under the old name
// into the new (upcast.go).

// verbs are the commands that callers may send, in the order of the contract.
var verbs = []verbType{
	verb[registry.RegisterActor]("register-actor"),
	verb[registry.RegisterPlace]("register-place"),
	verb[registry.RegisterSource]("register-source"),
	verb[registry.RegisterKey]("register-key"),
	verb[registry.RotateKey]("rotate-key"),
	verb[registry.RevokeKey]("revoke-key"),
	verb[ceasefire.Propose]("propose"),
	verb[ceasefire.Amend]("amend"),
	verb[ceasefire.Agree]("agree"),
	verb[ceasefire.Reject]("reject"),
	verb[ceasefire.WithdrawProposal]("withdraw-proposal"),
	verb[ceasefire.Accede]("accede"),
	verb[ceasefire.EnterIntoForce]("enter-into-force"),
	verb[ceasefire.Thwart]("thwart"),
	verb[ceasefire.Extend]("extend"),
	verb[ceasefire.WidenArea]("widen-area"),
	verb[ceasefire.NarrowArea]("narrow-area"),
	verb[ceasefire.Reaffirm]("reaffirm"),
	verb[ceasefire.Suspend]("suspend"),
	verb[ceasefire.Resume]("resume"),
	verb[ceasefire.Withdraw]("withdraw"),
	verb[ceasefire.Terminate]("terminate"),
	verb[ceasefire.DeclareCollapsed]("declare-collapsed"),
	verb[ceasefire.Supersede]("supersede"),
	verb[ceasefire.Designate]("designate"),
	verb[ceasefire.Exclude]("exclude"),
	verb[ceasefire.Attest]("attest"),
	verb[ceasefire.Undertake]("undertake"),
	verb[ceasefire.ReportPerformance]("report-performance"),
	verb[incident.Violate]("violate"),
	verb[incident.Corroborate]("corroborate"),
	verb[incident.Dispute]("dispute"),
	verb[incident.Attribute]("attribute"),
	verb[incident.Deny]("deny"),
	verb[incident.OpenInquiry]("open-inquiry"),
	verb[incident.SuspendInquiry]("suspend-inquiry"),
	verb[incident.ConcludeInquiry]("conclude-inquiry"),
	verb[incident.MarkDuplicate]("mark-duplicate"),
	verb[tally.RecordTally]("record-tally"),
	verb[statement.RecordStatement]("record-statement"),
	verb[talks.OpenTalks]("open-talks"),
	verb[talks.RecordTalksStatus]("record-talks-status"),
	verb[talks.ReserveRight]("reserve-right"),
	verb[domain.AttachEvidence]("attach-evidence"),
	verb[domain.TransferEvidence]("transfer-evidence"),
	verb[domain.ReadSecret]("read-secret"),
	verb[domain.DestroySecret]("destroy-secret"),
	verb[domain.Share]("share"),
	verb[domain.Correct]("correct"),
	verb[domain.Retract]("retract"),
}

// internalVerbs are the commands of the ledger itself. They stand in entries and nobody can send them.
var internalVerbs = []verbType{
	verb[openLedger]("open-ledger"),
	verb[raiseFormat]("raise-format"),
	verb[setSignatures]("set-signatures"),
}

// eventTypes are the facts that entries hold.
var eventTypes = []eventType{
	event[LedgerOpened]("ledger-opened"),
	event[FormatRaised]("format-raised"),
	event[SignaturesSet]("signatures-set"),
	event[ceasefire.CeasefireProposed]("ceasefire-proposed"),
	event[ceasefire.ProposalAmended]("proposal-amended"),
	event[ceasefire.ConsentGiven]("consent-given"),
	event[ceasefire.CeasefireAgreed]("ceasefire-agreed"),
	event[ceasefire.ProposalRejected]("proposal-rejected"),
	event[ceasefire.ProposalWithdrawn]("proposal-withdrawn"),
	event[ceasefire.PartyAcceded]("party-acceded"),
	event[ceasefire.EnteredIntoForce]("entered-into-force"),
	event[ceasefire.EntryThwarted]("entry-thwarted"),
	event[ceasefire.TermExtended]("term-extended"),
	event[ceasefire.ExtensionBacked]("extension-backed"),
	event[ceasefire.AreaWidened]("area-widened"),
	event[ceasefire.AreaNarrowed]("area-narrowed"),
	event[ceasefire.CeasefireReaffirmed]("ceasefire-reaffirmed"),
	event[ceasefire.CeasefireSuspended]("ceasefire-suspended"),
	event[ceasefire.CeasefireResumed]("ceasefire-resumed"),
	event[ceasefire.ConsentWithdrawn]("consent-withdrawn"),
	event[ceasefire.PartyWithdrew]("party-withdrew"),
	event[ceasefire.CeasefireTerminated]("ceasefire-terminated"),
	event[ceasefire.CollapseDeclared]("collapse-declared"),
	event[ceasefire.CeasefireSuperseded]("ceasefire-superseded"),
	event[ceasefire.ActorDesignated]("actor-designated"),
	event[ceasefire.ActorExcluded]("actor-excluded"),
	event[ceasefire.TermAttested]("term-attested"),
	event[ceasefire.ObligationUndertaken]("obligation-undertaken"),
	event[ceasefire.PerformanceReported]("performance-reported"),
	event[incident.ViolationAlleged]("violation-alleged"),
	event[incident.IncidentCorroborated]("incident-corroborated"),
	event[incident.IncidentDisputed]("incident-disputed"),
	event[incident.IncidentAttributed]("incident-attributed"),
	event[incident.AttributionDenied]("attribution-denied"),
	event[incident.InquiryOpened]("inquiry-opened"),
	event[incident.InquirySuspended]("inquiry-suspended"),
	event[incident.InquiryConcluded]("inquiry-concluded"),
	event[incident.DuplicateMarked]("duplicate-marked"),
	event[tally.TallyRecorded]("tally-recorded"),
	event[statement.StatementRecorded]("statement-recorded"),
	event[talks.TalksOpened]("talks-opened"),
	event[talks.TalksStatusRecorded]("talks-status-recorded"),
	event[talks.RightReserved]("right-reserved"),
	event[registry.ActorRegistered]("actor-registered"),
	event[registry.PlaceRegistered]("place-registered"),
	event[registry.SourceRegistered]("source-registered"),
	event[registry.KeyRegistered]("key-registered"),
	event[registry.KeyRotated]("key-rotated"),
	event[registry.KeyRevoked]("key-revoked"),
	event[domain.EvidenceReceived]("evidence-received"),
	event[domain.EvidenceTransferred]("evidence-transferred"),
	event[domain.SecretRead]("secret-read"),
	event[domain.SecretDestroyed]("secret-destroyed"),
	event[domain.RecordShared]("record-shared"),
	event[domain.EntryCorrected]("entry-corrected"),
	event[domain.EntryRetracted]("entry-retracted"),
}

// judges hold the rules by the kind of record that a command addresses.
var judges = map[domain.Kind]domain.Judge{
	domain.KindCeasefire: ceasefire.Judge,
	domain.KindIncident:  incident.Judge,
	domain.KindTalks:     talks.Judge,
	domain.KindTally:     tally.Judge,
	domain.KindStatement: statement.Judge,
	domain.KindActor:     registry.Judge,
	domain.KindPlace:     registry.Judge,
	domain.KindSource:    registry.Judge,
}

// Verbs lists the commands that callers may send, in the order of the contract.
func Verbs() []string {
	names := make([]string, len(verbs))
	for i, v := range verbs {
		names[i] = v.name
	}
	return names
}

// NewCommand returns an empty command of a verb that callers may send.
func NewCommand(name string) (c domain.Command, ok bool) {
	v, ok := verbByName[name]
	if !ok || v.internal {
		return nil, false
	}
	return v.new(), true
}

// An EventType is the name of an event on the wire and the Go type that it is read into.
type EventType struct {
	Name string
	Type reflect.Type
}

// EventTypes lists every event that an entry can hold.
func EventTypes() []EventType {
	types := make([]EventType, len(eventTypes))
	for i, t := range eventTypes {
		types[i] = EventType{Name: t.name, Type: t.typ}
	}
	return types
}

// EventName is the name of e on the wire. It panics for a type that is not declared: a source test keeps that from
// happening.
func EventName(e domain.Event) string {
	t, ok := eventByType[reflect.TypeOf(e)]
	if !ok {
		panic("eventstore: names.go declares no event " + reflect.TypeOf(e).String())
	}
	return t.name
}

// A verbType reads and writes the commands of one verb.
type verbType struct {
	name     string
	internal bool
	typ      reflect.Type // of the struct
	new      func() domain.Command
	decode   func(raw []byte) (domain.Command, error) // of an object with or without "command"
	named    func(domain.Command) any                 // what is encoded: the fields after "command"

	creates   bool // it begins a record
	takesBack bool // it changes how an earlier entry is to be read
}

// named is a command or an event as it stands on the wire: its name first, then its fields.
type namedCommand[T any] struct {
	Command string `json:"command"`
	Fields  T      `json:",embed"`
}

type namedEvent[T any] struct {
	Type   string `json:"type"`
	Fields T      `json:",embed"`
}

func verb[T any, P interface {
	*T
	domain.Command
}](name string) verbType {
	return verbType{
		name: name,
		typ:  reflect.TypeFor[T](),
		new:  func() domain.Command { return P(new(T)) },
		decode: func(raw []byte) (domain.Command, error) {
			var w namedCommand[T]
			if err := unmarshal(raw, &w); err != nil {
				return nil, err
			}
			return P(&w.Fields), nil
		},
		named: func(c domain.Command) any {
			return &namedCommand[T]{Command: name, Fields: *(*T)(c.(P))}
		},
	}
}

// An eventType reads and writes the events of one name.
type eventType struct {
	name   string
	typ    reflect.Type
	decode func(raw []byte) (domain.Event, error)
	named  func(domain.Event) any
}

func event[T domain.Event](name string) eventType {
	return eventType{
		name: name,
		typ:  reflect.TypeFor[T](),
		decode: func(raw []byte) (domain.Event, error) {
			var w namedEvent[T]
			err := unmarshal(raw, &w)
			return w.Fields, err
		},
		named: func(e domain.Event) any { return &namedEvent[T]{Type: name, Fields: e.(T)} },
	}
}

// The tables above, by name and by type. They are filled in init, because decoding a command leads back to them.
var (
	verbByName  = map[string]verbType{}
	verbByType  = map[reflect.Type]verbType{}
	eventByName = map[string]eventType{}
	eventByType = map[reflect.Type]eventType{}
)

func init() {
	for _, v := range verbs {
		declareVerb(v)
	}
	for _, v := range internalVerbs {
		v.internal = true
		declareVerb(v)
	}
	for _, t := range eventTypes {
		if _, twice := eventByName[t.name]; twice {
			panic("eventstore: the event " + t.name + " is declared twice")
		}
		eventByName[t.name], eventByType[t.typ] = t, t
	}
}

func declareVerb(v verbType) {
	if _, twice := verbByName[v.name]; twice {
		panic("eventstore: the command " + v.name + " is declared twice")
	}
	switch c := v.new().(type) {
	case *domain.Correct, *domain.Retract:
		v.takesBack = true
	default:
		v.creates = c.Creates()
	}
	verbByName[v.name], verbByType[v.typ] = v, v
}
