package eventstore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"truceledger/domain"
)

// ErrQueueFull says that too many commands wait already: for this record, or in all.
var ErrQueueFull = errors.New("too many commands are waiting; try again in a moment")

// turns give each record to one command at a time, in the order in which they came. A rule is decided against a state
// that no other command of this node is about to change, so that conflicts come from other nodes alone.
type turns struct {
	mu        sync.Mutex
	perRecord int // most that wait for one record
	inAll     int // most that hold a turn or wait for one
	count     int
	queues    map[domain.Ref][]chan error // those who wait; the key stands while somebody holds the turn
	closed    map[domain.Ref]error        // why nobody waits for a turn that is held for longer than anybody should wait
}

func newTurns(perRecord, inAll int) *turns {
	return &turns{perRecord: perRecord, inAll: inAll, queues: map[domain.Ref][]chan error{}, closed: map[domain.Ref]error{}}
}

// waiting is how many commands hold a turn or wait for one.
func (t *turns) waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// take waits for the record's turn. The caller gives it back by calling release, once.
func (t *turns) take(ctx context.Context, r domain.Ref) (release func(), err error) {
	mine, err := t.join(r)
	if err != nil {
		return nil, err
	}
	var passed atomic.Bool
	release = func() {
		if !passed.Swap(true) {
			t.pass(r)
		}
	}
	if mine == nil {
		return release, nil
	}
	select {
	case err := <-mine:
		if err != nil {
			return nil, err
		}
		return release, nil
	case <-ctx.Done():
		if !t.leave(r, mine) && <-mine == nil {
			release() // it became ours at the same moment
		}
		return nil, context.Cause(ctx)
	}
}

// join queues up for r; the channel is closed when the turn has come, and yields an error where it will not come soon. It
// is nil where nobody else has it.
func (t *turns) join(r domain.Ref) (chan error, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.closed[r]; err != nil {
		return nil, err
	}
	waiting, held := t.queues[r]
	if t.count >= t.inAll || len(waiting) >= t.perRecord {
		return nil, ErrQueueFull
	}
	t.count++
	if !held {
		t.queues[r] = nil
		return nil, nil
	}
	mine := make(chan error, 1) // so that close need not wait for whoever leaves at the same moment
	t.queues[r] = append(waiting, mine)
	return mine, nil
}

// leave gives up waiting; false where the turn has come already.
func (t *turns) leave(r domain.Ref, mine chan error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, other := range t.queues[r] {
		if other == mine {
			t.queues[r] = append(t.queues[r][:i:i], t.queues[r][i+1:]...)
			t.count--
			return true
		}
	}
	return false
}

// close sends away whoever waits for r or comes later, until its turn is given back. Whoever calls it holds the turn.
func (t *turns) close(r domain.Ref, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, mine := range t.queues[r] {
		mine <- why
		t.count--
	}
	t.queues[r], t.closed[r] = nil, why
}

// pass hands the turn to whoever waits longest.
func (t *turns) pass(r domain.Ref) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	delete(t.closed, r)
	waiting := t.queues[r]
	if len(waiting) == 0 {
		delete(t.queues, r)
		return
	}
	t.queues[r] = waiting[1:]
	close(waiting[0])
}
