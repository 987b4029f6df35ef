package incident

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// Addressed names the incident that a command is about.
type Addressed struct {
	Incident string `json:"incident" doc:"The incident's id." required:"true" format:"slug"`
}

func (a *Addressed) Target() domain.Ref {
	return domain.Ref{Kind: domain.KindIncident, ID: a.Incident}
}
func (a *Addressed) Creates() bool       { return false }
func (a *Addressed) SetTarget(id string) { a.Incident = id }

// Violate alleges a violation and begins an incident's record. It says that somebody alleges it, not that it happened.
type Violate struct {
	domain.Header
	Incident    string       `json:"incident,omitempty" doc:"The new incident's id; the ledger makes one where none is given." format:"slug"`
	Ceasefires  []string     `json:"ceasefires,omitzero" doc:"The ceasefires said to be breached; none is allowed." ref:"ceasefire"`
	At          when.When    `json:"at,omitzero" doc:"When it happened; by default when the command occurred."`
	Place       string       `json:"place,omitempty" doc:"Where." ref:"place"`
	Type        string       `json:"type,omitempty" doc:"What kind of event: air_strike, shelling, attack, ..." usual:"air_strike shelling rocket_fire small_arms clash attack offensive"` // free: the source's own word stays
	Weapon      string       `json:"weapon,omitempty" doc:"With what."`
	Accused     []string     `json:"accused,omitzero" doc:"Who is said to have done it." ref:"actor"`
	Targets     []string     `json:"targets,omitzero" doc:"What or whom it struck, in words."`
	Casualties  []Casualties `json:"casualties,omitzero" doc:"Counts of killed and injured, each as the source gives it."`
	Count       int          `json:"count,omitzero" doc:"How many such events this stands for; by default one."`
	Description string       `json:"description,omitempty" doc:"In words."`
	Severity    Severity     `json:"severity,omitempty" doc:"The threat to the arrangement: local, serious or critical."`
	Near        Near         `json:"near,omitzero" doc:"Where, as exactly as everybody may know: the middle of a square of the ledger's grid."`
	domain.Confidential
	domain.Restriction
}

func (c *Violate) Verb() string        { return "violate" }
func (c *Violate) Target() domain.Ref  { return domain.Ref{Kind: domain.KindIncident, ID: c.Incident} }
func (c *Violate) Creates() bool       { return true }
func (c *Violate) SetTarget(id string) { c.Incident = id }

// EffectiveTime says that an allegation speaks of the time it names.
func (c *Violate) EffectiveTime() (string, when.When) { return "at", c.At }

// Casualties is one count of people.
type Casualties struct {
	Unit      domain.Unit      `json:"unit,omitempty" doc:"Who is counted; by default unknown."`
	Outcome   domain.Outcome   `json:"outcome" doc:"killed or injured." required:"true"`
	Qualifier domain.Qualifier `json:"qualifier,omitempty" doc:"How the figure is meant; by default exact."`
	Low       *int             `json:"low,omitempty" doc:"The lowest figure."`
	Best      *int             `json:"best,omitempty" doc:"The figure."`
	High      *int             `json:"high,omitempty" doc:"The highest figure."`
}

// Account holds what others' words about an incident share.
type Account struct {
	domain.Header `by:"required"`
	Addressed
	Description string `json:"description,omitempty" doc:"In words."`
	domain.Confidential
}

// Corroborate says that the incident happened.
type Corroborate struct{ Account }

// Dispute says that it did not, or not so.
type Dispute struct{ Account }

// Attribute says who did it.
type Attribute struct {
	Account
	Actor      string     `json:"actor" doc:"Who did it, in the view of by." ref:"actor" required:"true"`
	Confidence Confidence `json:"confidence,omitempty" doc:"How sure: low, moderate or high."`
}

// Deny says that an actor did not do it.
type Deny struct {
	Account
	Actor string `json:"actor,omitempty" doc:"Who did not do it; by default by." ref:"actor"`
}

// Inquiry holds what the steps of an inquiry share.
type Inquiry struct {
	domain.Header `by:"required"`
	Addressed
	Reason string `json:"reason,omitempty" doc:"Why; access denied, for example."`
}

// OpenInquiry begins or takes up again a monitor's inquiry.
type OpenInquiry struct{ Inquiry }

// SuspendInquiry halts an inquiry, for example because access is denied.
type SuspendInquiry struct{ Inquiry }

// ConcludeInquiry ends an inquiry with a finding.
type ConcludeInquiry struct {
	Inquiry
	Finding Finding `json:"finding" doc:"verified, unsubstantiated or inconclusive." required:"true"`
}

func (*Corroborate) Verb() string     { return "corroborate" }
func (*Dispute) Verb() string         { return "dispute" }
func (*Attribute) Verb() string       { return "attribute" }
func (*Deny) Verb() string            { return "deny" }
func (*OpenInquiry) Verb() string     { return "open-inquiry" }
func (*SuspendInquiry) Verb() string  { return "suspend-inquiry" }
func (*ConcludeInquiry) Verb() string { return "conclude-inquiry" }

// A Severity is the threat to the arrangement, apart from the human cost.
type Severity string

// Values lists what a severity may be.
func (Severity) Values() []string { return []string{"local", "serious", "critical"} }

// A Confidence says how sure an attribution is.
type Confidence string

// Values lists what a confidence may be.
func (Confidence) Values() []string { return []string{"low", "moderate", "high"} }

// A Finding is the outcome of an inquiry.
type Finding string

const (
	Verified        Finding = "verified"
	Unsubstantiated Finding = "unsubstantiated"
	Inconclusive    Finding = "inconclusive"
)

// Values lists what a finding may be.
func (Finding) Values() []string { return []string{"verified", "unsubstantiated", "inconclusive"} }

// Report marks the commands that say what somebody holds to have happened; the steps of an inquiry are acts.
func (*Violate) Report() {}
func (*Account) Report() {}
