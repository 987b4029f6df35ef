package jetstream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/synadia-io/orbit.go/jetstreamext"

	"truceledger/eventstore"
)

const (
	// pollPause is the wait for what comes after the newest message: the age of what a reader without a consumer shows.
	pollPause = 100 * time.Millisecond
	// holdsEvery is how often such a reader looks whether the stream has lost something.
	holdsEvery = 5 * time.Second
)

// poll reads by direct gets, of whichever replica answers. It is how a log elsewhere is read that is only read:
// whoever may make a consumer says where its messages go, and how long the servers keep it, and a reader is to have no such thing
// to say in the account of the log. The cost is pollPause, and half the speed of catching up.
func (l *Log) poll(ctx context.Context, after *uint64, take func(eventstore.Message) bool) error {
	var looked time.Time
	for {
		if time.Since(looked) > holdsEvery {
			if err := l.holds(ctx, *after); err != nil {
				return err
			}
			looked = time.Now()
		}
		p, err := l.page(ctx, *after, math.MaxUint64)
		for _, m := range p.messages {
			if m.Sequence != *after+1 {
				return fmt.Errorf("%w: sequence %d came after %d", ErrLost, m.Sequence, *after)
			}
			*after = m.Sequence
			if !take(m) {
				return nil
			}
		}
		switch {
		case p.more:
		case len(p.messages) == 0 && !errors.Is(err, jetstreamext.ErrNoMessages) && !errors.Is(err, errStale):
			return err
		default:
			if err := wait(ctx, pollPause); err != nil {
				return err
			}
		}
	}
}

// holds checks that the stream still has everything up to and with a sequence.
func (l *Log) holds(ctx context.Context, sequence uint64) error {
	state, err := l.State(ctx)
	if err != nil {
		return err
	}
	if err := whole(state); err != nil {
		return err
	}
	if state.Last < sequence {
		return fmt.Errorf("%w: the newest is %d, but %d was there", ErrLost, state.Last, sequence)
	}
	return nil
}
