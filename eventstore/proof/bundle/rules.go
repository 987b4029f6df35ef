package bundle

import (
	"errors"
	"math"
	"runtime"
	"sync/atomic"

	"truceledger/eventstore"
)

// rules decides the entries again, shelf by shelf on all cores. found is what stopped the reading: of the entries before
// that one is found here that is bad, it is the first.
func (v *verifier) rules(found error) error {
	d := decider{verifier: v, pool: newPool(runtime.GOMAXPROCS(0))}
	d.bound.Store(math.MaxUint64)
	var failure *Failure
	switch {
	case errors.As(found, &failure) && failure.Sequence > 0:
		d.bound.Store(failure.Sequence)
	case found != nil:
		return found
	}
	for i := range v.shelves.all {
		d.pool.add(func() error { return d.shelf(i) })
	}
	if err := d.pool.wait(nil); err != nil && (found == nil || earlier(err, found)) {
		return err
	}
	return found
}

// A decider has entries decided again.
type decider struct {
	*verifier
	pool  *pool
	bound atomic.Uint64 // no entry from this one on can be the first that is bad
}

func (d *decider) shelf(i int) error {
	course := d.replay.Course()
	return d.shelves.each(i, func(sequence uint64, payload []byte) (more bool, err error) {
		if sequence >= d.bound.Load() {
			return false, nil
		}
		if err := d.ctx.Err(); err != nil {
			return false, err
		}
		d.progress.add(1)
		if err := d.entry(course, sequence, payload); err != nil {
			d.lower(err)
			return false, err
		}
		return true, nil
	})
}

// lower spares the other shelves what comes behind a bad entry.
func (d *decider) lower(err error) {
	var failure *Failure
	if !errors.As(err, &failure) {
		return
	}
	for {
		bound := d.bound.Load()
		if failure.Sequence >= bound || d.bound.CompareAndSwap(bound, failure.Sequence) {
			return
		}
	}
}

func (d *decider) entry(course *eventstore.Course, sequence uint64, payload []byte) error {
	e, err := eventstore.ReadKept(sequence, payload)
	if err != nil {
		return failed(sequence, "entry", "%v", err)
	}
	if e.Ledger != d.report.Ledger {
		return failed(sequence, "entry", "it is of ledger %s, the head is of %s", e.Ledger, d.head.Origin)
	}
	if err := course.Next(d.ctx, &e); err != nil {
		return d.undecided(sequence, err)
	}
	d.decided.Add(1)
	return nil
}

// undecided says what it means that an entry could not be decided again. Where entries before it are withheld, one that then
// does not follow is only not decided: what is hidden may be what made it so.
func (v *verifier) undecided(sequence uint64, err error) error {
	var wrong *eventstore.Mismatch
	var unreadable *eventstore.Unreadable
	switch hidden := v.hidden != 0 && v.hidden < sequence; {
	case errors.Is(err, eventstore.ErrOtherRules): // or whoever holds the log's key would leave all rules by naming others
		return failed(sequence, "rules", "%v; a newer program may know them", err)
	case hidden && (errors.As(err, &wrong) || errors.Is(err, eventstore.ErrIncomplete)):
		v.leave(sequence)
	case errors.As(err, &wrong):
		return failed(sequence, "rules", "%s", wrong.Why)
	case errors.As(err, &unreadable):
		return failed(unreadable.Sequence, "entry", "%v", unreadable.Err)
	case errors.Is(err, eventstore.ErrIncomplete):
		return failed(sequence, "rules", "%v", err)
	default:
		return err
	}
	return nil
}

// leave counts an entry that is not decided, and keeps the first one's sequence.
func (v *verifier) leave(sequence uint64) {
	v.hiddenCases.Add(1)
	for {
		first := v.firstHidden.Load()
		if first != 0 && first <= sequence || v.firstHidden.CompareAndSwap(first, sequence) {
			return
		}
	}
}
