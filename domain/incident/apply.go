package incident

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// apply changes s by one event of reading r. Reports count in any order: one that stands before the allegation is kept
// for it. A step of an inquiry that finds no purchase changes nothing and is listed as out of order.
func (s *State) apply(r domain.Reading, e domain.Event) {
	switch e := e.(type) {
	case ViolationAlleged:
		s.alleged(r, e)
	case IncidentCorroborated, IncidentDisputed, IncidentAttributed, AttributionDenied:
		s.Accounts = append(s.Accounts, testimony(r, e))
	case InquiryOpened:
		s.opened(r, e)
	case InquirySuspended:
		s.suspended(r, e)
	case InquiryConcluded:
		s.concluded(r, e)
	case DuplicateMarked:
		s.marked(r, e)
	}
}

func (s *State) alleged(r domain.Reading, e ViolationAlleged) {
	c, ok := r.Command.(*Violate)
	if !ok {
		return // unreachable: Judge makes the event of this command only
	}
	s.ID, s.By, s.Sources = c.Incident, c.By, r.Sources
	s.Ceasefires, s.Place, s.Type, s.Weapon = c.Ceasefires, c.Place, c.Type, c.Weapon
	s.Accused, s.Targets, s.Casualties = c.Accused, c.Targets, c.Casualties
	s.Count, s.Description, s.Severity, s.Near = c.Count, c.Description, c.Severity, c.Near
	said := c.At
	if said.IsZero() {
		said = c.Occurred
	}
	s.At = e.Occurred
	s.At.Phrase = said.Phrase
}

// testimony reads an account from the command that gave it.
func testimony(r domain.Reading, e domain.Event) Testimony {
	t := Testimony{Sequence: r.Sequence, By: r.Command.Head().By, Occurred: occurred(r, e), Sources: r.Sources}
	switch c := r.Command.(type) {
	case *Corroborate:
		t.Kind, t.Description = Corroborated, c.Description
	case *Dispute:
		t.Kind, t.Description = Disputed, c.Description
	case *Attribute:
		t.Kind, t.Actor, t.Confidence, t.Description = AttributedTo, c.Actor, c.Confidence, c.Description
	case *Deny:
		t.Kind, t.Actor, t.Description = Denied, c.Actor, c.Description
	}
	return t
}

func (s *State) opened(r domain.Reading, e InquiryOpened) {
	c, ok := r.Command.(*OpenInquiry)
	if i := s.inquiryOf(r.Command.Head().By); !ok || i >= 0 && s.Inquiries[i].Status == UnderInquiry {
		s.OutOfOrder = append(s.OutOfOrder, r.Sequence)
		return
	}
	s.Inquiries = append(s.Inquiries, Proceeding{
		Sequence: r.Sequence, By: c.By, Mandate: e.Mandate, Status: UnderInquiry, Opened: occurred(r, e), Reason: c.Reason,
	})
}

func (s *State) suspended(r domain.Reading, e InquirySuspended) {
	c, ok := r.Command.(*SuspendInquiry)
	i := s.inquiryOf(r.Command.Head().By)
	if !ok || i < 0 || s.Inquiries[i].Status != UnderInquiry {
		s.OutOfOrder = append(s.OutOfOrder, r.Sequence)
		return
	}
	p := &s.Inquiries[i]
	p.Status, p.Suspended = Halted, occurred(r, e)
	p.because(c.Reason)
}

func (s *State) concluded(r domain.Reading, e InquiryConcluded) {
	c, ok := r.Command.(*ConcludeInquiry)
	i := s.inquiryOf(r.Command.Head().By)
	if !ok || i < 0 || !s.Inquiries[i].pending() {
		s.OutOfOrder = append(s.OutOfOrder, r.Sequence)
		return
	}
	p := &s.Inquiries[i]
	p.Status, p.Concluded, p.Finding = Status(c.Finding), occurred(r, e), c.Finding
	p.because(c.Reason)
}

// because keeps the newest reason that was given: a conclusion without one leaves that of the suspension.
func (p *Proceeding) because(reason string) {
	if reason != "" {
		p.Reason = reason
	}
}

// occurred is the moment of an event with the words of its command put back.
func occurred(r domain.Reading, e domain.Event) when.Bounds {
	b := e.When().Occurred
	b.Phrase = r.Command.Head().Occurred.Phrase
	return b
}
