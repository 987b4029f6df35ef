package jetstream

import (
	"context"
	"errors"
	"fmt"
	"iter"

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
			if err := stored(ctx, waiting[0]); err != nil {
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

func stored(ctx context.Context, f jetstream.PubAckFuture) error {
	select {
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
