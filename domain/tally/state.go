package tally

import (
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A State is what a series amounts to. The zero State is one that holds no figure.
type State struct {
	ID      string         `json:"id,omitempty"`
	Source  string         `json:"source,omitempty"` // the registered source or actor that counts
	Unit    domain.Unit    `json:"unit,omitempty"`
	Outcome domain.Outcome `json:"outcome,omitempty"`
	Area    domain.Places  `json:"area,omitempty"`   // of all points together
	About   []string       `json:"about,omitempty"`  // of all points together, as kind/id
	Points  []Point        `json:"points,omitempty"` // in the order of the fold: by place, then by sequence
}

// A Point is one figure of a series: a number of people.
type Point struct {
	Sequence  uint64             `json:"sequence"`
	Low       *int               `json:"low,omitempty"`
	Best      *int               `json:"best,omitempty"`
	High      *int               `json:"high,omitempty"`
	Qualifier domain.Qualifier   `json:"qualifier,omitempty"`
	Including []Part             `json:"including,omitempty"`
	Area      domain.Places      `json:"area,omitempty"`
	Occurred  when.Bounds        `json:"occurred,omitzero"` // as_of, else the period's end, else when the figure was given
	AsOf      when.Bounds        `json:"as_of,omitzero"`
	Period    Span               `json:"period,omitzero"`
	Sources   []domain.SourceRef `json:"sources,omitempty"` // where the figure was read
	Recorded  time.Time          `json:"recorded,omitzero"`
}

// Exists reports whether the series holds a figure.
func (s State) Exists() bool { return s.ID != "" }

// Latest returns the point that is given for the newest moment; of several for the same moment, the one that was recorded
// last, for a source that revises its figure means the later one.
func (s State) Latest() (latest Point, ok bool) {
	for _, p := range s.Points {
		if !ok || !p.before(latest) {
			latest, ok = p, true
		}
	}
	return latest, ok
}

// before orders points by the earliest moment for which they can be given, then by sequence.
func (p Point) before(o Point) bool {
	if c := p.Occurred.Earliest.Compare(o.Occurred.Earliest); c != 0 {
		return c < 0
	}
	return p.Sequence < o.Sequence
}

// Fold returns what readings amount to. They stand in the order of their places, and are those that the clocks keep.
func Fold(readings []domain.Reading) State {
	var s State
	for _, r := range readings {
		for _, e := range r.Events {
			s.apply(r, e)
		}
	}
	return s
}

// Evolve returns s with one event of reading r applied. It never refuses, and leaves s alone.
func Evolve(s State, r domain.Reading, e domain.Event) State {
	// Without these copies two states that grew from one would write into each other's lists.
	s.Area, s.About, s.Points = slices.Clip(s.Area), slices.Clip(s.About), slices.Clip(s.Points)
	s.apply(r, e)
	return s
}

func (s *State) apply(r domain.Reading, e domain.Event) {
	switch e := e.(type) {
	case TallyRecorded:
		if c, ok := r.Command.(*RecordTally); ok {
			s.recorded(c, r, e)
		}
	}
}

// recorded adds a point. The first one says whose series it is.
func (s *State) recorded(c *RecordTally, r domain.Reading, e TallyRecorded) {
	if !s.Exists() {
		s.ID, s.Source, s.Unit, s.Outcome = c.Tally, c.Source, c.Unit, c.Outcome
	}
	s.Area, s.About = union(s.Area, c.Area), union(s.About, c.About)
	s.Points = append(s.Points, c.point(r, e))
}

// point puts the words of the command back to the times that the event resolved.
func (c *RecordTally) point(r domain.Reading, e TallyRecorded) Point {
	p := Point{
		Sequence: r.Sequence, Low: c.Low, Best: c.Best, High: c.High, Qualifier: c.Qualifier, Including: c.Including, Area: c.Area,
		Occurred: e.Occurred, AsOf: e.AsOf, Period: e.Period, Sources: r.Sources, Recorded: r.RecordedAt,
	}
	_, stated := c.EffectiveTime()
	if stated.IsZero() {
		stated = c.Occurred
	}
	p.Occurred.Phrase, p.AsOf.Phrase = stated.Phrase, c.AsOf.Phrase
	p.Period.From.Phrase, p.Period.Until.Phrase = c.Period.From.Phrase, c.Period.Until.Phrase
	return p
}

// union returns list with what it lacks of more.
func union[S ~[]string](list, more S) S {
	for _, x := range more {
		if !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}
