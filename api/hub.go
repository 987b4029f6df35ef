package api

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"sync"
	"time"

	"truceledger/domain/when"
	"truceledger/projections"
)

// A hub watches the clock for everybody who streams: it knows the status of every ceasefire and when that may change
// next, and tells all readers of a change that no entry brought about. It works only while somebody streams.
type hub struct {
	api     *API
	mu      sync.Mutex
	readers map[chan []byte]struct{}
	stop    context.CancelFunc // of the watch under way, nil without one
	running sync.WaitGroup
	moved   chan struct{} // holds one sign that a ceasefire has a new entry: its bounds may have moved
}

func newHub(a *API) *hub {
	return &hub{api: a, readers: map[chan []byte]struct{}{}, moved: make(chan struct{}, 1)}
}

// join adds a reader. The channel closes where the reader is too slow to take what it is told.
func (h *hub) join() (passed <-chan []byte, leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := make(chan []byte, 256)
	h.readers[mine] = struct{}{}
	if h.stop == nil && h.api.life.Err() == nil {
		ctx, cancel := context.WithCancel(h.api.life)
		h.stop = cancel
		h.running.Go(func() { h.watch(ctx) })
	}
	return mine, func() { h.leave(mine) }
}

func (h *hub) leave(mine chan []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.readers, mine)
	if len(h.readers) == 0 && h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// nudge says that a ceasefire has a new entry.
func (h *hub) nudge() {
	select {
	case h.moved <- struct{}{}:
	default:
	}
}

// wait returns when no watch is left. The API's life has ended, so that none begins.
func (h *hub) wait() {
	h.mu.Lock()
	h.mu.Unlock() //nolint:staticcheck // whoever held the lock has begun its watch by now
	h.running.Wait()
}

// tell hands an event to every reader, and waits for none.
func (h *hub) tell(event []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for reader := range h.readers {
		select {
		case reader <- event:
		default:
			close(reader)
			delete(h.readers, reader)
		}
	}
}

// A standing is what a reader was last told of a ceasefire, and when time alone may change it.
type standing struct {
	version uint64
	status  string
	next    time.Time // zero: never
}

// A look is what one survey found, and when.
type look struct {
	at    time.Time
	known map[string]standing
	took  time.Duration
}

// watch looks again whenever a bound passes, soon after a ceasefire has a new entry, and now and then in any case. It
// rests ten times as long as a look takes, so that watching many ceasefires leaves the machine to others.
func (h *hub) watch(ctx context.Context) {
	last := h.survey(ctx, look{})
	for ctx.Err() == nil {
		rest := max(10*last.took, 10*time.Millisecond)
		timer := time.NewTimer(max(rest, h.untilNext(last)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-h.moved:
			sleep(ctx, rest)
		}
		timer.Stop()
		last = h.survey(ctx, last)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// untilNext is how long nothing can change by itself, as far as is known.
func (h *hub) untilNext(last look) time.Duration {
	wait := h.api.limits.survey
	for _, s := range last.known {
		if !s.next.IsZero() {
			wait = min(wait, s.next.Sub(h.api.Clock()))
		}
	}
	return wait
}

// survey looks at every ceasefire and tells of each that time has changed since the last look.
func (h *hub) survey(ctx context.Context, last look) look {
	began, now := time.Now(), h.api.Clock()
	found := look{at: now, known: make(map[string]standing, len(last.known))}
	at, err := h.api.queries.Resolve(ctx, projections.Clock{Effective: &now})
	for cursor := ""; err == nil; {
		var page projections.Page[projections.CeasefireView]
		page, err = h.api.queries.Ceasefires(ctx, projections.CeasefireFilter{}, at, projections.Paging{Cursor: cursor, Limit: 1000})
		for _, view := range page.Items {
			found.known[view.ID] = standing{version: view.Version, status: statusOf(view), next: nextBound(view, now)}
			if changedByTime(view, last, found) {
				h.tellOf(view)
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		h.api.log.Warn("what time has changed cannot be told", "err", err)
		last.took = time.Since(began)
		return last
	}
	found.took = time.Since(began)
	return found
}

// changedByTime reports whether readers have to be told: the status is another one though no entry came, or an entry came
// and a bound passed after it, so that the state that was sent along with the entry may be out of date.
func changedByTime(view projections.CeasefireView, last, found look) bool {
	was, is := last.known[view.ID], found.known[view.ID]
	switch {
	case last.at.IsZero():
		return false
	case was.version == is.version:
		return was.status != is.status
	}
	next := nextBound(view, last.at)
	return !next.IsZero() && !next.After(found.at)
}

func (h *hub) tellOf(view projections.CeasefireView) {
	if event, err := json.Marshal(view); err == nil {
		h.tell(event)
	}
}

// statusOf is everything in a view that time alone can change and that a reader is told of.
func statusOf(view projections.CeasefireView) string {
	words := []string{view.Status}
	words = append(words, view.CouldBe...)
	for _, v := range view.Views {
		words = append(words, v.By+" "+v.Status)
	}
	raw, _ := json.Marshal(append(words, boolWord(view.Contested))) // texts cannot fail
	return string(raw)
}

func boolWord(contested bool) string {
	if contested {
		return "contested"
	}
	return "uncontested"
}

// nextBound is the first moment after now that stands anywhere in the view as a bound; zero where there is none.
func nextBound(view projections.CeasefireView, now time.Time) (next time.Time) {
	for _, t := range bounds(reflect.ValueOf(view)) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

// bounds lists the edges of all bounds that stand in v, however deep.
func bounds(v reflect.Value) []time.Time {
	if b, ok := v.Interface().(when.Bounds); ok {
		return []time.Time{b.Earliest, b.Latest}
	}
	var all []time.Time
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return bounds(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = slices.Concat(all, bounds(v.Index(i)))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range v.NumField() {
			all = slices.Concat(all, bounds(v.Field(i)))
		}
	}
	return all
}
