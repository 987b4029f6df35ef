package projections

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"truceledger/eventstore"
)

func TestProgressKnowsItsRateAndWhatIsLeft(t *testing.T) {
	p := Progress{Done: 300, Of: 1000, Since: 100, Took: 2 * time.Second}
	if p.Rate() != 100 || p.Left() != 7*time.Second {
		t.Errorf("got %v a second and %v left, want 100 and 7s", p.Rate(), p.Left())
	}
	for name, p := range map[string]Progress{"nothing done": {Of: 10, Took: time.Second}, "no time": {Done: 5, Of: 10}} {
		if p.Rate() != 0 || p.Left() != 0 {
			t.Errorf("%s: got %v and %v, want nothing said", name, p.Rate(), p.Left())
		}
	}
}

// A start that has something to catch up with says how far it is, until it has.
func TestAStartTellsHowFarItIs(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.opened(t, t.TempDir())
	if err := p.aim(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if at, busy := p.Progress(); !busy || at.Doing != CatchingUp || at.Done != 0 || at.Of == 0 {
		t.Errorf("got %+v, %v, want it to be catching up", at, busy)
	}
	p.Start(t.Context())
	b.await(t, p)
	if at, busy := p.Progress(); busy {
		t.Errorf("got %+v from read models that have caught up", at)
	}
}

// A cutOff is a log whose reading ends with its reader's context in the middle.
type cutOff struct {
	eventstore.Log
	at     uint64
	cancel context.CancelFunc
}

func (l *cutOff) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range l.Log.Read(ctx, after) {
			if l.cancel != nil && m.Sequence == l.at {
				l.cancel()
				yield(eventstore.Message{}, context.Cause(ctx))
				return
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// A rebuild that is interrupted leaves nothing behind, harms nothing that serves, and can be begun again.
func TestAnInterruptedRebuildBeginsAgain(t *testing.T) {
	b, dir := newBook(t), t.TempDir()
	aleppo(t, b)
	p := b.started(t, dir)
	want := digestsOf(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	log := &cutOff{Log: p.o.Log, at: p.State().Applied / 2, cancel: cancel}
	p.o.Log = log
	if err := p.Rebuild(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want it interrupted", err)
	}
	if at, busy := p.Progress(); busy {
		t.Errorf("it still says that it rebuilds: %+v", at)
	}
	if _, err := os.Stat(filepath.Join(dir, fileName+freshSuffix)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file is left: %v", err)
	}
	if got := digestsOf(t, p); show(got) != show(want) {
		t.Errorf("after the interruption: got %v, want %v", got, want)
	}
	log.cancel = nil
	err := p.Rebuild(t.Context(), func(done, of uint64) {
		if at, busy := p.Progress(); !busy || at.Doing != Rebuilding || at.Done != done || at.Of != of {
			t.Errorf("got %+v, %v, want %d of %d rebuilt", at, busy, done, of)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := digestsOf(t, p); show(got) != show(want) {
		t.Errorf("after the second: got %v, want %v", got, want)
	}
}

// Rows that are gathered over several transactions, and in any order, come to the same file as those that are written each
// time.
func TestGatheredRowsAreTheSame(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	want := digestsOf(t, p)
	s, err := createStore(filepath.Join(t.TempDir(), fileName), b.ID(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	f := &filling{store: s, tx: newTx(), told: func(uint64) {}}
	n := 0
	for c := range decoded(t.Context(), b.ID(), p.o.Decode, readBetween(b.log, 0, p.State().Applied)) {
		for i := range c.entries {
			f.batch = append(f.batch, c.entries[i])
			n++
			if err := f.commit(n%7 == 0); err != nil { // each entry a transaction, each seventh written
				t.Fatal(err)
			}
		}
	}
	if err := f.commit(true); err != nil {
		t.Fatal(err)
	}
	if err := s.checkAll(t.Context()); err != nil {
		t.Errorf("its sums: %v", err)
	}
	got, err := s.digests(t)
	if err != nil || show(got) != show(want) {
		t.Errorf("got %v, %v\nwant %v", got, err, want)
	}
}

func (s *store) digests(t *testing.T) (states []ProjectionState, err error) {
	t.Helper()
	err = s.view(func(tx *bbolt.Tx) error {
		states, err = digests(t.Context(), tx)
		return err
	})
	return states, err
}
