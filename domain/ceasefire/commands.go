package ceasefire

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// Addressed names the ceasefire that a command is about.
type Addressed struct {
	Ceasefire string `json:"ceasefire" doc:"The ceasefire's id." required:"true" format:"slug"`
}

func (a *Addressed) Target() domain.Ref {
	return domain.Ref{Kind: domain.KindCeasefire, ID: a.Ceasefire}
}
func (a *Addressed) Creates() bool       { return false }
func (a *Addressed) SetTarget(id string) { a.Ceasefire = id }

// Terms are the fields that a proposal states and an amendment may change. In an amendment a field that is not given
// stays as it was.
type Terms struct {
	Title             string        `json:"title,omitempty" doc:"What people call it."`
	Class             Class         `json:"class,omitempty" doc:"The kind of arrangement, in the controlled vocabulary; the parties' own word belongs in title and terms."`
	Area              domain.Places `json:"area,omitzero" doc:"The places it covers." ref:"place"`
	Parent            string        `json:"parent,omitempty" doc:"The wider ceasefire that this one stands under." ref:"ceasefire"`
	Predecessor       string        `json:"predecessor,omitempty" doc:"The ceasefire that this one follows." ref:"ceasefire"`
	Parties           []string      `json:"parties,omitzero" doc:"The signatories." ref:"actor"`
	Guarantors        []string      `json:"guarantors,omitzero" doc:"Who answers for the parties' compliance." ref:"actor"`
	Mediators         []string      `json:"mediators,omitzero" doc:"Who mediates." ref:"actor"`
	Monitors          []string      `json:"monitors,omitzero" doc:"Who verifies; only a monitor may hold an inquiry." ref:"actor"`
	Excluded          []string      `json:"excluded,omitzero" doc:"Actors that the ceasefire does not cover and that cannot join it." ref:"actor"`
	Consent           []string      `json:"consent,omitzero" doc:"Who must agree; by default all parties." ref:"actor"`
	ExtensionRule     ExtensionRule `json:"extension_rule,omitempty" doc:"Who moves the term: any_standing (the default) or all_consenting."`
	From              when.When     `json:"from,omitzero" doc:"The start."`
	Until             when.When     `json:"until,omitzero" doc:"The end; the first moment that it no longer covers."`
	Lasting           string        `json:"lasting,omitempty" doc:"How long it lasts from its start: an ISO 8601 duration such as PT48H or P2M." format:"duration"`
	Zone              string        `json:"zone,omitempty" doc:"The zone in which calendar days and months are counted." format:"zone"`
	AccedeBy          when.When     `json:"accede_by,omitzero" doc:"The deadline for acceding."`
	PlannedExtensions []string      `json:"planned_extensions,omitzero" doc:"Extensions that were planned in advance: durations; they move no end." format:"duration"`
	TermsText         string        `json:"terms,omitempty" doc:"The terms' text."`
	TermsSHA256       string        `json:"terms_sha256,omitempty" doc:"The SHA-256 of the terms' text, in hex, where the text is kept elsewhere." format:"sha256"`
	Obligations       []Obligation  `json:"obligations,omitzero" doc:"What somebody undertakes."`
}

// An Obligation is something that an actor took on, or that others demand of it.
type Obligation struct {
	Obligation  string             `json:"obligation" doc:"Its id within the ceasefire." required:"true" format:"slug"`
	Obligor     string             `json:"obligor,omitempty" doc:"Who owes it." ref:"actor"`
	Beneficiary string             `json:"beneficiary,omitempty" doc:"To whom or to whose good, in words."`
	Modality    ObligationModality `json:"modality,omitempty" doc:"accepted, demanded or best_efforts; by default accepted."`
	Text        string             `json:"text,omitempty" doc:"What is owed."`
}

// Propose puts a ceasefire on the table and begins its record.
type Propose struct {
	domain.Header
	Ceasefire string `json:"ceasefire,omitempty" doc:"The new ceasefire's id; the ledger makes one where none is given." format:"slug"`
	Terms
	domain.Restriction
}

func (c *Propose) Verb() string { return "propose" }
func (c *Propose) Target() domain.Ref {
	return domain.Ref{Kind: domain.KindCeasefire, ID: c.Ceasefire}
}
func (c *Propose) Creates() bool       { return true }
func (c *Propose) SetTarget(id string) { c.Ceasefire = id }

// Amend changes what is proposed, before agreement. Consents to the older terms no longer count.
type Amend struct {
	domain.Header
	Addressed
	Terms
}

// Agree is an actor's consent to a version of the terms.
type Agree struct {
	domain.Header `by:"required"`
	Addressed
	Version int    `json:"version,omitzero" doc:"The terms version agreed to; by default the current one."`
	Through string `json:"through,omitempty" doc:"The actor who conveys the consent." ref:"actor"`
}

// Reject is an actor's refusal of the proposal. It ends it.
type Reject struct {
	domain.Header `by:"required"`
	Addressed
	Reason string `json:"reason,omitempty" doc:"Why."`
}

// WithdrawProposal takes the proposal off the table.
type WithdrawProposal struct {
	domain.Header `by:"required"`
	Addressed
	Reason string `json:"reason,omitempty" doc:"Why."`
}

// Accede is an actor's joining as a party.
type Accede struct {
	domain.Header `by:"required"`
	Addressed
	ReceivedBy string `json:"received_by,omitempty" doc:"Who received the accession." ref:"actor"`
	WaivedBy   string `json:"waived_by,omitempty" doc:"The guarantor who waived a deadline that has passed." ref:"actor"`
}

