package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
)

const growthFrom = 10_000 // entries of the ledger that the large one is compared with

// growth is the worst cost at full size over the cost at 10,000 entries. What is a ratio to the bare server is compared as
// one: the server's own growth is not ours. raw is the bar: the growth of the logarithm.
//
// Both are measured by turns, and the best of the rounds counts: what else the machine does can only make a round dearer, and
// a bar of a tenth, which is what the logarithm leaves between 10,000 and 30,000 entries, would measure nothing but that.
func (r *run) growth(ctx context.Context) (value, raw float64, unit string, err error) {
	large, err := r.largeLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	small, err := r.filled(ctx, "growth", growthFrom, growthFrom/20)
	if err != nil {
		return 0, 0, "", err
	}
	defer small.close()
	for _, c := range costs {
		rounds := r.Rounds
		if c.dear {
			rounds = 1
		}
		before, after := math.Inf(1), math.Inf(1)
		for range rounds {
			for _, x := range []struct {
				l    *ledger
				best *float64
			}{{small, &before}, {large, &after}} {
				cost, err := r.cost(ctx, c, x.l)
				if err != nil {
					return 0, 0, "", fmt.Errorf("%s: %w", c.name, err)
				}
				*x.best = min(*x.best, cost)
			}
		}
		r.progress("growth of %s: %.3g -> %.3g", c.name, before, after)
		value = max(value, after/before)
	}
	return value, math.Log(float64(r.Entries)) / math.Log(growthFrom), "times", nil
}

// A cost is one of what the table measures, the dearer the higher.
type cost struct {
	name string
	dear bool // takes long, and comes out the same every time
	of   func(*run, context.Context, *ledger) (float64, error)
}

var costs = []cost{
	{"durable_256", false, func(r *run, ctx context.Context, l *ledger) (float64, error) {
		rate, err := l.rate(ctx, callers, r.Seconds, l.tally)
		return 1 / rate, errors.Join(err, l.settled(ctx))
	}},
	{"durable_1", false, func(r *run, ctx context.Context, l *ledger) (float64, error) {
		ours, _, err := l.latencies(ctx, r.Seconds)
		return ours, errors.Join(err, l.settled(ctx))
	}},
	{"get", false, func(r *run, ctx context.Context, l *ledger) (float64, error) {
		ours, raw, err := r.gets(ctx, l)
		return raw / ours, err
	}},
	{"as_of", false, func(r *run, _ context.Context, l *ledger) (float64, error) { return l.asOf(r.Seconds) }},
	{"start", false, ratio((*run).starts)},
	{"memory", true, ratio((*run).memories)},
}

// ratio is the cost where the raw figure grows too.
func ratio(measure func(*run, context.Context, *ledger) (ours, raw float64, err error)) func(*run, context.Context, *ledger) (float64, error) {
	return func(r *run, ctx context.Context, l *ledger) (float64, error) {
		ours, raw, err := measure(r, ctx, l)
		return ours / raw, err
	}
}

// cost measures once, with nothing else going on in the ledger.
func (r *run) cost(ctx context.Context, c cost, l *ledger) (float64, error) {
	defer func(rounds int) { r.Rounds = rounds }(r.Rounds)
	r.Rounds = 1
	if err := l.node.Rest(ctx); err != nil {
		return 0, err
	}
	return c.of(r, ctx, l)
}
