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
	queues    map[domain.Ref][]chan struct{} // those who wait; the key stands while somebody holds the turn
}

func newTurns(perRecord, inAll int) *turns {
	return &turns{perRecord: perRecord, inAll: inAll, queues: map[domain.Ref][]chan struct{}{}}
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
	case <-mine:
		return release, nil
	case <-ctx.Done():
		if !t.leave(r, mine) {
			release() // it became ours at the same moment
		}
		return nil, context.Cause(ctx)
	}
}

// join queues up for r; the channel is closed when the turn has come. It is nil where nobody else has it.
func (t *turns) join(r domain.Ref) (chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting, held := t.queues[r]
	if t.count >= t.inAll || len(waiting) >= t.perRecord {
		return nil, ErrQueueFull
	}
	t.count++
	if !held {
		t.queues[r] = nil
		return nil, nil
	}
	mine := make(chan struct{})
	t.queues[r] = append(waiting, mine)
	return mine, nil
}

// leave gives up waiting; false where the turn has come already.
func (t *turns) leave(r domain.Ref, mine chan struct{}) bool {
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

// pass hands the turn to whoever waits longest.
func (t *turns) pass(r domain.Ref) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	waiting := t.queues[r]
	if len(waiting) == 0 {
		delete(t.queues, r)
		return
	}
	t.queues[r] = waiting[1:]
	close(waiting[0])
}
