package projections

import (
	"reflect"
	"sync"
	"time"

	"truceledger/domain"
)

// mostAnswers bounds the answers that are kept. When it is reached all are forgotten: those in use come back at once.
const mostAnswers = 4096

// answered keeps what was last answered for each ceasefire as all entries have it, until a record that the answer was made
// from has a new entry, or time passes a moment that stands anywhere in those records.
type answered struct {
	mu   sync.RWMutex
	byID map[string]*answer
}

// An answer holds for effective times in [from, until), as long as the records that it was made from stay as they are.
type answer struct {
	view        CeasefireView
	from, until time.Time // a zero until: for ever
	made        []made
}

type made struct {
	of      domain.Ref
	version uint64 // 0: it did not exist
}

// present reports whether a question is about everything that is recorded, which is what most ask.
func present(p Point) bool { return p.Prefix == p.Applied && p.ReportedBy.IsZero() }

// ceasefire returns what was answered before, if it still holds at the reader's snapshot. What it points to is shared.
func (c *answered) ceasefire(r *reader, id string) (v CeasefireView, ok bool) {
	c.mu.RLock()
	a := c.byID[id]
	c.mu.RUnlock()
	if a == nil || r.Effective.Before(a.from) || !a.until.IsZero() && !r.Effective.Before(a.until) {
		return v, false
	}
	for _, m := range a.made {
		if r.newest(m.of) != m.version {
			return v, false
		}
	}
	v = a.view
	v.Effective = r.Effective
	return v, true
}

// keep keeps an answer, unless it was made from entries that lie beyond the question's prefix.
func (c *answered) keep(r *reader, v CeasefireView) {
	a := &answer{view: v, from: r.Effective}
	for ref, h := range r.held {
		if h.Version() > r.Prefix {
			return
		}
		a.made = append(a.made, made{ref, h.Version()})
		if ref.Kind != domain.KindCeasefire {
			continue // registered things obey recording only
		}
		for _, s := range h.Steps {
			for _, e := range s.Events {
				a.endsBy(reflect.ValueOf(e), r.Effective)
			}
		}
	}
	a.endsBy(reflect.ValueOf(v), r.Effective)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil || len(c.byID) >= mostAnswers {
		c.byID = map[string]*answer{}
	}
	c.byID[v.ID] = a
}

// endsBy lets the answer end at the first moment after now that stands anywhere in v: only what passes such a moment can
// come to another answer.
func (a *answer) endsBy(v reflect.Value, now time.Time) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			a.endsBy(v.Elem(), now)
		}
	case reflect.Slice:
		for i := range v.Len() {
			a.endsBy(v.Index(i), now)
		}
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok { // nothing of a view or an event is unexported
			if t.After(now) && (a.until.IsZero() || t.Before(a.until)) {
				a.until = t
			}
			return
		}
		for i := range v.NumField() {
			a.endsBy(v.Field(i), now)
		}
	}
}
