package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// On a machine at load 17 a start failed because the engine in the same process took seconds to answer.
func TestAStartWaitsForASlowEngine(t *testing.T) {
	slow := fmt.Errorf("stream info: %w: %w", eventstore.ErrUnavailable, context.DeadlineExceeded)
	for name, c := range map[string]struct {
		answers  []error // the last one is repeated
		external bool
		tries    int // -1 for as long as slowStart
	}{
		"slow, then there":    {[]error{slow, nats.ErrTimeout, eventstore.ErrOutcomeUnknown, nil}, false, 4},
		"slow for good":       {[]error{slow}, false, -1},
		"an engine elsewhere": {[]error{slow}, true, 1},
		"wrong, and not slow": {[]error{errors.New("the stream is not what it must be")}, false, 1},
		"a disk that is full": {[]error{fmt.Errorf("%w: %w", eventstore.ErrUnavailable, eventstore.ErrDisk)}, false, 1},
		"there, as it should": {[]error{nil}, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &node{logger: slog.New(slog.DiscardHandler), embedded: &jetstream.Embedded{}}
				if c.external {
					n.embedded = nil
				}
				tries, began := 0, time.Now()
				_, err := patiently(t.Context(), n, func() (int, error) {
					tries++
					return 0, c.answers[min(tries, len(c.answers))-1]
				})
				if want := c.answers[len(c.answers)-1]; err != want {
					t.Errorf("got %v, want %v", err, want)
				}
				took := time.Since(began)
				if c.tries > 0 && tries != c.tries || c.tries < 0 && (took < slowStart || took > slowStart+time.Second) {
					t.Errorf("it tried %d times in %v", tries, took)
				}
			})
		})
	}
}
