package eventstore

import (
	"context"
	"fmt"
	"iter"

	"truceledger/domain"
)

// Record returns a record with every entry of it that this node has acknowledged or observed. A record that does not
// exist has the version 0. What it points to is shared and must not be changed.
func (l *Ledger) Record(ctx context.Context, r domain.Ref) (domain.Record, error) {
	if record, held := l.cache.get(r); held {
		return record, nil
	}
	return l.refresh(ctx, domain.Record{Ref: r})
}

// refresh brings a record up to the newest entry that any node was acknowledged before the call.
func (l *Ledger) refresh(ctx context.Context, record domain.Record) (domain.Record, error) {
	earlier := len(record.Steps) * assumedWeight
	l.cache.begin(record.Ref)
	grown, added, err := l.readOn(ctx, record)
	if err != nil {
		l.cache.end(record, 0)
		return record, err
	}
	l.cache.end(grown, earlier+added)
	return grown, nil
}

// readOn folds what the log holds of the record after its version: what is kept beside the log first, and the rest from the
// log, which alone knows what the newest entry is. Where the two do not go together, or what is kept cannot be read, the log
// alone counts.
func (l *Ledger) readOn(ctx context.Context, record domain.Record) (domain.Record, int, error) {
	if l.options.Recall != nil {
		if kept, earlier, err := l.fold(ctx, record, l.options.Recall(record.Ref, record.Version())); err == nil && kept.Version() != record.Version() {
			if grown, added, err := l.loaded(ctx, kept); err == nil {
				return grown, earlier + added, nil
			}
		}
	}
	return l.loaded(ctx, record)
}

func (l *Ledger) loaded(ctx context.Context, record domain.Record) (domain.Record, int, error) {
	return l.fold(ctx, record, l.log.Load(ctx, Subject(record.Ref), record.Version()))
}

// fold lets the record go on by messages, which follow on its version. It returns about how many bytes of memory they take.
func (l *Ledger) fold(ctx context.Context, record domain.Record, messages iter.Seq2[Message, error]) (domain.Record, int, error) {
	bytes, version := 0, record.Version()
	var steps []domain.Step
	for m, err := range messages {
		if err != nil {
			return record, 0, fmt.Errorf("load %s: %w", record.Ref, err)
		}
		e, err := l.decode(m)
		if err != nil {
			return record, 0, err
		}
		if e.VersionBefore != version {
			return record, 0, fmt.Errorf("entry %d of %s follows entry %d by its own word, entry %d by the log", e.Sequence, e.Ref, e.VersionBefore, version)
		}
		if e.Void, err = l.voided(ctx, e); err != nil {
			return record, 0, err
		}
		steps, version = append(steps, e.Step()), e.Sequence
		bytes += weight(e)
	}
	return record.Then(steps...), bytes, nil
}

// entry reads one entry of a record from the log.
func (l *Ledger) entry(ctx context.Context, r domain.Ref, sequence uint64) (Entry, error) {
	for m, err := range l.log.Load(ctx, Subject(r), sequence-1) {
		if err != nil {
			return Entry{}, fmt.Errorf("load entry %d: %w", sequence, err)
		}
		if m.Sequence != sequence {
			break
		}
		return l.decode(m)
	}
	return Entry{}, fmt.Errorf("load entry %d: the log does not hold it on %q", sequence, Subject(r))
}

// decode reads an entry and checks that it is one of this ledger.
func (l *Ledger) decode(m Message) (Entry, error) {
	e, err := Decode(m)
	if err == nil && e.Ledger != l.opened.Ledger {
		return Entry{}, fmt.Errorf("entry %d is of ledger %s: %w %s", m.Sequence, e.Ledger, ErrNotAnEntry, l.opened.Ledger)
	}
	return e, err
}
