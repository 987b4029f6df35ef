package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/registry"
	"truceledger/domain/tally"
	"truceledger/eventstore"
)

const (
	writtenRecords = 10_000
	callers        = 256
	rawPublishers  = 64
)

// durable256 is what the group commit is for: many callers, each waiting for the disk.
func (r *run) durable256(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.smallLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	value, raw, err = r.inTurns(
		func() (float64, error) { return l.rate(ctx, callers, r.Seconds, l.tally) },
		func() (float64, error) { return l.rate(ctx, rawPublishers, r.Seconds, l.publish) })
	return value, raw, "commands/s", err
}

// inTurns measures ours and the raw one by turns, so that what else the machine does meets both, and returns the medians.
func (r *run) inTurns(ours, raw func() (float64, error)) (float64, float64, error) {
	var a, b []float64
	ours = r.profiled(ours)
	for range r.Rounds {
		for _, x := range []struct {
			measure func() (float64, error)
			into    *[]float64
		}{{raw, &b}, {ours, &a}} {
			v, err := x.measure()
			if err != nil {
				return 0, 0, err
			}
			*x.into = append(*x.into, v)
		}
	}
	return median(a), median(b), nil
}

// durable1 is what a lone caller waits for.
func (r *run) durable1(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.smallLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	value, raw, err = l.latencies(ctx, r.Seconds*float64(r.Rounds))
	return value, raw, "ms", err
}

// latencies are the medians of a lone caller's command and of a raw publish, one after the other, in milliseconds.
func (l *ledger) latencies(ctx context.Context, seconds float64) (ours, raw float64, err error) {
	var a, b []float64
	random := rand.New(rand.NewPCG(1, 2))
	for end := time.Now().Add(duration(seconds)); time.Now().Before(end); {
		began := time.Now()
		if err := l.tally(ctx, random); err != nil {
			return 0, 0, err
		}
		middle := time.Now()
		if err := l.publish(ctx, random); err != nil {
			return 0, 0, err
		}
		a, b = append(a, ms(middle.Sub(began))), append(b, ms(time.Since(middle)))
	}
	return median(a), median(b), nil
}

// rate is how often do succeeds a second when so many call it at once.
func (l *ledger) rate(ctx context.Context, callers int, seconds float64, do func(context.Context, *rand.Rand) error) (float64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, duration(seconds)+time.Minute, fmt.Errorf("nothing came of it within a minute"))
	defer cancel()
	var done atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, callers)
	began := time.Now()
	end := began.Add(duration(seconds))
	for i := range callers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), uint64(began.UnixNano())))
			for time.Now().Before(end) {
				if err := do(ctx, random); err != nil {
					failed <- err
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
		return float64(done.Load()) / time.Since(began).Seconds(), nil
	}
}

// tally puts one more figure on one of the written records.
func (l *ledger) tally(ctx context.Context, random *rand.Rand) error {
	_, err := l.tallyAt(ctx, random.IntN(writtenRecords))
	return err
}

func (l *ledger) tallyAt(ctx context.Context, record int) (sequence uint64, err error) {
	best := record
	result, err := l.node.Ledger.Execute(ctx, eventstore.Request{Principal: "bench", Command: &tally.RecordTally{
		Header: domain.Header{Note: "counted by the hospitals of the district and by the local council, as of noon"},
		Tally:  fmt.Sprintf("series-%d", record), Source: observer, Unit: "people", Outcome: "killed", Best: &best,
	}})
	return result.Entry.Sequence, err
}

// cold is what a command costs on a record that nobody has touched for long: the large ledger's incidents, more of them than
// a ledger keeps in memory.
func (r *run) cold(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.largeLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	witness := &registry.RegisterActor{Actor: "witness", Name: "Witness", Kind: "organisation"}
	witness.CommandID = "0190a1b2-0000-7000-8000-0000000000b2"
	if _, err := l.node.Ledger.Execute(ctx, eventstore.Request{Principal: "bench", Command: witness}); err != nil {
		return 0, 0, "", err
	}
	value, raw, err = r.inTurns(
		func() (float64, error) { return l.rate(ctx, callers, r.Seconds, l.corroborate) },
		func() (float64, error) { return l.rate(ctx, rawPublishers, r.Seconds, l.publish) })
	return value, raw, "commands/s", err
}

// corroborate puts one more account on one of the incidents that the ledger was filled with.
func (l *ledger) corroborate(ctx context.Context, random *rand.Rand) error {
	id := random.IntN(l.records/10)*10 + 1 + random.IntN(9) // each tenth record is a ceasefire
	_, err := l.node.Ledger.Execute(ctx, eventstore.Request{Principal: "bench", Command: &incident.Corroborate{Account: incident.Account{
		Header: domain.Header{By: "witness", Note: "seen by the local council"}, Addressed: incident.Addressed{Incident: "r-" + strconv.Itoa(id)},
	}}})
	return err
}

// publish is the same for the raw engine: as many bytes, on a subject of its own, on disk when it returns.
func (l *ledger) publish(ctx context.Context, random *rand.Rand) error {
	_, err := l.raw.Publish(ctx, fmt.Sprintf("raw.%d", random.IntN(writtenRecords)), l.rawPayload, jetstream.WithRetryAttempts(0))
	return err
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
