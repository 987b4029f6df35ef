package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// table returns a log with a ceasefire on the table, ready for a ledger whose appends fail.
func table(t *testing.T) *memory.Log {
	l, log := onTheTable(t)
	_ = l.Close()
	return log
}

func TestAnEntryWhoseAcknowledgementIsLostIsFound(t *testing.T) {
	log := table(t)
	var lost atomic.Int32
	l := open(t, &hooked{Log: log, after: func(uint64, error) error {
		if lost.Add(1) <= 3 {
			return eventstore.ErrOutcomeUnknown
		}
		return nil
	}})
	e := must(t, l, northAgrees)
	if n := last(t, log); e.Sequence != 6 || n != 6 {
		t.Errorf("got entry %d of %d, want entry 6 of 6", e.Sequence, n)
	}
	must(t, l, southAgrees)
}

func TestAnEntryThatWasNotStoredIsPublishedAgain(t *testing.T) {
	log := table(t)
	var tries atomic.Int32
	l := open(t, &hooked{Log: log, before: func() error {
		switch tries.Add(1) {
		case 1, 2:
			return eventstore.ErrOutcomeUnknown
		case 3:
			return eventstore.ErrUnavailable
		}
		return nil
	}})
	if e := must(t, l, northAgrees); e.Sequence != 6 {
		t.Errorf("got entry %d, want 6", e.Sequence)
	}
}

func TestAnEntryThatAnotherOvertookIsDecidedAgain(t *testing.T) {
	log := table(t)
	other := open(t, log)
	var tries atomic.Int32
	l := open(t, &hooked{Log: log, before: func() error {
		if tries.Add(1) == 1 {
			must(t, other, northAgrees) // stands where ours was to stand
			return eventstore.ErrOutcomeUnknown
		}
		return nil
	}})
	refused(t, l, northAgrees, "already-consented")
	if n := last(t, log); n != 6 {
		t.Errorf("the log has %d entries, want 6", n)
	}
}

func TestSettlingGoesOnWhenTheCallerHasLeft(t *testing.T) {
	log := table(t)
	ctx, leave := context.WithCancel(t.Context())
	settle := make(chan struct{})
	var tries atomic.Int32
	l := open(t, &hooked{Log: log, before: func() error {
		if tries.Add(1) == 1 {
			leave()
			return eventstore.ErrOutcomeUnknown
		}
		<-settle
		return nil
	}})
	_, err := l.Execute(ctx, eventstore.Request{Command: command(t, withKey(northAgrees, key)), Principal: "south-desk"})
	if !errors.Is(err, eventstore.ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want ErrOutcomeUnknown", err)
	}
	// The record is held: who comes now waits for the outcome.
	hasty, hurry := context.WithCancel(t.Context())
	hurry()
	if _, err := l.Execute(hasty, eventstore.Request{Command: command(t, southAgrees)}); !errors.Is(err, context.Canceled) {
		t.Fatalf("the record was not held: %v", err)
	}
	close(settle)
	r, err := send(t, l, withKey(northAgrees, key))
	if err != nil || !r.Replayed || r.Entry.Sequence != 6 {
		t.Errorf("got entry %d, replayed %v, %v; want entry 6 that settling stored", r.Entry.Sequence, r.Replayed, err)
	}
}

func TestClosingEndsSettling(t *testing.T) {
	log := table(t)
	ctx, leave := context.WithCancel(t.Context())
	l := open(t, &hooked{Log: log, before: func() error { leave(); return eventstore.ErrOutcomeUnknown }})
	if _, err := l.Execute(ctx, eventstore.Request{Command: command(t, northAgrees)}); !errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Fatalf("got %v, want ErrOutcomeUnknown", err)
	}
	if err := l.Close(); err != nil { // TestMain sees whether anything is left running
		t.Fatal(err)
	}
	if _, err := send(t, l, southAgrees); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestAConflictWithItsOwnFirstCopyIsNoConflict(t *testing.T) {
	log := table(t)
	var tries atomic.Int32
	l := open(t, &hooked{Log: log, after: func(uint64, error) error {
		if tries.Add(1) == 1 {
			return eventstore.ErrConflict // the client library sent it twice, and tells of the second copy
		}
		return nil
	}})
	r, err := send(t, l, northAgrees)
	if err != nil || r.Replayed || r.Entry.Sequence != 6 {
		t.Errorf("got entry %d, replayed %v, %v; want entry 6, new", r.Entry.Sequence, r.Replayed, err)
	}
}

