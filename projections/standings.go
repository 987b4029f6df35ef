package projections

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"reflect"
	"strings"
	"sync"
	"time"

	"truceledger/domain"
)

// A Standing is as much of a ceasefire as a count, a map or a filter needs.
type Standing struct {
	ID, Title, Class, Status string
	Contested                bool
	Area, CarvedOut          []string
	Version                  uint64 // of the ceasefire at the question's clocks
}

// Standings lists how all ceasefires stand that a filter keeps, by id. It folds none that it has folded before for the same
// entries and a time between the same two moments: who slides through the time of 10,000 ceasefires asks for all of them at
// every step.
func (q *Queries) Standings(ctx context.Context, f CeasefireFilter, p Point) (all []*Standing, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	err = q.view(p, func(r *reader) error {
		return r.each(ctx, domain.KindCeasefire, "", f.mayBe, func(id string) (bool, error) {
			s, err := r.standing(id)
			if s == nil || err != nil {
				return false, err
			}
			keep := f.standing(r, s)
			if keep && f.Actor != "" { // who is excluded follows from other records
				_, keep, err = f.view(r, id)
			}
			if keep {
				all = append(all, s)
			}
			return false, err
		})
	})
	return all, err
}

// standing reports whether what is known of a ceasefire without its roles lets a filter keep it.
func (f CeasefireFilter) standing(r *reader, s *Standing) bool {
	return (f.Status == "" || s.Status == f.Status) && (f.Class == "" || s.Class == f.Class) &&
		(f.Contested == nil || s.Contested == *f.Contested) && (f.Area == "" || r.touches(f.Area, s.Area, s.CarvedOut))
}

// standing is how a ceasefire stands at the question's clocks; nil where they keep nothing of it.
func (r *reader) standing(id string) (*Standing, error) {
	of, err := r.entriesOf(id)
	if err != nil || of == (entrySet{}) {
		return nil, err
	}
	if s, known := r.q.standings.of(of, r.Effective); known {
		return s, nil
	}
	pic, found, err := r.picture(id, r.Clocks)
	if err != nil {
		return nil, err
	}
	var s *Standing
	near := r.nearest(id)
	if found {
		v := viewOf(pic)
		s = standingOf(v, of.version)
		eachTime(reflect.ValueOf(v), near.take)
		for _, t := range r.turningPoints(pic) {
			near.take(t)
		}
	}
	r.q.standings.keep(of, r.Effective, s, near)
	return s, r.err
}

// standingOf copies what it keeps: an id is a part of an entry's text, all of which would stay in memory.
func standingOf(v CeasefireView, version uint64) *Standing {
	s := &Standing{
		ID: strings.Clone(v.ID), Title: strings.Clone(v.Title), Class: strings.Clone(v.Class), Status: v.Status,
		Contested: v.Contested, Version: version,
	}
	for _, id := range v.Area {
		s.Area = append(s.Area, strings.Clone(id))
	}
	for _, id := range v.CarvedOut {
		s.CarvedOut = append(s.CarvedOut, strings.Clone(id))
	}
	return s
}

// An entrySet names the entries of a ceasefire that the clocks of recording and publishing keep: a ceasefire at a time is a
// function of those and of nothing else.
type entrySet struct {
	id      string
	version uint64 // the newest of them
	hash    uint64 // of all of them, where publishing leaves some out
}

func (r *reader) entriesOf(id string) (entrySet, error) {
	ref := domain.Ref{Kind: domain.KindCeasefire, ID: id}
	if newest := r.newest(ref); newest <= r.Prefix && r.ReportedBy.IsZero() {
		return entrySet{id: id, version: newest}, nil
	}
	h, err := r.record(ref)
	if err != nil {
		return entrySet{}, err
	}
	set := entrySet{}
	keep, sum := r.Keeps(r.published), fnv.New64a()
	for _, s := range h.Steps {
		if !keep(s) {
			continue
		}
		set.id, set.version = id, s.Sequence
		if !r.ReportedBy.IsZero() {
			_, _ = sum.Write(binary.BigEndian.AppendUint64(nil, s.Sequence)) // never fails
			set.hash = sum.Sum64()
		}
	}
	return set, r.err
}

// nearest are the moments right around a time at which a ceasefire may come to stand differently.
type nearest struct {
	now           time.Time
	before, after time.Time // zero: none
	on            bool      // the time itself is one
}

// nearest are those that stand anywhere in a ceasefire's entries.
func (r *reader) nearest(id string) *nearest {
	m := &nearest{now: r.Effective}
	kept, err := r.kept(domain.Ref{Kind: domain.KindCeasefire, ID: id})
	if err != nil {
		r.fail(err)
	}
	for _, x := range kept.list {
		for _, e := range x.Events {
			eachTime(reflect.ValueOf(e), m.take)
		}
		m.take(x.Place)
		m.take(x.Effective())
	}
	return m
}

func (m *nearest) take(t time.Time) {
	switch {
	case t.IsZero():
	case t.Equal(m.now):
		m.on = true
	case t.Before(m.now):
		if m.before.IsZero() || t.After(m.before) {
			m.before = t
		}
	case m.after.IsZero() || t.Before(m.after):
		m.after = t
	}
}

// eachTime gives every time that stands anywhere in a value.
func eachTime(v reflect.Value, take func(time.Time)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachTime(v.Elem(), take)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachTime(v.Index(i), take)
		}
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok { // nothing of a view or an event is unexported
			take(t)
			return
		}
		for i := range v.NumField() {
			eachTime(v.Field(i), take)
		}
	}
}

// mostStandings bounds the stretches of time that are remembered. When it is reached all are forgotten: those in use come
// back at the next question.
const mostStandings = 400_000

// stood remembers how ceasefires stand between two moments.
type stood struct {
	mu    sync.Mutex
	known map[entrySet][]stretch
	count int
}

// A stretch is the open interval between two moments: on a moment itself nothing is remembered, so that it need not be
// known on which side of it the change lies.
type stretch struct {
	from, until time.Time // zero: without bound
	how         *Standing // nil: not on the record yet
}

func (s stretch) holds(t time.Time) bool {
	return (s.from.IsZero() || s.from.Before(t)) && (s.until.IsZero() || t.Before(s.until))
}

func (c *stood) of(set entrySet, t time.Time) (*Standing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.known[set] {
		if s.holds(t) {
			return s.how, true
		}
	}
	return nil, false
}

func (c *stood) keep(set entrySet, t time.Time, how *Standing, m *nearest) {
	if m.on {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || c.count >= mostStandings {
		c.known, c.count = map[entrySet][]stretch{}, 0
	}
	set.id = strings.Clone(set.id)
	for _, s := range c.known[set] {
		if s.holds(t) {
			return // another question has found it out meanwhile
		}
	}
	c.known[set] = append(c.known[set], stretch{m.before, m.after, how})
	c.count++
}
