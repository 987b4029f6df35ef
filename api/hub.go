package api

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"truceledger/projections"
)

// A hub watches the clock for everybody who streams, and tells all readers of a ceasefire whose status changed although
// no entry came. It works only while somebody streams.
type hub struct {
	api     *API
	mu      sync.Mutex
	readers map[chan []byte]struct{}
	stop    context.CancelFunc // of the watch under way, nil without one
	running sync.WaitGroup
	moved   chan struct{} // holds one sign that a ceasefire has a new entry: what lies ahead may be something else now
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

// wait returns when no watch is left. The API's life has ended: whoever gets the lock after this begins none.
func (h *hub) wait() {
	h.mu.Lock()
	stop := h.stop
	h.mu.Unlock()
	if stop != nil {
		stop()
	}
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

// watch tells of one change after the other. Up to told everything is told. A look goes over every ceasefire, so that it
// rests ten times as long as a look took: many ceasefires must not take the machine from others.
func (h *hub) watch(ctx context.Context) {
	told := h.api.Clock()
	for ctx.Err() == nil {
		began := time.Now()
		next, err := h.look(ctx, &told)
		if err != nil && ctx.Err() == nil {
			h.api.log.Warn("what time changes cannot be told", "err", err)
		}
		rest := max(10*time.Since(began), h.api.limits.rest)
		wait := h.api.limits.survey
		if !next.IsZero() {
			wait = min(wait, next.Sub(h.api.Clock()))
		}
		h.sleep(ctx, rest, wait)
	}
}

// sleep waits, at least for rest; longer until wait is over or a ceasefire has a new entry.
func (h *hub) sleep(ctx context.Context, rest, wait time.Duration) {
	rested, over := time.NewTimer(rest), time.NewTimer(max(rest, wait))
	defer rested.Stop()
	defer over.Stop()
	select {
	case <-ctx.Done():
		return
	case <-over.C:
		return
	case <-h.moved:
	}
	select {
	case <-ctx.Done():
	case <-rested.C:
	}
}

// look tells what time has changed since told, and returns when it will next change something; zero for never.
func (h *hub) look(ctx context.Context, told *time.Time) (next time.Time, err error) {
	for ctx.Err() == nil {
		now := h.api.Clock()
		at, err := h.api.queries.Resolve(ctx, projections.Clock{Effective: &now})
		if err != nil {
			return time.Time{}, err
		}
		next, ids, err := h.api.queries.NextPassing(ctx, *told, at)
		if err != nil || next.IsZero() || next.After(now) {
			return next, err
		}
		for _, id := range ids {
			if err := h.tellOf(ctx, id, at); err != nil {
				return time.Time{}, err
			}
		}
		*told = next
	}
	return time.Time{}, ctx.Err()
}

func (h *hub) tellOf(ctx context.Context, id string, at projections.Point) error {
	view, err := h.api.queries.Ceasefire(ctx, id, at)
	if err != nil {
		return err
	}
	event, err := json.Marshal(view)
	if err == nil {
		h.tell(event)
	}
	return err
}
