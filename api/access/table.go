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
	Send           Action = "send"            // any command at all; which ones, the rows below say
	Deposit        Action = "deposit"         // files, and values to be sealed: nothing of them is on the record before a command names them
	Act            Action = "act"             // what parties and those beside them do: propose, agree, extend...
	Report         Action = "report"          // what is said to have happened, by whom: violate, attest, record-tally...
	Inquire        Action = "inquire"         // a monitor's inquiries
	Cite           Action = "cite"            // put a source on the register
	Register       Action = "register"        // put an actor or a place on the register
	Keys           Action = "keys"            // an actor's keys; own: those of an own actor
	Correct        Action = "correct"         // correct or retract; own: what an own actor has said
	Share          Action = "share"           // let further actors know of a restricted record; own: one that an own actor began, or that was restricted to it then
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
	{Send, "commands at all; which, say the next rows", map[Role]Grant{Negotiator: Any, Monitor: Any, Recorder: Any, Auditor: Any, Operator: Any}},
	{Deposit, "files, and values to be sealed", map[Role]Grant{Negotiator: Any, Monitor: Any, Recorder: Any}},
	{Act, "acts of parties and of those beside them", map[Role]Grant{Negotiator: Own, Recorder: Any}},
	{Report, "reports of what happened and was said", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
	{Inquire, "a monitor's inquiries", map[Role]Grant{Monitor: Own, Recorder: Any}},
	{Cite, "sources on the register", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
	{Register, "actors and places on the register", map[Role]Grant{Recorder: Any}},
	{Keys, "the keys of actors", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
	{Correct, "corrections and retractions", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
	{Share, "restricted records, to further actors", map[Role]Grant{Negotiator: Own, Monitor: Own, Recorder: Any}},
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
	Report:        {"attest", "report-performance", "violate", "corroborate", "dispute", "attribute", "deny", "record-tally", "record-statement", "mark-duplicate", "attach-evidence", "transfer-evidence"},
	Inquire:       {"open-inquiry", "suspend-inquiry", "conclude-inquiry"},
	Cite:          {"register-source"},
	Register:      {"register-actor", "register-place"},
	Keys:          {"register-key", "rotate-key", "revoke-key"},
	Correct:       {"correct", "retract"},
	Share:         {"share"},
	ReadSecret:    {"read-secret"},
	DestroySecret: {"destroy-secret"},
}

// routes say which action a route is, by its pattern. What a command's route grants is narrowed by the command's verb.
var routes = map[Action][]string{
	Reach: {
		"GET /healthz", "GET /readyz", "GET /openapi.json", "GET /asyncapi.json", "GET /schemas/commands/{name}", "GET /schemas/events/{name}",
		"GET /assets/{name}", "GET /login", "POST /login", "POST /logout", "GET /login/oidc", "GET /login/oidc/callback", "GET /v1/me",
		"GET /log/checkpoint", "GET /log/checkpoints", "GET /log/policy", "GET /log/tile/{tile...}", "GET /log/consistency",
	},
	Read: {
		"GET /{$}", "GET /ceasefires/{id}", "GET /incidents", "GET /incidents/{id}", "GET /sources", "GET /layers/{n}", "GET /layers/{n}/{z}/{x}/{y}", "GET /ceasefires/{id}/badge.svg",
		"GET /v1/ceasefires", "GET /v1/ceasefires/{id}", "GET /v1/ceasefires/{id}/history", "GET /v1/calendar",
		"GET /v1/incidents", "GET /v1/incidents/{id}", "GET /v1/incidents/{id}/history", "GET /v1/incidents/counts", "GET /v1/inquiries",
		"GET /v1/talks", "GET /v1/talks/{id}", "GET /v1/talks/{id}/history", "GET /v1/tallies", "GET /v1/tallies/{id}", "GET /v1/tallies/{id}/history",
		"GET /v1/statements", "GET /v1/statements/{id}", "GET /v1/statements/{id}/history", "GET /v1/actors", "GET /v1/actors/{id}", "GET /v1/actors/{id}/history",
		"GET /v1/places", "GET /v1/places/{id}", "GET /v1/places/{id}/history", "GET /v1/sources", "GET /v1/sources/{id}", "GET /v1/sources/{id}/history",
		"GET /v1/entries", "GET /v1/entries/{sequence}", "GET /v1/stream", "GET /v1/bulletin",
		"GET /v1/incidents.csv", "GET /v1/incidents.xlsx", "GET /v1/incidents.jsonl", "GET /v1/map.geojson", "GET /v1/ceasefires.csv", "GET /v1/ceasefires.atom",
		"GET /v1/ceasefires/{id}/proof", "GET /v1/ceasefires/{id}/material", "GET /v1/incidents/{id}/material", "GET /v1/talks/{id}/material", "GET /v1/tallies/{id}/material",
		"GET /v1/statements/{id}/material", "GET /v1/actors/{id}/material", "GET /v1/places/{id}/material", "GET /v1/sources/{id}/material", "GET /v1/attachments/{sha256}",
		"GET /v1/calendar.ics", "GET /v1/commands.jsonl", "GET /v1/admin/digests",
		"GET /v1/keys", "GET /v1/entries/{sequence}/receipt", "GET /v1/entries/{sequence}/proof", "GET /log/tile/entries/{tile...}",
	},
	ReadSecret: {"POST /v1/secrets/{commitment}/read"},
	Deposit:    {"POST /v1/attachments", "POST /v1/secrets"},
	Watch:      {"GET /metrics"},
	Send:       {"POST /v1/commands/{command}", "POST /v1/statements/{command}", "GET /act", "GET /act/{verb}", "POST /act/{verb}"},
	Import:     {"POST /v1/import/{format}"},
	Alert:      {"POST /v1/alerts", "DELETE /v1/alerts/{id}", "POST /v1/alerts/dead/{id}", "GET /v1/alerts", "GET /v1/alerts/pending", "GET /v1/alerts/dead"},
	Operate:    {"POST /v1/admin/rebuild", "GET /v1/admin/snapshots", "GET /v1/admin/snapshots/{name}"},
	Tokens:     {"POST /v1/tokens", "GET /v1/tokens", "DELETE /v1/tokens/{id}"},
}

var (
	byAction = map[Action]Row{}
	byVerb   = map[string]Action{}
	byRoute  = map[string]Action{}
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
	for action, patterns := range routes {
		for _, pattern := range patterns {
			byRoute[pattern] = action
		}
	}
}

func grants(a Action, r Role) Grant { return byAction[a].Grants[r] }

// OfVerb returns the action that a command is; false for a command that stands in no row, which nobody may send.
func OfVerb(verb string) (Action, bool) {
	a, ok := byVerb[verb]
	return a, ok
}

// OfRoute returns the action that a route is, by its pattern; false for one that stands in no row, which nobody may take.
func OfRoute(pattern string) (Action, bool) {
	a, ok := byRoute[pattern]
	return a, ok
}

// Routes lists the patterns of the table.
func Routes() map[string]Action { return byRoute }
