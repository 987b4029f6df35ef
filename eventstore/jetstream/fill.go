package jetstream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
)

// ErrNotEmpty: a log that is to be filled holds something.
var ErrNotEmpty = errors.New("the stream holds entries already")

// fillAhead is how many messages may be on their way while a log is filled.
const fillAhead = 4096

// Fill stores messages in an empty log exactly as they are, each under the sequence that it names. Every message expects the one
// before it to be the newest, so that a hole or a second writer ends the filling. Nobody may take the log for whole before it
// has returned nil.
func (l *Log) Fill(ctx context.Context, messages iter.Seq2[eventstore.Message, error]) error {
	switch last, err := l.Last(ctx); {
	case err != nil:
		return err
	case last != 0:
		return fmt.Errorf("%w: %d of them", ErrNotEmpty, last)
	}
	js, err := jetstream.New(l.nc, jetstream.WithDefaultTimeout(l.ackTimeout), jetstream.WithPublishAsyncMaxPending(fillAhead))
	if err != nil {
		return err
	}
	var waiting []jetstream.PubAckFuture
	settle := func(most int) error {
		for len(waiting) > most {
			if err := l.stored(ctx, waiting[0]); err != nil {
				return err
			}
			waiting = waiting[1:]
		}
		return nil
	}
	for m, err := range messages {
		if err != nil {
			return err
		}
		future, err := js.PublishAsync(m.Subject, m.Payload, jetstream.WithExpectStream(l.stream), jetstream.WithExpectLastSequence(m.Sequence-1))
		if err != nil {
			return fmt.Errorf("entry %d: %w", m.Sequence, err)
		}
		waiting = append(waiting, future)
		if err := settle(fillAhead / 2); err != nil {
			return fmt.Errorf("up to entry %d: %w", m.Sequence, err)
		}
	}
	return settle(0)
}

// fillPatience bounds the wait for one acknowledgement. The messages before it have theirs, so that it comes at once where it
// comes at all.
const fillPatience = 30 * time.Second

// stored waits for one acknowledgement. An engine whose disk is full gives none, and none later.
func (l *Log) stored(ctx context.Context, f jetstream.PubAckFuture) error {
	look := time.NewTicker(watchPause)
	defer look.Stop()
	for began := time.Now(); ; {
		select {
		case <-f.Ok():
			return nil
		case err := <-f.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if err := l.halted(); err != nil {
				return err
			}
			if time.Since(began) > fillPatience {
				return fmt.Errorf("%w: it does not acknowledge what it was sent", eventstore.ErrUnavailable)
			}
		}
	}
}