// A swallowing log never answers the second append: so does an engine in the moment of an election.
type swallowing struct {
	eventstore.Log
	tries *atomic.Int32
}

func (s swallowing) Append(ctx context.Context, subject string, expected uint64, payload []byte) (uint64, error) {
	switch s.tries.Add(1) {
	case 1:
		return 0, eventstore.ErrOutcomeUnknown
	case 2:
		<-ctx.Done()
		return 0, eventstore.ErrOutcomeUnknown
	}
	return s.Log.Append(ctx, subject, expected, payload)
}

func TestSettlingDoesNotWaitForWhatIsNeverAnswered(t *testing.T) {
	l := open(t, swallowing{table(t), new(atomic.Int32)})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := l.Execute(ctx, eventstore.Request{Command: command(t, northAgrees)})
	if err != nil || r.Entry.Sequence != 6 {
		t.Errorf("got entry %d, %v; want entry 6", r.Entry.Sequence, err)
	}
}

// A disk that is full may stay full all night: the caller whose write it was is told so at once, so are those who wait for the
// same record or come later, and when there is room again the outcome is found without anybody's help.
func TestAFullDiskKeepsNobodyWaiting(t *testing.T) {
	log := table(t)
	full := fmt.Errorf("%w: %w", eventstore.ErrUnavailable, eventstore.ErrDisk)
	var tries atomic.Int32
	var room atomic.Bool
	entered, fails := make(chan struct{}), make(chan struct{})
	l := open(t, &hooked{Log: log, before: func() error {
		switch {
		case tries.Add(1) == 1:
			close(entered)
			<-fails
			return eventstore.ErrOutcomeUnknown
		case room.Load():
			return nil
		}
		return full
	}})
	answers := make(chan error)
	go func() { _, err := send(t, l, withKey(northAgrees, key)); answers <- err }()
	<-entered
	waiting := make(chan error)
	go func() { _, err := send(t, l, southAgrees); waiting <- err }()
	for l.Waiting() < 2 {
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	close(fails)
	if err := <-answers; !errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Errorf("the caller whose write it was: got %v, want ErrOutcomeUnknown", err)
	}
	if err := <-waiting; !errors.Is(err, eventstore.ErrDisk) {
		t.Errorf("who waited for the record: got %v, want ErrDisk", err)
	}
	if _, err := send(t, l, southAgrees); !errors.Is(err, eventstore.ErrDisk) {
		t.Errorf("who comes later: got %v, want ErrDisk", err)
	}
	if _, err := send(t, l, withKey(northAgrees, key)); !errors.Is(err, eventstore.ErrOutcomeUnknown) || errors.Is(err, eventstore.ErrDisk) {
		t.Errorf("the same command again: got %v, want ErrOutcomeUnknown as before", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v until all were answered", took)
	}
	room.Store(true)
	var r eventstore.Result
	var err error
	for range 2000 {
		if r, err = send(t, l, withKey(northAgrees, key)); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil || !r.Replayed || r.Entry.Sequence != 6 {
		t.Errorf("with room again: got entry %d, replayed %v, %v; want entry 6 that settling stored", r.Entry.Sequence, r.Replayed, err)
	}
	must(t, l, southAgrees)
	if n := l.Waiting(); n != 0 {
		t.Errorf("%d are counted as waiting, want none", n)
	}
}

// Whatever the reason, an unknown outcome is waited for no longer than ten seconds; nor is the record that it holds.
func TestAnUnknownOutcomeIsWaitedForTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, &hooked{Log: table(t), before: func() error { return eventstore.ErrOutcomeUnknown }})
		began := time.Now()
		answers := make(chan error)
		for _, body := range []string{northAgrees, southAgrees} {
			go func() {
				_, err := l.Execute(t.Context(), eventstore.Request{Command: command(t, body)})
				answers <- err
			}()
			synctest.Wait()
		}
		first, second := <-answers, <-answers
		var unsettled *eventstore.UnsettledError
		if !errors.Is(first, eventstore.ErrOutcomeUnknown) || !errors.As(second, &unsettled) || !errors.Is(second, eventstore.ErrUnavailable) {
			t.Errorf("got %v and %v, want ErrOutcomeUnknown and an UnsettledError", first, second)
		}
		if took := time.Since(began); took < 10*time.Second || took > 12*time.Second {
			t.Errorf("they waited %v", took)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
