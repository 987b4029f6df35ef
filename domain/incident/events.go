package incident

import "truceledger/domain"

// An Event is a fact on the record of an incident. The marker keeps the list closed: a new one needs a case in apply.
type Event interface {
	domain.Event
	isEvent()
}

// ViolationAlleged means that somebody said that something happened at Occurred. It does not mean that it happened, nor
// that it breached anything.
type ViolationAlleged struct{ domain.Moment }

// IncidentCorroborated means that another than the alleger said that it happened.
type IncidentCorroborated struct{ domain.Moment }

// IncidentDisputed means that somebody said that it did not happen, or not so.
type IncidentDisputed struct{ domain.Moment }

// IncidentAttributed means that somebody said who did it. Only the one who says so is bound by it.
type IncidentAttributed struct{ domain.Moment }

// AttributionDenied means that somebody said who did not do it. It leaves open whether anything happened.
type AttributionDenied struct{ domain.Moment }

// InquiryOpened means that a monitor began to look into the incident, or went on after a suspension or a conclusion.
type InquiryOpened struct {
	domain.Moment
	Mandated
}

// InquirySuspended means that the monitor could not or would not go on for now. It says nothing about the incident.
type InquirySuspended struct {
	domain.Moment
	Mandated
}

// InquiryConcluded means that the monitor arrived at its finding. The finding is the monitor's; it ends no ceasefire.
type InquiryConcluded struct {
	domain.Moment
	Mandated
}

// Mandated names the ceasefire whose monitor took the step: one that the incident cites, or one above it. Without it a
// reader would have to fold every ceasefire above the incident to see why the step was allowed.
type Mandated struct {
	Mandate string `json:"mandate,omitempty"`
}

func (ViolationAlleged) isEvent()     {}
func (IncidentCorroborated) isEvent() {}
func (IncidentDisputed) isEvent()     {}
func (IncidentAttributed) isEvent()   {}
func (AttributionDenied) isEvent()    {}
func (InquiryOpened) isEvent()        {}
func (InquirySuspended) isEvent()     {}
func (InquiryConcluded) isEvent()     {}
