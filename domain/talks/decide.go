// Package talks holds the rules for talks: who is said to sit down with whom, how sources characterise it, and what rights
// actors reserve.
//
// It records words. That talks collapsed ends no ceasefire, and that a right is reserved makes nobody leave.
package talks

import (
	"fmt"

	"truceledger/domain"
)

// Judge applies the rules of talks. It is a domain.Judge.
func Judge(_ []domain.Reading, m domain.Moment, c domain.Command, _ domain.Setting) ([]domain.Event, []string, error) {
	switch c := c.(type) {
	case *OpenTalks:
		return c.judge(m)
	case *RecordTalksStatus:
		return c.judge(m)
	case *ReserveRight:
		return []domain.Event{RightReserved{m}}, nil, nil
	}
	panic(fmt.Sprintf("talks: Judge has no case for %T", c)) // unreachable: the target's kind chose this package
}

func (c *OpenTalks) judge(m domain.Moment) ([]domain.Event, []string, error) {
	if err := sourced(c.Head()); err != nil {
		return nil, nil, err
	}
	return []domain.Event{TalksOpened{m}}, nil, nil
}

// judge accepts a status, a characterisation in the source's own words, or both: "gridlocked" may be all that it says.
func (c *RecordTalksStatus) judge(m domain.Moment) ([]domain.Event, []string, error) {
	if c.Status == "" && c.Characterisation == "" {
		return nil, nil, domain.Field("status", "is required, or characterisation: where the talks stand, or the source's own word for it")
	}
	if err := sourced(c.Head()); err != nil {
		return nil, nil, err
	}
	return []domain.Event{TalksStatusRecorded{m}}, nil, nil
}

// sourced refuses a report that nobody stands behind (R15).
func sourced(h *domain.Header) error {
	if h.By == "" && len(h.Sources) == 0 {
		return domain.ErrSourceNeeded
	}
	return nil
}
