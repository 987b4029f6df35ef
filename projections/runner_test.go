package projections

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

func digestsOf(t *testing.T, p *Projections) []ProjectionState {
	t.Helper()
	states, err := p.Digests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// Stopped after every single entry and opened again, the rows are those of one fold of the whole log, and of a rebuild.
func TestStoppedAtEveryEntry(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	last, err := b.log.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := b.options(t.TempDir())
	for n := uint64(1); n <= last; n++ {
		p, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if p.Applied() != n-1 {
			t.Fatalf("it goes on from %d, want %d", p.Applied(), n-1)
		}
		if _, err := fill(t.Context(), o, p.serving(), n-1, n, func(uint64) {}); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p := b.started(t, o.Dir)
	want, err := Replay(t.Context(), b.options(t.TempDir()), last, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := digestsOf(t, p); show(got) != show(want) {
		t.Errorf("entry by entry: got %v, want %v", got, want)
	}
	if err := p.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := digestsOf(t, p); show(got) != show(want) {
		t.Errorf("rebuilt: got %v, want %v", got, want)
	}
}

// The log goes on while a rebuild and questions are under way; the answers are always those of one moment.
func TestRebuildBesideQuestionsAndWrites(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asking.Go(func() {
		for ctx.Err() == nil {
			at, err := p.Resolve(ctx, Clock{})
			if err == nil {
				_, err = p.Ceasefires(ctx, CeasefireFilter{}, at, Paging{})
			}
			if err != nil && ctx.Err() == nil {
				t.Errorf("while rebuilding: %v", err)
				return
			}
		}
	})
	asking.Go(func() {
		for range 200 {
			if _, err := b.try(t, `{"command":"reaffirm","ceasefire":"syria-cessation","by":"russia","occurred":"2016-05-09"}`); err != nil {
				t.Errorf("while rebuilding: %v", err)
			}
		}
	})
	for range 5 {
		if err := p.Rebuild(t.Context(), func(done, of uint64) {
			if done > of {
				t.Errorf("%d of %d", done, of)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	asking.Wait()
	b.await(t, p)
	rows, err := p.Replay(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !r.Equal {
			t.Errorf("%s: serving %s, replayed %s", r.Name, r.Serving, r.Replayed)
		}
	}
}

// What a rebuild that did not end has left is taken away by the next start.
func TestLeftovers(t *testing.T) {
	b, dir := newBook(t), t.TempDir()
	left := filepath.Join(dir, fileName+freshSuffix)
	if err := os.WriteFile(left, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.started(t, dir)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", left, err)
	}
}

// Every swap takes the next number, since a file that is open keeps its name on Windows. A start takes the highest and
// removes the others.
func TestEverySwapTakesTheNextNumber(t *testing.T) {
	b, dir := newBook(t), t.TempDir()
	aleppo(t, b)
	p := b.started(t, dir)
	files := func() (names []string) {
		found, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			names = append(names, f.Name())
		}
		return names
	}
	for want := 2; want < 12; want++ {
		if err := p.Rebuild(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if got := files(); len(got) != 1 || got[0] != fmt.Sprintf("projections-%d.db", want) {
			t.Fatalf("after a rebuild: got %v", got)
		}
	}
	want := digestsOf(t, p)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{"projections.db", "projections-9.db", "projections-10.db", "projections.db.new"} {
		if err := os.WriteFile(filepath.Join(dir, old), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p = b.opened(t, dir)
	if got := files(); fmt.Sprint(got) != "[projections-11.db]" {
		t.Errorf("after a start: got %v", got)
	}
	if got := digestsOf(t, p); show(got) != show(want) {
		t.Errorf("another file serves: got %v, want %v", got, want)
	}
}

// An entry that cannot be read stops the projections; what was applied before it is still answered.
func TestAnUnreadableEntryStops(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	log := memory.New()
	var last uint64
	heads := map[string]uint64{}
	for m, err := range b.log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if last, err = log.Append(t.Context(), m.Subject, heads[m.Subject], m.Payload); err != nil {
			t.Fatal(err)
		}
		heads[m.Subject] = last
	}
	if _, err := log.Append(t.Context(), "truce.ceasefire.other", 0, []byte(`{"specversion":"9"}`)); err != nil {
		t.Fatal(err)
	}
	o := b.options(t.TempDir())
	o.Log = log
	var seen []uint64
	o.Observe = func(e eventstore.Entry) { seen = append(seen, e.Sequence) }
	var told error
	o.Stopped = func(reason error) { told = reason }
	p, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	p.Start(t.Context())
	if err := p.WaitFor(t.Context(), last+1); err == nil {
		t.Fatal("it waited for an entry that cannot be read, and got it")
	}
	if s := p.State(); !s.Stopped || s.Applied != last || s.Problem == nil || !s.Ready {
		t.Errorf("state is %+v", s)
	}
	if at := p.Stalled(); at != last+1 || told == nil || told.Error() != p.State().Problem.Error() {
		t.Errorf("stalled at %d, and told %v", at, told)
	}
	if lag, err := p.Lag(t.Context()); err != nil || lag != 1 {
		t.Errorf("lag is %d, %v", lag, err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for i, n := range seen {
		if n != uint64(i)+1 {
			t.Fatalf("observed %d as number %d", n, i+1)
		}
	}
}

// Nothing is answered from half the log.
func TestNotReadyWhileFilling(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.opened(t, t.TempDir())
	if err := p.aim(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Resolve(t.Context(), Clock{}); err != ErrNotReady {
		t.Errorf("got %v, want %v", err, ErrNotReady)
	}
}
