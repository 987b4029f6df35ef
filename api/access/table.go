package access

// An Action is what the table grants or not. Every route and every command is one of them (routes and verbs below): what
// stands in neither is nobody's.
type Action string

const (
	Reach          Action = "reach"           // signs of life, documents, the form to sign in, signed heads and hashes
	Read           Action = "read"            // what is public on the record: pages, lists, exports, entries, the stream
	ReadRestricted Action = "read-restricted" // records that are restricted to named actors; own: where an own actor is named
	ReadSecret     Action = "read-secret"     // sensitive values, each reading on the record; own: where an own actor entered it
	Watch          Action = "watch"           // the server's figures
	Act            Action = "act"             // what parties and those beside them do: propose, agree, extend...
	Report         Action = "report"          // what is said to have happened, by whom: violate, attest, record-tally...
	Inquire        Action = "inquire"         // a monitor's inquiries
	Cite           Action = "cite"            // put a source on the register
	Register       Action = "register"        // put an actor or a place on the register
	Keys           Action = "keys"            // an actor's keys; own: those of an own actor
	Correct        Action = "correct"         // correct or retract; own: what an own actor has said
	Import         Action = "import"          // put whole tables on the record
	DestroySecret  Action = "destroy-secret"  // destroy the key of a sensitive value, with reason and legal basis
	Alert          Action = "alert"           // who is told of what
	Operate        Action = "operate"         // rebuild the read models, back up
	Tokens         Action = "tokens"          // make, list and revoke tokens
)

// A Grant is how far a role may go with an action.
type Grant int

const (
	No  Grant = iota
	Own       // in the name of the actors that the caller is bound to, and nobody else's
	Any
)

// A Row is what one action is granted to, beside what it means.
type Row struct {
	Action Action
	Means  string
	Grants map[Role]Grant // a role that is not here has none; the role "" is nobody
}

var everyone = map[Role]Grant{"": Any, Negotiator: Any, Monitor: Any, Recorder: Any, Auditor: Any, Observer: Any, Operator: Any}

var known = map[Role]Grant{Negotiator: Any, Monitor: Any, Recorder: Any, Auditor: Any, Observer: Any, Operator: Any}

// Table is who may do what. There is no other place that says so.
var Table = []Row{
	{Reach, "signs of life, documents, the form to sign in, signed heads and hashes", everyone},
	{Read, "what is public: pages, lists, exports, entries, the stream, the digests of the read models", known},
	{ReadRestricted, "what is restricted to named actors", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Own, Auditor: Any}},
	{ReadSecret, "sensitive values, every reading on the record", map[Role]Grant{Monitor: Own, Auditor: Any}},
	{Watch, "the server's figures", known},
	{Act, "acts of parties and of those beside them", map[Role]Grant{Negotiator: Own, Recorder: Any}},
	{Report, "reports of what happened and was said", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
	{Inquire, "a monitor's inquiries", map[Role]Grant{Monitor: Own, Recorder: Any}},
	{Cite, "sources on the register", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
	{Register, "actors and places on the register", map[Role]Grant{Recorder: Any}},
	{Keys, "the keys of actors", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
	{Correct, "corrections and retractions", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
	{Import, "whole tables", map[Role]Grant{Recorder: Any}},
	{DestroySecret, "the destruction of a sensitive value", map[Role]Grant{Operator: Any}},
	{Alert, "who is told of what", map[Role]Grant{Operator: Any}},
	{Operate, "rebuilding the read models", map[Role]Grant{Operator: Any}},
	{Tokens, "making, listing and revoking tokens", map[Role]Grant{Operator: Any}},
}

// verbs say which action a command is.
var verbs = map[Action][]string{
	Act: {
		"propose", "amend", "agree", "reject", "withdraw-proposal", "accede", "enter-into-force", "thwart", "extend", "widen-area", "narrow-area",
		"reaffirm", "suspend", "resume", "withdraw", "terminate", "declare-collapsed", "supersede", "designate", "exclude", "undertake",
		"open-talks", "record-talks-status", "reserve-right",
	},
	Report:        {"attest", "report-performance", "violate", "corroborate", "dispute", "attribute", "deny", "record-tally", "record-statement", "attach-evidence", "transfer-evidence"},
	Inquire:       {"open-inquiry", "suspend-inquiry", "conclude-inquiry"},
	Cite:          {"register-source"},
	Register:      {"register-actor", "register-place"},
	Keys:          {"register-key", "rotate-key", "revoke-key"},
	Correct:       {"correct", "retract"},
	ReadSecret:    {"read-secret"},
	DestroySecret: {"destroy-secret"},
}

var (
	byAction = map[Action]Row{}
	byVerb   = map[string]Action{}
)

func init() {
	for _, row := range Table {
		byAction[row.Action] = row
	}
	for action, names := range verbs {
		for _, name := range names {
			byVerb[name] = action
		}
	}
}

func grants(a Action, r Role) Grant { return byAction[a].Grants[r] }

// OfVerb returns the action that a command is; false for a command that stands in no row, which nobody may send.
func OfVerb(verb string) (Action, bool) {
	a, ok := byVerb[verb]
	return a, ok
}
