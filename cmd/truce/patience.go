package main

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"truceledger/eventstore"
)

// slowStart is how long a start waits for an engine in this process that does not answer in time.
const slowStart = time.Minute

// patiently opens what is on the engine, again and again while the engine is only slow: a machine that has too much to do, as
// after a power cut, must not have to start the ledger by hand. An engine elsewhere is left to those who look after it.
func patiently[T any](ctx context.Context, n *node, open func() (T, error)) (T, error) {
	for began := time.Now(); ; {
		made, err := open()
		if err == nil || n.embedded == nil || !late(err) || ctx.Err() != nil || time.Since(began) > slowStart {
			return made, err
		}
		n.logger.Warn("the engine is slow to answer; trying again", "err", err)
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return made, err
		}
	}
}

// late reports whether an error says no more than that an answer did not come in time.
func late(err error) bool {
	if errors.Is(err, eventstore.ErrDisk) {
		return false
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) ||
		errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrOutcomeUnknown)
}
