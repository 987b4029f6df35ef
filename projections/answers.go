package projections

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
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
	byID map[string]*answer // by keptFor
}

// keptFor is the key of an answer: readers who may know of different records are answered differently.
func keptFor(reader domain.Reader, id string) string {
	if reader.All {
		return "*\x00" + id
	}
	if reader.Name == "" && len(reader.Actors) == 0 {
		return id
	}
	return reader.Name + "\x00" + strings.Join(reader.Actors, "\x00") + "\x00\x00" + id
}

// An answer holds for effective times in [from, until), as long as the records that it was made from stay as they are. It is
// kept in JSON: a view would keep all the entries in memory of which it shows a word.
type answer struct {
	before, behind []byte // the JSON around the one thing in it that differs from question to question
	version        uint64
	from, until    time.Time // a zero until: for ever
	made           []made
	checked        atomic.Uint64 // the newest entry at which they were seen to have stayed
}

type made struct {
	of      domain.Ref
	version uint64 // 0: it did not exist
}

const effectiveMember = `"effective_at":"`

// newAnswer splits what a view is in JSON at its effective time.
func newAnswer(v CeasefireView, raw []byte) *answer {
	// The last one: nothing behind it holds a text of a caller's, in which it would stand with escapes anyway.
	mark := []byte(effectiveMember + v.Effective.Format(time.RFC3339Nano))
	i := bytes.LastIndex(raw, mark)
	if i < 0 {
		return nil // unreachable while a view says for when it is
	}
	return &answer{
		before: bytes.Clone(raw[:i+len(effectiveMember)]), behind: bytes.Clone(raw[i+len(mark):]),
		version: v.Version, from: v.Effective,
	}
}

// at is the answer for an effective time for which it holds.
func (a *answer) at(effective time.Time) []byte {
	raw := make([]byte, 0, len(a.before)+len(time.RFC3339Nano)+len(a.behind))
	return append(effective.AppendFormat(append(raw, a.before...), time.RFC3339Nano), a.behind...)
}

// encodeView writes a view as every other answer is written: without HTML's escapes, with a line's end.
func encodeView(v CeasefireView) ([]byte, error) {
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return raw.Bytes(), err
}

// present reports whether a question is about everything that is recorded, which is what most ask.
func present(p Point) bool {
	return p.Prefix == p.Applied && p.Asked.KnownAt == nil && p.Asked.AsOfSequence == nil && p.ReportedBy.IsZero()
}

// of returns the answer that is kept for a ceasefire, if it is one for the question's clocks.
func (c *answered) of(id string, p Point) *answer {
	if !present(p) {
		return nil
	}
	c.mu.RLock()
	a := c.byID[keptFor(p.Reader, id)]
	c.mu.RUnlock()
	if a == nil || p.Effective.Before(a.from) || !a.until.IsZero() && !p.Effective.Before(a.until) {
		return nil
	}
	return a
}

// holds reports whether no record that the answer was made from has a newer entry in the reader's snapshot.
func (a *answer) holds(r *reader) bool {
	for _, m := range a.made {
		if r.newest(m.of) != m.version {
			return false
		}
	}
	a.checked.Store(r.Applied)
	return true
}

// keep keeps an answer, unless it was made from entries that lie beyond the question's prefix.
func (c *answered) keep(r *reader, v CeasefireView, raw []byte) {
	a := newAnswer(v, raw)
	if a == nil || !present(r.Point) {
		return
	}
	a.checked.Store(r.Applied)
	for ref, h := range r.held {
		if h.Version() > r.Prefix {
			return
		}
		// A copy: the id is part of an entry's text, all of which would stay.
		a.made = append(a.made, made{domain.Ref{Kind: ref.Kind, ID: strings.Clone(ref.ID)}, h.Version()})
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
	c.byID[keptFor(r.Reader, strings.Clone(v.ID))] = a
}

// endsBy lets the answer end at the first moment after now that stands anywhere in v: only what passes such a moment can
// come to another answer.
func (a *answer) endsBy(v reflect.Value, now time.Time) {
	eachTime(v, func(t time.Time) {
		if t.After(now) && (a.until.IsZero() || t.Before(a.until)) {
			a.until = t
		}
	})
}
