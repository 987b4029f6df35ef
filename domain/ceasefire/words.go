package ceasefire

// A Class is the kind of arrangement, after the UN DPPA's guidance of 2022 and the usage of the Syria talks of 2016.
type Class string

const (
	UnilateralDeclaration  Class = "unilateral_declaration"
	HumanitarianPause      Class = "humanitarian_pause"
	CessationOfHostilities Class = "cessation_of_hostilities"
	SilenceRegime          Class = "silence_regime"
	LocalTruce             Class = "local_truce"
	PreliminaryCeasefire   Class = "preliminary_ceasefire"
	DefinitiveCeasefire    Class = "definitive_ceasefire"
	DeEscalationArea       Class = "de_escalation_area"
)

// Values lists what a class may be.
func (Class) Values() []string {
	return []string{"unilateral_declaration", "humanitarian_pause", "cessation_of_hostilities", "silence_regime",
		"local_truce", "preliminary_ceasefire", "definitive_ceasefire", "de_escalation_area"}
}

// An ExtensionRule says whose extension moves the term.
type ExtensionRule string

const (
	AnyStanding   ExtensionRule = "any_standing"   // one party or guarantor suffices
	AllConsenting ExtensionRule = "all_consenting" // each whose consent the ceasefire needs sends an equal one
)

// Values lists what an extension rule may be.
func (ExtensionRule) Values() []string { return []string{"any_standing", "all_consenting"} }

// A Role is what an actor is to a ceasefire.
type Role string

const (
	Party       Role = "party"
	Guarantor   Role = "guarantor"
	Mediator    Role = "mediator"
	Monitor     Role = "monitor"
	Facilitator Role = "facilitator"
	Witness     Role = "witness"
)

// Values lists what a role may be.
func (Role) Values() []string {
	return []string{"party", "guarantor", "mediator", "monitor", "facilitator", "witness"}
}

// An ObligationModality says how an obligation came about: taken on, demanded by others, or promised as an effort.
type ObligationModality string

const (
	Accepted    ObligationModality = "accepted"
	Demanded    ObligationModality = "demanded"
	BestEfforts ObligationModality = "best_efforts"
)

// Values lists what an obligation's modality may be.
func (ObligationModality) Values() []string { return []string{"accepted", "demanded", "best_efforts"} }

// A Performance says how far an obligation was met.
type Performance string

// Values lists what a performance may be.
func (Performance) Values() []string { return []string{"met", "partly", "not_met"} }

// A Status is what a ceasefire amounts to at given clocks.
type Status string

const (
	Proposed      Status = "proposed"
	Rejected      Status = "rejected"
	Withdrawn     Status = "withdrawn"
	Agreed        Status = "agreed"    // no start yet
	Scheduled     Status = "scheduled" // agreed, the start lies ahead
	InForce       Status = "in_force"
	Suspended     Status = "suspended"
	Thwarted      Status = "thwarted" // agreed or planned, never entered into force
	Lapsed        Status = "lapsed"   // its term ran out; derived from the clock, never an event
	Terminated    Status = "terminated"
	Collapsed     Status = "collapsed"
	Superseded    Status = "superseded"
	Indeterminate Status = "indeterminate" // the precision of the bounds allows no answer
	NotInForce    Status = "not_in_force"  // a view's only: attested not to be in force
)

// Values lists what the ledger's status may be.
func (Status) Values() []string {
	return []string{"proposed", "rejected", "withdrawn", "agreed", "scheduled", "in_force", "suspended", "thwarted",
		"lapsed", "terminated", "collapsed", "superseded", "indeterminate"}
}
