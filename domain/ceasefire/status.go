package ceasefire

import (
	"slices"
	"time"

	"truceledger/domain/when"
)

// An Answer is a status at an instant.
type Answer struct {
	Status  Status
	CouldBe []Status // where Status is indeterminate: what it may be, in the order of Status.Values
	// Gap reports that the instant lies between two terms.
	Gap bool
}

// StatusAt answers for an instant. The bounds of a term may be imprecise; where that matters, the answer is Indeterminate.
func (s State) StatusAt(t time.Time) Answer {
	switch {
	case s.isThwartedAt(t):
		return Answer{Status: Thwarted}
	case s.Closed != "":
		return Answer{Status: s.Closed}
	case !s.IsAgreed():
		return Answer{Status: Proposed}
	}
	return s.courseAt(t)
}

// isThwartedAt reports whether the ceasefire is thwarted at t: from the act's place or from the earliest start, whichever
// comes first, so that a ceasefire that never entered into force has no second in force.
func (s State) isThwartedAt(t time.Time) bool {
	if s.Thwarting == nil {
		return false
	}
	start := s.Start()
	return !t.Before(s.Thwarting.Place) || !start.IsZero() && !t.Before(start.Earliest)
}

// courseAt answers for an agreed ceasefire: it asks every way in which the imprecise bounds can be read.
func (s State) courseAt(t time.Time) Answer {
	var possible []Answer
	s.everyReading(t, func(reached func(Bounds) bool) {
		if a := s.answer(reached); !slices.ContainsFunc(possible, func(p Answer) bool { return p.Status == a.Status }) {
			possible = append(possible, a)
		}
	})
	if len(possible) == 1 {
		return possible[0]
	}
	indeterminate := Answer{Status: Indeterminate}
	for _, name := range Indeterminate.Values() {
		for _, p := range possible {
			if string(p.Status) == name {
				indeterminate.CouldBe = append(indeterminate.CouldBe, p.Status)
				indeterminate.Gap = indeterminate.Gap || p.Gap
			}
		}
	}
	return indeterminate
}

// most is how many imprecise bounds around one instant are told apart: 4,096 readings. Any further one is taken as past.
const most = 12

// everyReading calls yield once for each way in which the bounds that t may or may not have reached can be read. Bounds
// that are equal are read alike.
func (s State) everyReading(t time.Time, yield func(reached func(Bounds) bool)) {
	var open []Bounds
	for _, b := range s.bounds() {
		if b.Reached(t) == when.Maybe && len(open) < most && !slices.ContainsFunc(open, b.Equal) {
			open = append(open, b)
		}
	}
	for reading := range 1 << len(open) {
		reached := func(b Bounds) bool {
			if i := slices.IndexFunc(open, b.Equal); i >= 0 {
				return reading>>i&1 == 1
			}
			return b.Reached(t) != when.No
		}
		if s.isOrderly(reached) {
			yield(reached)
		}
	}
}

func (s State) bounds() []Bounds {
	var all []Bounds
	for _, x := range s.Spans {
		all = append(all, x.From, x.Until)
	}
	for _, x := range s.Suspensions {
		all = append(all, x.From, x.Until)
	}
	for _, x := range s.Ends {
		all = append(all, x.From)
	}
	return slices.DeleteFunc(all, Bounds.IsZero)
}

// isOrderly reports whether a reading is one that can be: nothing ends before it has begun.
func (s State) isOrderly(reached func(Bounds) bool) bool {
	for _, x := range s.Spans {
		if !x.From.IsZero() && !x.Until.IsZero() && reached(x.Until) && !reached(x.From) {
			return false
		}
	}
	for _, x := range s.Suspensions {
		if !x.Until.IsZero() && reached(x.Until) && !reached(x.From) {
			return false
		}
	}
	return true
}

// answer is the status in one reading.
func (s State) answer(reached func(Bounds) bool) Answer {
	started, running, over := s.terms(reached)
	if end, ended := s.ending(reached); ended && !(over && s.ranOutBefore(end)) {
		return Answer{Status: end.Status}
	}
	switch {
	case s.Start().IsZero():
		return Answer{Status: Agreed}
	case !started:
		return Answer{Status: Scheduled}
	case running && s.isSuspended(reached):
		return Answer{Status: Suspended}
	case running:
		return Answer{Status: InForce}
	case !over:
		return Answer{Status: Lapsed, Gap: true}
	}
	return Answer{Status: Lapsed}
}

// terms reports whether any term has started, whether one is running, and whether all are over.
func (s State) terms(reached func(Bounds) bool) (started, running, over bool) {
	over = len(s.Spans) > 0
	for _, x := range s.Spans {
		begun := !x.From.IsZero() && reached(x.From)
		ended := !x.Until.IsZero() && reached(x.Until)
		started = started || begun
		running = running || begun && !ended
		over = over && ended
	}
	return started, running, over
}

// ending is the first end, by its start, that is reached.
func (s State) ending(reached func(Bounds) bool) (first End, ended bool) {
	for _, e := range s.Ends {
		if reached(e.From) && (!ended || e.From.Earliest.Before(first.From.Earliest)) {
			first, ended = e, true
		}
	}
	return first, ended
}

// ranOutBefore reports whether the last term was over when end began: what has lapsed cannot end again.
func (s State) ranOutBefore(end End) bool {
	return !end.From.CanBeBefore(s.End())
}

func (s State) isSuspended(reached func(Bounds) bool) bool {
	return slices.ContainsFunc(s.Suspensions, func(x Suspension) bool {
		return reached(x.From) && (x.Until.IsZero() || !reached(x.Until))
	})
}

// mayBe reports whether the status at t is, or may be, one of those given.
func (s State) mayBe(t time.Time, statuses ...Status) bool {
	a := s.StatusAt(t)
	if slices.Contains(statuses, a.Status) {
		return true
	}
	return slices.ContainsFunc(a.CouldBe, func(c Status) bool { return slices.Contains(statuses, c) })
}

// InForceAt reports whether it is in force at t: yes, no, or maybe where the precision of the bounds allows no answer.
func (s State) InForceAt(t time.Time) when.Truth {
	switch {
	case s.StatusAt(t).Status == InForce:
		return when.Yes
	case s.mayBe(t, InForce):
		return when.Maybe
	}
	return when.No
}
