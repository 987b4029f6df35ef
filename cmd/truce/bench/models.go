package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// largeLedger has everything that a long life leaves behind.
func (r *run) largeLedger(ctx context.Context) (*ledger, error) {
	if r.large != nil {
		return r.large, nil
	}
	l, err := r.filled(ctx, "large", r.Entries, r.Records)
	r.large = l
	return l, err
}

func (r *run) filled(ctx context.Context, name string, entries, records int) (*ledger, error) {
	r.progress("filling a ledger with %d entries over %d records", entries, records)
	l, err := r.openLedger(ctx, r.folder(name))
	if err != nil {
		return nil, err
	}
	l.entries, l.records = entries, records
	if err := fill(ctx, l, entries, records); err != nil {
		return l, fmt.Errorf("fill: %w", err)
	}
	return l, l.settled(ctx)
}

// rebuild fills all projections again, beside the serving ones, in entries a second.
func (r *run) rebuild(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.largeLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	last, err := l.node.Log.Last(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	rounds := r.Rounds
	if r.Entries > 200_000 {
		r.Rounds = 1
		defer func() { r.Rounds = rounds }()
	}
	value, raw, err = r.inTurns(
		func() (float64, error) {
			began := time.Now()
			err := l.node.Models.Rebuild(ctx, nil)
			return float64(last) / time.Since(began).Seconds(), err
		},
		func() (float64, error) {
			began := time.Now()
			err := l.readAll(ctx, last)
			return float64(last) / time.Since(began).Seconds(), err
		})
	return value, raw, "entries/s", err
}

// readAll reads the ledger's stream as fast as the client can: an ordered consumer with a callback.
func (l *ledger) readAll(ctx context.Context, last uint64) error {
	c, err := l.raw.OrderedConsumer(ctx, "TRUCE", jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	done := make(chan struct{})
	got := uint64(0)
	cc, err := c.Consume(func(jetstream.Msg) {
		if got++; got == last {
			close(done)
		}
	}, jetstream.PullMaxMessages(5000))
	if err != nil {
		return err
	}
	defer cc.Stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// asOf asks for the ceasefire of a thousand entries at three clocks, other ones each time.
func (r *run) asOf(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.largeLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	value, err = l.asOf(r.Seconds)
	return value, 0, "ms", err
}

func (l *ledger) asOf(seconds float64) (float64, error) {
	var took []float64
	random := rand.New(rand.NewPCG(3, 4))
	began := time.Date(2016, 5, 4, 12, 0, 0, 0, time.UTC)
	for end := time.Now().Add(duration(seconds)); time.Now().Before(end); {
		q := url.Values{
			"effective_at": {began.Add(time.Duration(random.IntN(86_400)) * time.Second).Format(time.RFC3339)},
			"known_at":     {time.Now().Add(time.Duration(random.IntN(1000)) * time.Millisecond).Format(time.RFC3339Nano)},
			"reported_by":  {time.Now().Add(time.Duration(random.IntN(1000)) * time.Millisecond).Format(time.RFC3339Nano)},
		}
		request := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/v1/ceasefires/"+longID+"?"+q.Encode(), nil)
		answer := httptest.NewRecorder()
		start := time.Now()
		l.node.Handler.ServeHTTP(answer, request)
		took = append(took, ms(time.Since(start)))
		if answer.Code != http.StatusOK {
			return 0, fmt.Errorf("%s: %d: %s", request.URL, answer.Code, answer.Body)
		}
	}
	return median(took), nil
}
