package eventstore

import (
	"context"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/domain/registry"
)

// facts answer what the rules ask about other records, exactly as those stood at one sequence of the log. Anybody who
// has the log up to there comes to the same answers.
type facts struct {
	ctx    context.Context
	readTo uint64
	load   func(context.Context, domain.Ref) (domain.Record, error) // at least up to readTo
	replay *Replay                                                  // in place of load, where what is on the record is decided again
	// mayName decides whether a restricted record may be named; nil: it may, as where what is on the record is decided again.
	mayName func(domain.Ref) (bool, error)
}

var _ domain.Facts = (*facts)(nil)

func (f *facts) readings(r domain.Ref) ([]domain.Reading, error) {
	record, err := f.record(r)
	if err != nil {
		return nil, err
	}
	return record.AllReadings(), nil
}

func (f *facts) record(r domain.Ref) (domain.Record, error) {
	record, err := f.loaded(r)
	if err != nil {
		return domain.Record{}, err
	}
	return record.UpTo(f.readTo), nil
}

func (f *facts) loaded(r domain.Ref) (domain.Record, error) {
	if f.replay != nil {
		return f.replay.record(r, f.readTo)
	}
	return f.load(f.ctx, r)
}

// Exists reports whether the record has a beginning that is not retracted.
func (f *facts) Exists(r domain.Ref) (bool, error) {
	if r.Restricted() && f.mayName != nil {
		if may, err := f.mayName(r); !may || err != nil {
			return false, err
		}
	}
	if f.replay != nil {
		if exists, known := f.replay.begun(r, f.readTo); known {
			return exists, nil
		}
	}
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

// DuplicateOf returns the incident that an incident is marked a duplicate of.
func (f *facts) DuplicateOf(id string) (string, error) {
	readings, err := f.readings(domain.Ref{Kind: domain.KindIncident, ID: id})
	return incident.Fold(readings).Duplicate.Of, err
}

// Audience returns the actors that may know of a restricted record.
func (f *facts) Audience(r domain.Ref) ([]string, error) {
	record, err := f.record(r)
	return domain.AudienceOf(record), err
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
