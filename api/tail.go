package api

import (
	"context"
	"errors"
	"sync"

	"truceledger/eventstore"
)

// ringSize is how many of the newest entries are at hand for readers that are a little behind the others.
const ringSize = 1024

// A tail reads the end of the log once for everybody who streams it. A reader of the log for each stream would take the
// engine's time for the same entry a thousand times, and its limit of consumers with it.
type tail struct {
	api     *API
	mu      sync.Mutex
	last    *reading // nil while nobody streams
	running sync.WaitGroup
}

// A recorded is an entry on its way to those who stream. What goes with it is found out once for all of them.
type recorded struct {
	eventstore.Message
	state func() ([]byte, error)
}

// A reading is one run through the log, from a sequence on.
type reading struct {
	stop    context.CancelFunc
	readers int // guarded by tail.mu

	mu    sync.Mutex
	after uint64        // ring begins with the next sequence
	ring  []*recorded   // the newest, without a gap
	moved chan struct{} // closed and replaced when ring grows, or the reading ends
	ended error
}

var errStreamEnded = errors.New("the log cannot be followed any more")

// join begins to read where nobody does yet.
func (t *tail) join() (r *reading, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil || t.last.over() {
		ctx, stop := context.WithCancel(t.api.life)
		t.last = &reading{stop: stop, after: t.api.queries.Applied(), moved: make(chan struct{})}
		if r := t.last; t.api.life.Err() == nil {
			t.running.Go(func() { r.run(ctx, t.api) })
		} else {
			r.end(errStreamEnded)
		}
	}
	r = t.last
	r.readers++
	return r, func() { t.leave(r) }
}

func (t *tail) leave(r *reading) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.readers--; r.readers == 0 {
		r.stop()
		if t.last == r {
			t.last = nil
		}
	}
}

// wait returns when no reading is left. The API's life has ended, so that none begins.
func (t *tail) wait() {
	t.mu.Lock()
	reading := t.last // whoever held the lock has begun its reading by now
	t.mu.Unlock()
	if reading != nil {
		reading.stop()
	}
	t.running.Wait()
}

// run follows the log, and hands each entry on once the read models hold it, so that whoever asks after an event finds it
// answered.
func (r *reading) run(ctx context.Context, a *API) {
	for m, err := range a.Log.Follow(ctx, r.after) {
		if err == nil {
			err = a.queries.WaitFor(ctx, m.Sequence)
		}
		if err != nil {
			if ctx.Err() == nil {
				a.log.Warn("streams ended: the log cannot be followed", "err", err)
			}
			break
		}
		r.add(a.recorded(m))
	}
	r.end(errStreamEnded)
}

func (a *API) recorded(m eventstore.Message) *recorded {
	return &recorded{Message: m, state: sync.OnceValues(func() ([]byte, error) { return a.stateOf(a.life, m) })}
}

func (r *reading) add(m *recorded) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ring) == ringSize {
		r.ring = append(make([]*recorded, 0, ringSize), r.ring[ringSize/2:]...)
		r.after += ringSize / 2
	}
	r.ring = append(r.ring, m)
	close(r.moved)
	r.moved = make(chan struct{})
}

func (r *reading) end(reason error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = reason
		close(r.moved)
	}
}

func (r *reading) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended != nil
}

// next waits for the entry after the given one. behind: it is no longer at hand, and must be read from the log.
func (r *reading) next(ctx context.Context, after uint64) (m *recorded, behind bool, err error) {
	for {
		r.mu.Lock()
		first, moved, ended := r.after, r.moved, r.ended
		if i := after - first; after >= first && i < uint64(len(r.ring)) {
			m = r.ring[i]
		}
		r.mu.Unlock()
		switch {
		case m != nil:
			return m, false, nil
		case after < first:
			return nil, true, nil
		case ended != nil:
			return nil, false, ended
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// follow yields what is recorded after the given sequence, each entry once the read models hold it. The channel closes when
// ctx ends or the log fails: the reader comes again.
func (a *API) follow(ctx context.Context, after uint64) <-chan *recorded {
	out := make(chan *recorded)
	go func() {
		defer close(out)
		r, leave := a.tail.join()
		defer leave()
		for {
			m, behind, err := r.next(ctx, after)
			if behind {
				after, err = a.catchUp(ctx, after, out)
			}
			if err != nil {
				return
			}
			if behind {
				continue
			}
			select {
			case out <- m:
				after = m.Sequence
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// catchUp reads from the log up to its end.
func (a *API) catchUp(ctx context.Context, after uint64, out chan<- *recorded) (uint64, error) {
	for m, err := range a.Log.Read(ctx, after) {
		if err == nil {
			err = a.queries.WaitFor(ctx, m.Sequence)
		}
		if err != nil {
			if ctx.Err() == nil {
				a.log.Warn("a stream ended: the log cannot be read", "after", after, "err", err)
			}
			return after, err
		}
		select {
		case out <- a.recorded(m):
			after = m.Sequence
		case <-ctx.Done():
			return after, ctx.Err()
		}
	}
	return after, nil
}
