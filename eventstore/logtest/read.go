package logtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"truceledger/eventstore"
)

func loadAfter(t *testing.T, l eventstore.Log) {
	var want []uint64
	var atA, atB uint64
	for range 5 {
		atA = mustAppend(t, l, a, atA, "a")
		atB = mustAppend(t, l, b, atB, "b")
		want = append(want, atA)
	}
	for after := uint64(0); after <= 12; after++ {
		var rest []uint64
		for _, n := range want {
			if n > after {
				rest = append(rest, n)
			}
		}
		if got := sequencesOf(all(t, l.Load(testContext(t), a, after))); !slices.Equal(got, rest) {
			t.Errorf("after %d: got %v, want %v", after, got, rest)
		}
	}
}

func loadUnknown(t *testing.T, l eventstore.Log) {
	if got := all(t, l.Load(testContext(t), a, 0)); len(got) != 0 {
		t.Fatalf("an empty log yields %d messages", len(got))
	}
	fill(t, l, b, 2)
	if got := all(t, l.Load(testContext(t), a, 0)); len(got) != 0 {
		t.Fatalf("an unknown subject yields %d messages", len(got))
	}
}

// loadLong is 5 MB in 80 messages: longer than any page that an implementation should read by.
func loadLong(t *testing.T, l eventstore.Log) {
	payload := string(noise(eventstore.MaxPayload))
	var want []uint64
	var at uint64
	for range 80 {
		at = mustAppend(t, l, a, at, payload)
		want = append(want, at)
	}
	if got := sequencesOf(all(t, l.Load(testContext(t), a, 0))); !slices.Equal(got, want) {
		t.Fatalf("got %d messages, want %d", len(got), len(want))
	}
}

func loadIsLinearizable(t *testing.T, l eventstore.Log) {
	ctx := testContext(t)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			subject := fmt.Sprintf("truce.tally.%d", w)
			var at uint64
			for range 40 {
				n, err := l.Append(ctx, subject, at, []byte("x"))
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				got := uint64(0)
				for m, err := range l.Load(ctx, subject, at) {
					if err != nil {
						t.Errorf("load: %v", err)
						return
					}
					got = m.Sequence
				}
				if got != n {
					t.Errorf("load right after the acknowledgement of %d ended at %d", n, got)
				}
				at = n
			}
		})
	}
	wg.Wait()
}

func sharedPrefix(t *testing.T, l eventstore.Log) {
	wantA := fill(t, l, a, 3)
	wantAB := fill(t, l, ab, 2) // expects 0 although a has messages
	if got := sequencesOf(all(t, l.Load(testContext(t), a, 0))); !slices.Equal(got, wantA) {
		t.Errorf("%s: got %v, want %v", a, got, wantA)
	}
	if got := sequencesOf(all(t, l.Load(testContext(t), ab, 0))); !slices.Equal(got, wantAB) {
		t.Errorf("%s: got %v, want %v", ab, got, wantAB)
	}
}

func readEnds(t *testing.T, l eventstore.Log) {
	fill(t, l, a, 10)
	fill(t, l, b, 10)
	for _, after := range []uint64{0, 1, 10, 19} {
		got := sequencesOf(all(t, l.Read(testContext(t), after)))
		if len(got) != int(20-after) || got[0] != after+1 || got[len(got)-1] != 20 {
			t.Errorf("after %d: got %v", after, got)
		}
	}
}

func readEmpty(t *testing.T, l eventstore.Log) {
	if got := all(t, l.Read(testContext(t), 0)); len(got) != 0 {
		t.Fatalf("got %d messages", len(got))
	}
}

func readPastEnd(t *testing.T, l eventstore.Log) {
	fill(t, l, a, 2)
	for _, after := range []uint64{2, 3, 1000} {
		if got := all(t, l.Read(testContext(t), after)); len(got) != 0 {
			t.Errorf("after %d: got %d messages", after, len(got))
		}
	}
}

// endedRead: an end without an error would pass for the end of the log.
func endedRead(t *testing.T, l eventstore.Log) {
	fill(t, l, a, 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range l.Read(ctx, 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("read: got %v, want %v", err, context.Canceled)
		}
	}
	var loadErr error
	for _, err := range l.Load(ctx, a, 0) {
		loadErr = err
	}
	if !errors.Is(loadErr, context.Canceled) {
		t.Errorf("load: got %v, want %v", loadErr, context.Canceled)
	}
}

func leftEarly(t *testing.T, l eventstore.Log) {
	fill(t, l, a, 5)
	for range 20 {
		for range l.Load(testContext(t), a, 0) {
			break
		}
		for range l.Read(testContext(t), 0) {
			break
		}
		for range l.Follow(testContext(t), 0) {
			break
		}
	}
	wantNoConsumers(t, l)
}

func manyLoads(t *testing.T, l eventstore.Log) {
	want := fill(t, l, a, 3)
	for i := range 1100 {
		if got := all(t, l.Load(testContext(t), a, 0)); len(got) != len(want) {
			t.Fatalf("load %d: got %d messages, want %d", i, len(got), len(want))
		}
	}
	wantNoConsumers(t, l)
}

// A consumerCounter is a log whose readers need something on the server. The goroutines are goleak's to count, in the
// TestMain of the package under test.
type consumerCounter interface {
	Consumers(t *testing.T) int
}

func wantNoConsumers(t *testing.T, l eventstore.Log) {
	t.Helper()
	c, ok := l.(consumerCounter)
	if !ok {
		return
	}
	if n := c.Consumers(t); n != 0 {
		t.Errorf("%d consumers are left on the server", n)
	}
}
