// Package tally holds the rules for series of casualty figures: what one source counted, of one unit, with one outcome, as
// the count grew or was revised.
//
// It keeps every figure as its source gave it. It never adds figures up, within a series or across sources.
package tally

import (
	"fmt"

	"truceledger/domain"
)

// Judge applies the rules of tallies. It is a domain.Judge.
func Judge(before []domain.Reading, m domain.Moment, c domain.Command, in domain.Setting) ([]domain.Event, []string, error) {
	switch c := c.(type) {
	case *RecordTally:
		return c.judge(begun(before), m, in)
	}
	panic(fmt.Sprintf("tally: Judge has no case for %T", c)) // unreachable: the target's kind chose this package
}

// begun is the series as far as its first figure says what it counts. No rule asks for the later ones, and a series may have
// thousands.
func begun(readings []domain.Reading) (s State) {
	for i := range readings {
		if c, ok := readings[i].Command.(*RecordTally); ok {
			return State{ID: c.Tally, Source: c.Source, Unit: c.Unit, Outcome: c.Outcome}
		}
	}
	return s
}

// judge accepts a further point of the series s, or its first.
func (c *RecordTally) judge(s State, m domain.Moment, in domain.Setting) ([]domain.Event, []string, error) {
	defaults := c.complete()
	if err := c.belongsTo(s); err != nil {
		return nil, nil, err
	}
	if err := c.checkFigures(); err != nil {
		return nil, nil, err
	}
	e := TallyRecorded{Moment: m, AsOf: domain.Resolve(c.AsOf, in.Zone), Period: c.span(in.Zone)}
	if err := e.Period.check(); err != nil {
		return nil, nil, err
	}
	return []domain.Event{e}, defaults, nil
}

// complete fills in what befell those counted and how the figure is meant, and returns the paths of what it filled in.
func (c *RecordTally) complete() (defaults []string) {
	if c.Outcome == "" {
		c.Outcome, defaults = "killed", append(defaults, "outcome")
	}
	if c.Qualifier == "" {
		c.Qualifier, defaults = "exact", append(defaults, "qualifier")
	}
	return defaults
}

// belongsTo refuses a point of another source's series, or of a series that counts something else. Without it a chart of
// the series would join two counters, or two things counted, by one line.
func (c *RecordTally) belongsTo(s State) error {
	switch {
	case !s.Exists():
		return nil
	case c.Source != s.Source:
		return domain.Refuse(ErrOtherSource, "%s is the series of %s", c.Target(), s.Source)
	case c.Unit != s.Unit || c.Outcome != s.Outcome:
		return domain.Refuse(ErrOtherSeries, "%s counts %s %s", c.Target(), s.Unit, s.Outcome)
	}
	return nil
}

// checkFigures refuses what no count can be: see domain.CheckFigures, and parts greater than the whole (R11).
func (c *RecordTally) checkFigures() error {
	if err := domain.CheckFigures("", c.Low, c.Best, c.High); err != nil {
		return err
	}
	most := c.most()
	for i, part := range c.Including {
		switch {
		case part.Best < 0:
			return domain.Field(fmt.Sprintf("including[%d].best", i), "%d is negative: a count is zero or more", part.Best)
		case part.Best > most:
			return domain.Refuse(ErrPartExceedsTotal, "%d %s among %d %s", part.Best, part.Unit, most, c.Unit)
		}
	}
	return nil
}

// most is the greatest figure that the point states; one of the three is set.
func (c *RecordTally) most() (most int) {
	for _, n := range []*int{c.Low, c.Best, c.High} {
		if n != nil {
			most = max(most, *n)
		}
	}
	return most
}

func (c *RecordTally) span(zone string) Span {
	return Span{From: domain.Resolve(c.Period.From, zone), Until: domain.Resolve(c.Period.Until, zone)}
}

// check refuses a period that ends before or where it starts, however its two ends are read. One day from its start to
// itself is a period: its readings include a morning and an evening.
func (p Span) check() error {
	if p.From.IsZero() || p.Until.IsZero() || p.Until.CanBeAfter(p.From) {
		return nil
	}
	return domain.Refuse(domain.ErrEndBeforeStart, "period.from is %s, period.until %s", p.From, p.Until)
}
