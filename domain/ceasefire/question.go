package ceasefire

import (
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A Picture is a ceasefire at three clocks: what the ledger holds, and what others attest.
type Picture struct {
	State
	Answer
	At    time.Time // the effective time that was asked for
	Views []View
	// Contested reports that exactly one of the ledger's status and some view is in force, and neither is indeterminate.
	Contested bool
}

// A View is the status as somebody attests it: computed as if the ceasefire were agreed, with the attested start and end
// over the ledger's.
type View struct {
	Answer
	By       string
	Source   string
	Sequence uint64
	From     Bounds
	Until    Bounds
}

// At answers for a record at three clocks. ok is false where they keep no proposal: then there is nothing to be found.
func At(r domain.Record, c domain.Clocks, published domain.Published) (p Picture, ok bool) {
	return Of(r.Readings(c.Keeps(published)), c)
}

// Of is At for the readings that the clocks of recording and publishing keep.
func Of(kept []domain.Reading, c domain.Clocks) (p Picture, ok bool) {
	s := Fold(happened(kept, c))
	if !s.Exists() {
		return Picture{}, false
	}
	s.Thwarting = thwartingOf(s, kept)
	p = Picture{State: s, Answer: s.StatusAt(c.Effective), At: c.Effective}
	p.Views = s.views(c.Effective)
	p.Contested = slices.ContainsFunc(p.Views, func(v View) bool { return contests(v.Status, p.Status) })
	return p, true
}

// happened keeps what had happened by the effective time. What is attested counts always.
func happened(readings []domain.Reading, c domain.Clocks) []domain.Reading {
	yet := func(r domain.Reading) bool {
		_, attested := r.Command.(*Attest)
		return !attested && !c.Happened(r)
	}
	n := slices.IndexFunc(readings, yet)
	if n < 0 {
		return readings // most often: nothing to copy
	}
	kept := append(make([]domain.Reading, 0, len(readings)), readings[:n]...)
	for _, r := range readings[n:] {
		if !yet(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// thwartingOf finds a thwarting that is placed after the effective time: it holds from the earliest start on, wherever
// recording and publishing keep it.
func thwartingOf(s State, kept []domain.Reading) *End {
	later := func(r domain.Reading) bool { _, ok := r.Command.(*Thwart); return ok }
	if s.Thwarting != nil || !slices.ContainsFunc(kept, later) {
		return s.Thwarting
	}
	return Fold(kept).Thwarting
}

// views lists what the newest attestation of each actor amounts to at t.
func (s State) views(t time.Time) []View {
	var views []View
	newest := map[string]uint64{}
	for i := range s.Attestations {
		a := &s.Attestations[i]
		newest[a.By] = max(newest[a.By], a.Sequence)
	}
	for i := range s.Attestations {
		a := &s.Attestations[i]
		if newest[a.By] != a.Sequence {
			continue
		}
		if v, ok := s.view(*a, t); ok {
			views = append(views, v)
		}
	}
	return views
}

func (s State) view(a Attestation, t time.Time) (v View, ok bool) {
	v = View{By: a.By, Source: a.Source, Sequence: a.Sequence, From: a.From, Until: a.Until}
	if !a.InForce {
		v.Answer = Answer{Status: NotInForce}
		return v, s.holdsNot(a, t)
	}
	attested := s.asAttested(a)
	v.Answer, v.From, v.Until = attested.StatusAt(t), attested.Start(), attested.End()
	return v, true
}

// holdsNot reports whether an attestation that it is not in force speaks of t: from its start (by default when it was
// made) until its end (by default the ledger's start).
func (s State) holdsNot(a Attestation, t time.Time) bool {
	from, until := a.From.Earliest, a.Until
	if a.From.IsZero() {
		from = a.Place
	}
	if until.IsZero() {
		until = s.Start()
	}
	return !t.Before(from) && (until.IsZero() || until.Reached(t) != when.Yes)
}

// asAttested is the state as if it were agreed, with the attested start and end.
func (s State) asAttested(a Attestation) State {
	if !s.IsAgreed() {
		s.AgreedAt = s.Place
	}
	s.Closed = ""
	s.Spans = slices.Clone(s.Spans)
	if len(s.Spans) == 0 && !a.From.IsZero() {
		s.Spans = []Span{{From: a.From, Until: s.Until, Sequence: a.Sequence}}
	}
	if len(s.Spans) == 0 {
		return s
	}
	if !a.From.IsZero() {
		s.Spans[0].From = a.From
	}
	if !a.Until.IsZero() {
		s.Spans[len(s.Spans)-1].Until = a.Until
	}
	return s
}

// contests reports whether exactly one of two statuses is in force and neither is indeterminate.
func contests(a, b Status) bool {
	return a != Indeterminate && b != Indeterminate && (a == InForce) != (b == InForce)
}
