package ceasefire

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// Bounds is short for the resolved times that events carry: UTC, without the phrase that their command keeps.
type Bounds = when.Bounds

// CeasefireProposed means that terms are on the table: version 1. Until is set also where the command gave a duration.
type CeasefireProposed struct {
	domain.Moment
	Resolved
}

// Resolved are the times of a set of terms, and the zone in which its calendar days are counted.
type Resolved struct {
	From     Bounds `json:"from,omitzero"`
	Until    Bounds `json:"until,omitzero"`
	AccedeBy Bounds `json:"accede_by,omitzero"`
	Zone     string `json:"zone"`
}

// ProposalAmended means that a new version of the terms is on the table. Consents to the older ones do not count for it.
type ProposalAmended struct {
	domain.Moment
	Version int `json:"version"`
	Resolved
}

// ConsentGiven means that an actor agreed to the version of the terms that the entry Terms set.
type ConsentGiven struct {
	domain.Moment
	Version int    `json:"version"`
	Terms   uint64 `json:"terms_sequence"`
}

// CeasefireAgreed notes that the last needed consent is given. Whether a reader sees the ceasefire as agreed follows from
// the consents that the reader's clocks keep, not from this notice.
type CeasefireAgreed struct {
	domain.Moment
	Version int `json:"version"`
}

// ProposalRejected means that an actor whose consent is needed refused it.
type ProposalRejected struct{ domain.Moment }

// ProposalWithdrawn means that it is off the table.
type ProposalWithdrawn struct{ domain.Moment }

// PartyAcceded means that an actor joined as a party.
type PartyAcceded struct{ domain.Moment }

// EnteredIntoForce means that the term is set. It may still lie ahead.
type EnteredIntoForce struct {
	domain.Moment
	From  Bounds `json:"from"`
	Until Bounds `json:"until,omitzero"`
}

// EntryThwarted means that the ceasefire never entered into force.
type EntryThwarted struct{ domain.Moment }

// TermExtended means that the end moved from OldUntil to Until. A From begins a further term; without one the term goes on.
type TermExtended struct {
	domain.Moment
	From     Bounds `json:"from,omitzero"`
	Until    Bounds `json:"until"`
	OldUntil Bounds `json:"old_until"`
}

// ExtensionBacked means that an actor sent an extension under the rule that all consenting actors must send an equal one,
// and that others are still to do so.
type ExtensionBacked struct {
	domain.Moment
	From  Bounds `json:"from,omitzero"`
	Until Bounds `json:"until"`
}

// AreaWidened means that places were added. No end moved. Inside lists those of them that lay in the area already.
type AreaWidened struct {
	domain.Moment
	Inside []string `json:"inside,omitempty"`
}

// AreaNarrowed means that places were taken out.
type AreaNarrowed struct{ domain.Moment }

// CeasefireReaffirmed means that an actor repeated its commitment. No term changed.
type CeasefireReaffirmed struct{ domain.Moment }

// CeasefireSuspended means that it is halted from From on; its term goes on running.
type CeasefireSuspended struct {
	domain.Moment
	From Bounds `json:"from"`
}

// CeasefireResumed means that the suspension ends at From.
type CeasefireResumed struct {
	domain.Moment
	From Bounds `json:"from"`
}

// ConsentWithdrawn means that an actor took its consent back before the ceasefire was agreed.
type ConsentWithdrawn struct{ domain.Moment }

// PartyWithdrew means that an actor leaves at From.
type PartyWithdrew struct {
	domain.Moment
	From Bounds `json:"from"`
}

// CeasefireTerminated means that an act ends it at From.
type CeasefireTerminated struct {
	domain.Moment
	From Bounds `json:"from"`
}

// CollapseDeclared means that somebody declares that it no longer holds since From.
type CollapseDeclared struct {
	domain.Moment
	From Bounds `json:"from"`
}

// CeasefireSuperseded means that its successor takes its place at From.
type CeasefireSuperseded struct {
	domain.Moment
	From Bounds `json:"from"`
}

// ActorDesignated means that an actor has a role.
type ActorDesignated struct{ domain.Moment }

// ActorExcluded means that the ceasefire does not cover an actor.
type ActorExcluded struct{ domain.Moment }

// TermAttested means that somebody holds the ceasefire to be, or not to be, in force. It moves no bound of the ledger's.
type TermAttested struct {
	domain.Moment
	From  Bounds `json:"from,omitzero"`
	Until Bounds `json:"until,omitzero"`
}

// ObligationUndertaken means that an obligation is on the record, with the modality that its source gives it.
type ObligationUndertaken struct{ domain.Moment }

// PerformanceReported means that somebody says how far an obligation was met.
type PerformanceReported struct{ domain.Moment }
