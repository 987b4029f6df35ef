// Package incident holds the rules for incidents: what somebody alleges to be a violation, what others say about it, and
// what monitors find.
//
// It keeps apart what practice keeps apart: that something happened (status), who did it (attribution), and whether it
// breached a ceasefire (Breach). It never refuses a report for contradicting another, and no incident ever ends a
// ceasefire.
package incident

import (
	"fmt"

	"truceledger/domain"
)

// Judge applies the rules of incidents. It is a domain.Judge.
func Judge(before []domain.Reading, m domain.Moment, c domain.Command, in domain.Setting) ([]domain.Event, []string, error) {
	switch c := c.(type) {
	case *Violate:
		return c.judge(m)
	case *Corroborate:
		return []domain.Event{IncidentCorroborated{m}}, nil, nil
	case *Dispute:
		return []domain.Event{IncidentDisputed{m}}, nil, nil
	case *Attribute:
		return []domain.Event{IncidentAttributed{m}}, nil, nil
	case *Deny:
		return c.judge(m)
	case *OpenInquiry:
		return c.judge(hearing{Fold(before), m, in.Facts})
	case *SuspendInquiry:
		return c.judge(hearing{Fold(before), m, in.Facts})
	case *ConcludeInquiry:
		return c.judge(hearing{Fold(before), m, in.Facts})
	case *MarkDuplicate:
		return c.judge(hearing{Fold(before), m, in.Facts})
	}
	panic(fmt.Sprintf("incident: Judge has no case for %T", c)) // unreachable: the target's kind chose this package
}

// judge accepts an allegation that somebody stands behind (R15) and whose figures some count can have (R11).
func (c *Violate) judge(m domain.Moment) ([]domain.Event, []string, error) {
	if c.By == "" && len(c.Sources) == 0 {
		return nil, nil, domain.ErrSourceNeeded
	}
	if err := c.Near.check(); err != nil {
		return nil, nil, err
	}
	defaults, err := c.figures()
	if err != nil {
		return nil, nil, err
	}
	return []domain.Event{ViolationAlleged{m}}, defaults, nil
}

// figures checks the counts of an allegation and fills in how they are meant.
func (c *Violate) figures() (defaults []string, err error) {
	if c.Count < 0 {
		return nil, domain.Field("count", "%d is negative: it says how many such events this stands for, one by default", c.Count)
	}
	if c.Count == 0 {
		c.Count, defaults = 1, append(defaults, "count")
	}
	for i := range c.Casualties {
		path := fmt.Sprintf("casualties[%d].", i)
		if err := domain.CheckFigures(path, c.Casualties[i].Low, c.Casualties[i].Best, c.Casualties[i].High); err != nil {
			return nil, err
		}
		defaults = append(defaults, c.Casualties[i].complete(path)...)
	}
	return defaults, nil
}

// complete fills in who is counted and how the figure is meant, and returns the paths of what it filled in.
func (c *Casualties) complete(path string) (defaults []string) {
	if c.Unit == "" {
		c.Unit, defaults = "unknown", append(defaults, path+"unit")
	}
	if c.Qualifier == "" {
		c.Qualifier, defaults = "exact", append(defaults, path+"qualifier")
	}
	return defaults
}

// judge fills in whom a denial clears: without an actor, the one who denies.
func (c *Deny) judge(m domain.Moment) (events []domain.Event, defaults []string, err error) {
	if c.Actor == "" {
		c.Actor, defaults = c.By, []string{"actor"}
	}
	return []domain.Event{AttributionDenied{m}}, defaults, nil
}
