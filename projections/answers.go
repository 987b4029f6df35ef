package projections

import (
	"bytes"
	"encoding/json"
	"reflect"
	"sync"
	"sync/atomic"
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
	checked     atomic.Uint64 // the newest entry at which they were seen to have stayed
	text        atomic.Pointer[template]
}

type made struct {
	of      domain.Ref
	version uint64 // 0: it did not exist
}

// A template is a view in JSON, without the one thing in it that differs from question to question.
type template struct{ before, behind []byte }

const effectiveMember = `"effective_at":"`

// fill writes the effective time into the template.
func (t *template) fill(effective time.Time) []byte {
	raw := make([]byte, 0, len(t.before)+len(time.RFC3339Nano)+len(t.behind))
	return append(effective.AppendFormat(append(raw, t.before...), time.RFC3339Nano), t.behind...)
}

// encodeView writes a view as every other answer is written: without HTML's escapes, with a line's end.
func encodeView(v CeasefireView) ([]byte, error) {
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return raw.Bytes(), err
}

// encoded returns the answer in JSON. It is encoded once, the first time that it is asked for again.
func (a *answer) encoded(effective time.Time) ([]byte, error) {
	t := a.text.Load()
	if t == nil {
		raw, err := encodeView(a.view)
		if err != nil {
			return nil, err
		}
		// The last one: nothing behind it holds a text of a caller's, in which it would stand with escapes anyway.
		before, behind, found := cutLast(raw, []byte(effectiveMember+a.view.Effective.Format(time.RFC3339Nano)))
		if !found {
			return encodeView(a.as(effective)) // unreachable while a view says for when it is
		}
		t = &template{append(bytes.Clone(before), effectiveMember...), bytes.Clone(behind)}
		a.text.Store(t)
	}
	return t.fill(effective), nil
}

func cutLast(b, mark []byte) (before, behind []byte, found bool) {
	i := bytes.LastIndex(b, mark)
	if i < 0 {
		return b, nil, false
	}
	return b[:i], b[i+len(mark):], true
}

// present reports whether a question is about everything that is recorded, which is what most ask.
func present(p Point) bool { return p.Prefix == p.Applied && p.ReportedBy.IsZero() }

// at returns the answer that is kept for a ceasefire, if it is one for the effective time.
func (c *answered) at(id string, effective time.Time) *answer {
	c.mu.RLock()
	a := c.byID[id]
	c.mu.RUnlock()
	if a == nil || effective.Before(a.from) || !a.until.IsZero() && !effective.Before(a.until) {
		return nil
	}
	return a
}

// still returns the answer that is kept, if nothing at all has been applied since it was last seen to hold: then nothing
// needs to be looked up.
func (c *answered) still(id string, p Point) *answer {
	if !present(p) {
		return nil
	}
	if a := c.at(id, p.Effective); a != nil && a.checked.Load() == p.Applied {
		return a
	}
	return nil
}

// ceasefire returns what was answered before, if it still holds at the reader's snapshot. What it points to is shared.
func (c *answered) ceasefire(r *reader, id string) (v CeasefireView, ok bool) {
	a := c.at(id, r.Effective)
	if a == nil {
		return v, false
	}
	for _, m := range a.made {
		if r.newest(m.of) != m.version {
			return v, false
		}
	}
	a.checked.Store(r.Applied)
	return a.as(r.Effective), true
}

// as is the view at another effective time for which the answer holds.
func (a *answer) as(effective time.Time) CeasefireView {
	v := a.view
	v.Effective = effective
	return v
}

// keep keeps an answer, unless it was made from entries that lie beyond the question's prefix.
func (c *answered) keep(r *reader, v CeasefireView) {
	a := &answer{view: v, from: r.Effective}
	a.checked.Store(r.Applied)
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
