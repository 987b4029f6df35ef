package eventstore

import (
	"context"
	"fmt"
	"math"
	"sync"

	"truceledger/domain"
)

// A Rehearsal decides commands as the ledger would, each after those before it, and stores nothing: it answers what would be
// refused, and why. What it took lives in memory until it is forgotten. Idempotency keys are not looked up: a command that is on
// the record already is judged anew. A Rehearsal may be used by many goroutines, but by one at a time for a record.
type Rehearsal struct {
	ledger *Ledger

	mu   sync.Mutex
	next uint64 // the sequence that the next entry would have, had nobody else written since
	held map[domain.Ref]domain.Record
}

// BeginRehearsal begins a rehearsal on the ledger as it stands.
func (l *Ledger) BeginRehearsal(ctx context.Context) (*Rehearsal, error) {
	last, err := l.log.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	return &Rehearsal{ledger: l, next: last + 1, held: map[domain.Ref]domain.Record{}}, nil
}

// Execute says what a command would amount to. The errors are those of the ledger's own Execute.
func (r *Rehearsal) Execute(ctx context.Context, request Request) (Result, error) {
	o, err := r.ledger.receive(request)
	if err != nil {
		return Result{}, err
	}
	record, err := r.Record(ctx, o.ref)
	if err != nil {
		return Result{}, err
	}
	if !r.holds(o.ref) { // what it holds is the sender's own
		if err := r.ledger.admits(ctx, o, record); err != nil {
			return Result{}, err
		}
	}
	known := &facts{ctx: ctx, load: r.Record, readTo: math.MaxUint64}
	d, err := r.ledger.judged(&o, record, known)
	if err != nil || d.holds != 0 {
		return Result{Replayed: d.holds != 0}, err
	}
	return Result{Entry: r.keep(record, d.entry)}, nil
}

// keep adds an entry to what later commands are judged against.
func (r *Rehearsal) keep(record domain.Record, e Entry) Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Sequence, r.next = r.next, r.next+1
	r.held[e.Ref] = record.Then(e.Step())
	return e
}

// Record is a record as the rehearsal has left it.
func (r *Rehearsal) Record(ctx context.Context, ref domain.Ref) (domain.Record, error) {
	r.mu.Lock()
	record, held := r.held[ref]
	r.mu.Unlock()
	if held {
		return record, nil
	}
	return r.ledger.Record(ctx, ref)
}

func (r *Rehearsal) holds(ref domain.Ref) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, held := r.held[ref]
	return held
}

// Forget lets a record be as the ledger has it again, so that a long rehearsal does not hold all of it.
func (r *Rehearsal) Forget(ref domain.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.held, ref)
}
