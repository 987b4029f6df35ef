package bench

import (
	"context"
	"fmt"
	"math"
)

const growthFrom = 10_000 // entries of the ledger that the large one is compared with

// growth is the worst cost at full size over the cost at 10,000 entries. What is a ratio to the bare server is compared as
// one: the server's own growth is not ours. raw is the bar: the growth of the logarithm.
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
	before, err := r.costs(ctx, small)
	if err != nil {
		return 0, 0, "", err
	}
	after, err := r.costs(ctx, large)
	if err != nil {
		return 0, 0, "", err
	}
	for name, cost := range before {
		r.progress("growth of %s: %.3g -> %.3g", name, cost, after[name])
		value = max(value, after[name]/cost)
	}
	return value, math.Log(float64(r.Entries)) / math.Log(growthFrom), "times", nil
}

// costs of everything that the table measures, the dearer the higher.
func (r *run) costs(ctx context.Context, l *ledger) (map[string]float64, error) {
	defer func(rounds int) { r.Rounds = rounds }(r.Rounds)
	r.Rounds = 1
	costs := map[string]float64{}
	rate, err := l.rate(ctx, callers, r.Seconds, l.tally)
	if err != nil {
		return nil, err
	}
	costs["durable_256"] = 1 / rate
	if costs["durable_1"], _, err = l.latencies(ctx, r.Seconds); err != nil {
		return nil, err
	}
	if err := l.settled(ctx); err != nil {
		return nil, err
	}
	ours, raw, err := r.gets(ctx, l)
	if err != nil {
		return nil, err
	}
	costs["get"] = raw / ours
	if costs["as_of"], err = l.asOf(r.Seconds); err != nil {
		return nil, err
	}
	for name, measure := range map[string]func(context.Context, *ledger) (float64, float64, error){"start": r.starts, "memory": r.memories} {
		ours, raw, err := measure(ctx, l)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		costs[name] = ours / raw
	}
	return costs, nil
}
