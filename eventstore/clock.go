package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrClock says that this node's clock and that of the log's leader are too far apart for recorded_at to mean anything.
// Nothing was stored. It passes when the clocks agree again.
var ErrClock = errors.New("this node's clock is not the log's")

const (
	// maxClockOffset is how far the two clocks may be apart.
	maxClockOffset = 2 * time.Second
	// clockInterval is how often they are compared: a clock that jumps is found within it.
	clockInterval = 10 * time.Second
	// clockPatience bounds the wait for the leader's answer.
	clockPatience = 5 * time.Second
)

// checkClock compares this node's clock with the leader's. A leader that does not answer changes nothing: it takes no
// entries either.
func (l *Ledger) checkClock(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	asked := l.options.Clock()
	theirs, err := l.options.LeaderTime(ctx)
	answered := l.options.Clock()
	if err != nil {
		return
	}
	l.setClock(clockOffset(asked, theirs, answered))
}

// clockOffset is how far this node's clock is ahead of one that read theirs at some moment between the two of ours, at
// least: the time that the answer took is nobody's fault.
func clockOffset(asked, theirs, answered time.Time) time.Duration {
	switch {
	case theirs.Before(asked):
		return asked.Sub(theirs)
	case theirs.After(answered):
		return answered.Sub(theirs)
	}
	return 0
}

func (l *Ledger) setClock(ahead time.Duration) {
	var reason error
	if ahead.Abs() > maxClockOffset {
		reason = fmt.Errorf("%w: it is %v ahead of it, and at most %v is allowed", ErrClock, ahead.Round(time.Millisecond), maxClockOffset)
	}
	l.mu.Lock()
	before := l.clockOff
	l.clockOff = reason
	l.mu.Unlock()
	switch {
	case reason != nil && before == nil:
		l.options.Logger.Error("the ledger writes nothing until the clocks agree: mend this machine's clock", "reason", reason)
	case reason == nil && before != nil:
		l.options.Logger.Info("the clocks agree again")
	}
}

// watchClock compares the clocks until the ledger is closed.
func (l *Ledger) watchClock() {
	for {
		select {
		case <-time.After(clockInterval):
			l.checkClock(l.life)
		case <-l.life.Done():
			return
		}
	}
}
