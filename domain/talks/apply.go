package talks

import (
	"slices"

	"truceledger/domain"
	"truceledger/domain/when"
)

// apply changes s by one event of reading r. Reports count in any order: one that stands before the opening is kept for it.
func (s *State) apply(r domain.Reading, e domain.Event) {
	switch e.(type) {
	case TalksOpened:
		s.opened(r, occurred(r, e))
	case TalksStatusRecorded:
		s.reported(r, occurred(r, e))
	case RightReserved:
		s.reserved(r, occurred(r, e))
	}
}

func (s *State) opened(r domain.Reading, occurred when.Bounds) {
	c, ok := r.Command.(*OpenTalks)
	if !ok {
		return // unreachable: Judge makes the event of this command only
	}
	s.ID, s.Track, s.Participants, s.By, s.Sources = c.Talks, c.Track, c.Participants, c.By, r.Sources
	s.concern(c.About)
	if c.Status != "" || c.Characterisation != "" {
		s.stand(Report{Status: c.Status, Characterisation: c.Characterisation}, r, occurred)
	}
}

func (s *State) reported(r domain.Reading, occurred when.Bounds) {
	c, ok := r.Command.(*RecordTalksStatus)
	if !ok {
		return // unreachable: Judge makes the event of this command only
	}
	s.concern(c.About)
	s.stand(Report{Status: c.Status, Characterisation: c.Characterisation, Condition: c.Condition}, r, occurred)
}

func (s *State) reserved(r domain.Reading, occurred when.Bounds) {
	c, ok := r.Command.(*ReserveRight)
	if !ok {
		return // unreachable: Judge makes the event of this command only
	}
	s.concern(c.About)
	s.Reservations = append(s.Reservations, Reservation{
		Sequence: r.Sequence, By: c.By, Right: c.Right, Condition: c.Condition, About: c.About, Occurred: occurred, Sources: r.Sources,
	})
}

// stand adds what somebody said of where the talks stand.
func (s *State) stand(said Report, r domain.Reading, occurred when.Bounds) {
	said.Sequence, said.By, said.Sources, said.Occurred = r.Sequence, r.Command.Head().By, r.Sources, occurred
	s.Statuses = append(s.Statuses, said)
	if said.Status != "" {
		s.Status = said.Status
	}
}

// concern adds the records that an entry is about.
func (s *State) concern(about []string) {
	for _, record := range about {
		if !slices.Contains(s.About, record) {
			s.About = append(s.About, record)
		}
	}
}

// occurred is the moment of an event with the words of its command put back.
func occurred(r domain.Reading, e domain.Event) when.Bounds {
	b := e.When().Occurred
	b.Phrase = r.Command.Head().Occurred.Phrase
	return b
}
