package ceasefire

import (
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A State is what the entries of a ceasefire amount to: a fold of them in the order of their places. The zero State is a
// ceasefire that nobody has proposed. It knows no clock: StatusAt answers for an instant.
type State struct {
	ID         string
	Sequence   uint64 // of the proposal; 0 where there is none
	ProposedBy string
	Place      time.Time // of the proposal

	Terms        Terms  // as they stand; the parties and the area as first stated
	Resolved            // the times of the terms
	TermsVersion int    // 1 for the proposal, one more for each amendment
	TermsEntry   uint64 // the entry that set the current version
	Versions     []TermsVersion

	Roles       []Designation // everybody who has a role, in the order in which they came to it
	Excluded    []Exclusion
	Consents    []Consent
	Departures  []Departure
	Area        []string // the places covered, as listed
	CarvedOut   []string // places inside Area that were taken out
	Obligations []Undertaking

	AgreedAt       time.Time // the place of the last needed consent; zero before
	AgreedSequence uint64
	Entered        bool   // an enter-into-force is on record
	Spans          []Span // the terms: the first, and each further one that an extension began
	Extensions     []Extension
	Backed         []Backing // extensions that wait for others under all_consenting
	Suspensions    []Suspension
	Terminations   bool // a terminate is on record, even one that lies ahead
	Ends           []End
	Thwarting      *End
	Closed         Status // rejected or withdrawn
	Reaffirmations []Consent
	Attestations   []Attestation
	Flags          []domain.Flag
}

// A Span is one term: it covers [From, Until). A zero From is not set yet, a zero Until is open.
type Span struct {
	From, Until Bounds
	Sequence    uint64 // the entry that began it
}

// A TermsVersion is one version of the terms.
type TermsVersion struct {
	Version  int
	Sequence uint64
	Place    time.Time
	Terms    Terms
}

// A Designation is an actor's role.
type Designation struct {
	Actor    string
	Role     Role
	Sequence uint64
	Acceded  bool
}

// An Exclusion says that the ceasefire does not cover an actor.
type Exclusion struct {
	Actor    string
	Basis    string
	Sequence uint64
}

// A Consent is an actor's agreement to the terms that the entry Terms set, or its reaffirmation of them.
type Consent struct {
	Actor    string
	Version  int
	Terms    uint64
	Through  string
	Place    time.Time
	Sequence uint64
}

// A Departure is an actor's leaving after agreement.
type Departure struct {
	Actor    string
	From     Bounds
	Sequence uint64
}

// An Extension is one that moved the end.
type Extension struct {
	By              []string
	From            Bounds // zero: it followed on the old end
	Until, OldUntil Bounds
	Place           time.Time
	Sequence        uint64
}

// A Backing is an extension that waits until the others send an equal one.
type Backing struct {
	By          string
	From, Until Bounds
	Sequence    uint64
}

// A Suspension halts the ceasefire in [From, Until); a zero Until is open.
type Suspension struct {
	From, Until Bounds
	Sequence    uint64
}

// An End is an act that ends a ceasefire, from From on.
type End struct {
	Status    Status
	From      Bounds
	Place     time.Time
	Sequence  uint64
	By        string
	Reason    string
	Successor string
	Incidents []string
	// ByDeparture marks the end that follows from the parties' leaving rather than from an act of its own.
	ByDeparture bool
}

// An Undertaking is an obligation and what was reported of its performance.
type Undertaking struct {
	Obligation
	Sequence    uint64
	Performance []Performed
}

// Performed is one report of how far an obligation was met.
type Performed struct {
	By          string
	Performance Performance
	Text        string
	Place       time.Time
	Sequence    uint64
}

// An Attestation is somebody's own view of the term.
type Attestation struct {
	By          string
	Source      string // the first source that it cites
	InForce     bool
	From, Until Bounds
	Place       time.Time
	Sequence    uint64
}

// Exists reports whether a proposal is on the record.
func (s State) Exists() bool { return s.Sequence != 0 }

// IsAgreed reports whether every needed consent is given.
func (s State) IsAgreed() bool { return !s.AgreedAt.IsZero() }

// Has reports whether actor has one of the roles at an instant; without roles, any role at all. Somebody whose leaving is
// past has none.
func (s State) Has(actor string, at time.Time, roles ...Role) bool {
	if s.leftBy(actor, at) {
		return false
	}
	return slices.ContainsFunc(s.Roles, func(d Designation) bool {
		return d.Actor == actor && (len(roles) == 0 || slices.Contains(roles, d.Role))
	})
}

// leftBy reports whether an actor's leaving is past at an instant.
func (s State) leftBy(actor string, at time.Time) bool {
	return slices.ContainsFunc(s.Departures, func(d Departure) bool {
		return d.Actor == actor && d.From.Reached(at) == when.Yes
	})
}

// In lists the actors that came to a role, in that order.
func (s State) In(role Role) []string {
	var actors []string
	for _, d := range s.Roles {
		if d.Role == role {
			actors = append(actors, d.Actor)
		}
	}
	return actors
}

// Excludes reports whether the ceasefire itself excludes actor; exclusions by a parent are not in its own record.
func (s State) Excludes(actor string) bool {
	return slices.ContainsFunc(s.Excluded, func(x Exclusion) bool { return x.Actor == actor })
}

// Needed lists the actors whose consent makes the ceasefire agreed: those named by consent, else the parties that did not
// accede later; in both cases without the excluded.
func (s State) Needed() []string {
	needed := s.Terms.Consent
	if len(needed) == 0 {
		for _, d := range s.Roles {
			if d.Role == Party && !d.Acceded {
				needed = append(slices.Clip(needed), d.Actor)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(needed), s.Excludes)
}

// Consented reports whether actor agreed to the terms as they stand.
func (s State) Consented(actor string) bool {
	return slices.ContainsFunc(s.Consents, func(c Consent) bool { return c.Actor == actor && c.Terms == s.TermsEntry })
}

// Missing lists the actors whose consent is still needed.
func (s State) Missing() []string { return slices.DeleteFunc(s.Needed(), s.Consented) }

// Start is the start of the first term, zero where none is set.
func (s State) Start() Bounds {
	if len(s.Spans) == 0 {
		return Bounds{}
	}
	return s.Spans[0].From
}

// End is the end of the last term, zero where it is open or not set.
func (s State) End() Bounds {
	if len(s.Spans) == 0 {
		return s.Until
	}
	return s.Spans[len(s.Spans)-1].Until
}

// FirstEntry is when the ceasefire first entered into force: the later of its start and the last consent.
func (s State) FirstEntry() Bounds {
	b := s.Start()
	if b.IsZero() || !s.IsAgreed() {
		return b
	}
	if b.Earliest.Before(s.AgreedAt) {
		b.Earliest = s.AgreedAt
	}
	if b.Latest.Before(s.AgreedAt) {
		b.Latest = s.AgreedAt
	}
	return b
}

// FactsAt returns what a ceasefire amounts to for other records at an effective time, judged by all that its record holds.
func FactsAt(r domain.Record, at time.Time) (domain.CeasefireFacts, bool) {
	s := Fold(placedBy(r.Readings(domain.Everything), at))
	if !s.Exists() {
		return domain.CeasefireFacts{}, false
	}
	facts := domain.CeasefireFacts{Parent: s.Terms.Parent, Area: s.Area, Monitors: s.In(Monitor)}
	for _, x := range s.Excluded {
		facts.Excluded = append(facts.Excluded, x.Actor)
	}
	return facts, true
}

func placedBy(readings []domain.Reading, at time.Time) []domain.Reading {
	i := len(readings)
	for i > 0 && readings[i-1].Place.After(at) {
		i--
	}
	return readings[:i]
}