// EnterIntoForce sets the term of an agreed ceasefire.
type EnterIntoForce struct {
	domain.Header `by:"required"`
	Addressed
	From    when.When `json:"from,omitzero" doc:"The start; by default the proposal's, else when this occurred."`
	Until   when.When `json:"until,omitzero" doc:"The end; by default the proposal's."`
	Lasting string    `json:"lasting,omitempty" doc:"How long, from the start: an ISO 8601 duration." format:"duration"`
}

// Thwart says that a ceasefire that was agreed or planned never entered into force.
type Thwart struct {
	domain.Header
	Addressed
	Reason    string   `json:"reason,omitempty" doc:"What thwarted it."`
	Incidents []string `json:"incidents,omitzero" doc:"The incidents that thwarted it." ref:"incident"`
}

// Extend moves the end of the term to a later time. It never widens the area.
type Extend struct {
	domain.Header `by:"required"`
	Addressed
	Until   when.When `json:"until,omitzero" doc:"The new end."`
	Lasting string    `json:"lasting,omitempty" doc:"How long the extension lasts, counted from its from, else from the old end." format:"duration"`
	ToTotal string    `json:"to_total,omitempty" doc:"How long the whole lasts, counted from the first entry into force." format:"duration"`
	From    when.When `json:"from,omitzero" doc:"The start of a further term."`
}

// WidenArea adds places. It never moves an end.
type WidenArea struct {
	domain.Header
	Addressed
	Area domain.Places `json:"area" doc:"The places to add." ref:"place" required:"true"`
}

// NarrowArea takes places out.
type NarrowArea struct {
	domain.Header
	Addressed
	Area domain.Places `json:"area" doc:"The places to take out." ref:"place" required:"true"`
}

// Reaffirm repeats a commitment. It changes no term.
type Reaffirm struct {
	domain.Header `by:"required"`
	Addressed
}

// Change holds what the acts that change a ceasefire's course share.
type Change struct {
	domain.Header `by:"required"`
	Addressed
	From   when.When `json:"from,omitzero" doc:"From when; by default when it occurred."`
	Reason string    `json:"reason,omitempty" doc:"Why."`
}

// Suspend halts a ceasefire in force. It does not stop the term.
type Suspend struct{ Change }

// Resume ends a suspension.
type Resume struct{ Change }

// Withdraw takes a consent back before agreement; later the actor leaves.
type Withdraw struct{ Change }

// Terminate ends a ceasefire by an act.
type Terminate struct{ Change }

// DeclareCollapsed says that a ceasefire no longer holds.
type DeclareCollapsed struct{ Change }

// Supersede says that a successor takes the ceasefire's place.
type Supersede struct {
	Change
	Successor string `json:"successor" doc:"The ceasefire that takes its place." ref:"ceasefire" required:"true"`
}

// Designate gives an actor a role.
type Designate struct {
	domain.Header
	Addressed
	Actor string `json:"actor" doc:"Who is designated." ref:"actor" required:"true"`
	Role  Role   `json:"role" doc:"As what." required:"true"`
	Basis string `json:"basis,omitempty" doc:"On what ground."`
}

// Exclude says that the ceasefire does not cover an actor.
type Exclude struct {
	domain.Header
	Addressed
	Actor string `json:"actor" doc:"Who is excluded." ref:"actor" required:"true"`
	Basis string `json:"basis,omitempty" doc:"On what ground."`
}

// Attest is a source's or an actor's own view of the term: a report, not an act.
type Attest struct {
	domain.Header `by:"required"`
	Addressed
	InForce *bool     `json:"in_force,omitempty" doc:"Whether it is in force, in the view of by; by default true."`
	From    when.When `json:"from,omitzero" doc:"The start, in that view."`
	Until   when.When `json:"until,omitzero" doc:"The end, in that view."`
}

// Undertake records an obligation.
type Undertake struct {
	domain.Header `by:"required"`
	Addressed
	Obligation
}

// ReportPerformance says how far an obligation was met.
type ReportPerformance struct {
	domain.Header `by:"required"`
	Addressed
	Obligation  string      `json:"obligation" doc:"The obligation's id within the ceasefire." required:"true" format:"slug"`
	Performance Performance `json:"performance" doc:"met, partly or not_met." required:"true"`
	Text        string      `json:"text,omitempty" doc:"In words."`
}

func (*Amend) Verb() string             { return "amend" }
func (*Agree) Verb() string             { return "agree" }
func (*Reject) Verb() string            { return "reject" }
func (*WithdrawProposal) Verb() string  { return "withdraw-proposal" }
func (*Accede) Verb() string            { return "accede" }
func (*EnterIntoForce) Verb() string    { return "enter-into-force" }
func (*Thwart) Verb() string            { return "thwart" }
func (*Extend) Verb() string            { return "extend" }
func (*WidenArea) Verb() string         { return "widen-area" }
func (*NarrowArea) Verb() string        { return "narrow-area" }
func (*Reaffirm) Verb() string          { return "reaffirm" }
func (*Suspend) Verb() string           { return "suspend" }
func (*Resume) Verb() string            { return "resume" }
func (*Withdraw) Verb() string          { return "withdraw" }
func (*Terminate) Verb() string         { return "terminate" }
func (*DeclareCollapsed) Verb() string  { return "declare-collapsed" }
func (*Supersede) Verb() string         { return "supersede" }
func (*Designate) Verb() string         { return "designate" }
func (*Exclude) Verb() string           { return "exclude" }
func (*Attest) Verb() string            { return "attest" }
func (*Undertake) Verb() string         { return "undertake" }
func (*ReportPerformance) Verb() string { return "report-performance" }

// Report marks the commands that say what somebody holds to be so.
func (*Attest) Report()            {}
func (*Undertake) Report()         {}
func (*ReportPerformance) Report() {}
