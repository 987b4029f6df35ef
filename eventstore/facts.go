package eventstore

import (
	"context"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/registry"
)

// facts answer what the rules ask about other records, exactly as those stood at one sequence of the log. Anybody who
// has the log up to there comes to the same answers.
type facts struct {
	ctx    context.Context
	load   func(context.Context, domain.Ref) (domain.Record, error) // at least up to readTo
	readTo uint64
	seen   map[domain.Ref][]domain.Reading

	unkeyed func(actor string) bool // reports that no key ever stood on an actor's record; nil where that is not known
}

var _ domain.Facts = (*facts)(nil)

func (f *facts) readings(r domain.Ref) ([]domain.Reading, error) {
	if readings, ok := f.seen[r]; ok {
		return readings, nil
	}
	record, err := f.record(r)
	if err != nil {
		return nil, err
	}
	f.seen[r] = record.Readings(domain.Everything)
	return f.seen[r], nil
}

func (f *facts) record(r domain.Ref) (domain.Record, error) {
	record, err := f.load(f.ctx, r)
	if err != nil {
		return domain.Record{}, err
	}
	return record.UpTo(f.readTo), nil
}

// Exists reports whether the record has a beginning that is not retracted.
func (f *facts) Exists(r domain.Ref) (bool, error) {
	readings, err := f.readings(r)
	for _, x := range readings {
		if x.Command.Creates() {
			return true, err
		}
	}
	return false, err
}

// PlaceParent returns the place that a place lies in.
func (f *facts) PlaceParent(place string) (string, error) {
	readings, err := f.readings(domain.Ref{Kind: domain.KindPlace, ID: place})
	return registry.FoldPlace(readings).Parent, err
}

// Ceasefire returns what a ceasefire amounts to for its neighbours at an effective time.
func (f *facts) Ceasefire(id string, at time.Time) (domain.CeasefireFacts, bool, error) {
	record, err := f.record(domain.Ref{Kind: domain.KindCeasefire, ID: id})
	if err != nil {
		return domain.CeasefireFacts{}, false, err
	}
	c, ok := ceasefire.FactsAt(record, at)
	return c, ok, nil
}
