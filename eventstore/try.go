package eventstore

import (
	"context"
	"fmt"

	"truceledger/domain"
)

// A Trial is what Execute would do with a command now.
type Trial struct {
	// Entry is what would be stored, without a sequence; where Held, what holds the command already.
	Entry Entry
	Held  bool
	// Unsigned says that nothing but the signature is missing: Execute refuses the command as it is, with
	// ErrSignatureNeeded, and takes it once one of the actor's keys has signed it.
	Unsigned bool
}

// Try decides a command by the rules and stores nothing. It tells what Execute would store, or returns the no that Execute
// would: for the record as it is now, which may be another when the command is sent.
func (l *Ledger) Try(ctx context.Context, r Request) (Trial, error) {
	if err := r.open(); err != nil {
		return Trial{}, err
	}
	o, err := l.receive(r)
	if err != nil {
		return Trial{}, err
	}
	o.trial = true
	told := l.position.told()
	record, err := l.readRecord(ctx, o.ref)
	if err != nil {
		return Trial{}, err
	}
	d, err := l.draft(ctx, o, record, told)
	if err != nil {
		return Trial{}, err
	}
	if d.holds != 0 {
		e, err := l.entry(ctx, o.ref, d.holds)
		return Trial{Entry: e, Held: true}, err
	}
	return Trial{Entry: d.entry, Unsigned: d.unsigned}, nil
}

// readRecord reads a record as it is now, without keeping it: what is only tried must not push others out of the cache.
func (l *Ledger) readRecord(ctx context.Context, ref domain.Ref) (domain.Record, error) {
	record, _ := l.cache.get(ref)
	record.Ref = ref
	record, _, err := l.readOn(ctx, record)
	if err != nil {
		return record, fmt.Errorf("try on %s: %w", ref, err)
	}
	return record, nil
}
