package ceasefire

import (
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// What becomes of a ceasefire once it is agreed: it is suspended and resumed, thwarted, ended, left.

// suspended and resumed keep the halts; the term runs on beneath them.
func (s State) suspended(r domain.Reading, from Bounds) State {
	if !s.IsAgreed() || s.halted() {
		return s.flag(r, domain.FlagOutOfOrder, "it is not in force before it")
	}
	s.Suspensions = with(s.Suspensions, Suspension{From: from, Sequence: r.Sequence})
	return s
}

func (s State) resumed(r domain.Reading, from Bounds) State {
	if !s.halted() {
		return s.flag(r, domain.FlagOutOfOrder, "it is not suspended before it")
	}
	last := len(s.Suspensions) - 1
	s.Suspensions = slices.Clone(s.Suspensions)
	s.Suspensions[last].Until = from
	return s
}

// halted reports whether the newest suspension has no end yet.
func (s State) halted() bool {
	return len(s.Suspensions) > 0 && s.Suspensions[len(s.Suspensions)-1].Until.IsZero()
}

// thwarted keeps a thwarting, unless something shows that the ceasefire was in force.
func (s State) thwarted(r domain.Reading) State {
	if s.wasInForce() {
		return s.flag(r, domain.FlagOutOfOrder, "acts on record say that it was in force")
	}
	c := r.Command.(*Thwart)
	s.Thwarting = &End{Status: Thwarted, Place: r.Place, Sequence: r.Sequence, By: c.By, Reason: c.Reason, Incidents: c.Incidents}
	return s
}

// wasInForce reports whether an act on record presumes that the ceasefire entered into force. A start that has passed
// does not.
func (s State) wasInForce() bool {
	return s.Entered || s.Terminations || len(s.Suspensions) > 0
}

// ended keeps an act that ends the ceasefire.
func (s State) ended(r domain.Reading, status Status, from Bounds) State {
	if closed := s.closedAt(r.Place); closed != "" || !s.IsAgreed() {
		return s.flag(r, domain.FlagOutOfOrder, "the ceasefire is %s before it", orProposed(closed))
	}
	end := End{Status: status, From: from, Place: r.Place, Sequence: r.Sequence, By: r.Command.Head().By}
	switch c := r.Command.(type) {
	case *Terminate:
		end.Reason = c.Reason
	case *DeclareCollapsed:
		end.Reason = c.Reason
	case *Supersede:
		end.Reason, end.Successor = c.Reason, c.Successor
	}
	s.Ends, s.Terminations = with(s.Ends, end), s.Terminations || status == Terminated
	return s
}

func orProposed(s Status) Status {
	if s == "" {
		return Proposed
	}
	return s
}

// tookBack takes a consent back, before agreement.
func (s State) tookBack(r domain.Reading) State {
	actor := r.Command.Head().By
	if s.IsAgreed() || !s.Consented(actor) {
		return s.flag(r, domain.FlagOutOfOrder, "there is no consent of %s that can be taken back", actor)
	}
	s.Consents = without(s.Consents, func(c Consent) bool { return c.Actor == actor && c.Terms == s.TermsEntry })
	return s
}

// left keeps an actor's leaving.
func (s State) left(r domain.Reading, from Bounds) State {
	actor := r.Command.Head().By
	switch {
	case !s.IsAgreed():
		return s.tookBack(r)
	case !s.Has(actor, r.Place) || s.leaves(actor):
		return s.flag(r, domain.FlagOutOfOrder, "%s has no role that it could leave before it", actor)
	}
	s.Departures = with(s.Departures, Departure{Actor: actor, From: from, Sequence: r.Sequence})
	return s.recount(r)
}

func (s State) leaves(actor string) bool {
	return slices.ContainsFunc(s.Departures, func(d Departure) bool { return d.Actor == actor })
}

// recount ends the ceasefire with the departure that leaves fewer than two parties; a unilateral declaration, none.
func (s State) recount(r domain.Reading) State {
	s.Ends = without(s.Ends, func(e End) bool { return e.ByDeparture })
	departures := slices.Clone(s.Departures)
	slices.SortStableFunc(departures, func(a, b Departure) int { return a.From.Earliest.Compare(b.From.Earliest) })
	least, parties := 2, s.In(Party)
	if s.Terms.Class == UnilateralDeclaration {
		least = 1
	}
	for _, d := range departures {
		if !slices.Contains(parties, d.Actor) {
			continue // a guarantor that leaves does not end it
		}
		if parties = without(parties, func(a string) bool { return a == d.Actor }); len(parties) < least {
			s.Ends = with(s.Ends, End{Status: Terminated, From: d.From, Place: r.Place, Sequence: d.Sequence, By: d.Actor,
				Reason: "too few parties are left", ByDeparture: true})
			break
		}
	}
	return s
}

// closedAt names the status that shuts the record for acts at a place, "" where it is open. What lies ahead, or may, does
// not shut it yet.
func (s State) closedAt(place time.Time) Status {
	switch {
	case s.Thwarting != nil:
		return Thwarted
	case s.Closed != "":
		return s.Closed
	}
	for _, e := range s.Ends {
		if e.From.Reached(place) == when.Yes {
			return e.Status
		}
	}
	return ""
}
