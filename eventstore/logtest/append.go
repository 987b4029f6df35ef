package logtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"truceledger/eventstore"
)

func sequencesWithoutGaps(t *testing.T, l eventstore.Log) {
	var last [3]uint64
	for i := range 30 {
		k := i % 3
		last[k] = mustAppend(t, l, fmt.Sprintf("truce.incident.%d", k), last[k], "x")
		if last[k] != uint64(i)+1 {
			t.Fatalf("append %d: got sequence %d, want %d", i, last[k], i+1)
		}
	}
}

func newSubjectExpectsZero(t *testing.T, l eventstore.Log) {
	mustAppend(t, l, a, 0, "first")
	_, err := l.Append(testContext(t), a, 0, []byte("first again"))
	wantRefused(t, l, err, eventstore.ErrConflict, 1)
}

func staleExpectation(t *testing.T, l eventstore.Log) {
	fill(t, l, a, 3)
	_, err := l.Append(testContext(t), a, 2, []byte("stale"))
	wantRefused(t, l, err, eventstore.ErrConflict, 3)
	if n := len(all(t, l.Load(testContext(t), a, 0))); n != 3 {
		t.Fatalf("the record has %d messages, want 3", n)
	}
}

func futureExpectation(t *testing.T, l eventstore.Log) {
	fill(t, l, a, 3)
	fill(t, l, b, 1)
	for _, expected := range []uint64{4, 5, 1 << 40} { // 4 is another subject's newest
		if _, err := l.Append(testContext(t), a, expected, []byte("early")); !errors.Is(err, eventstore.ErrConflict) {
			t.Fatalf("expecting %d: got %v, want a conflict", expected, err)
		}
	}
	wantNothingStored(t, l, 4)
}

func oneWinner(t *testing.T, l eventstore.Log) {
	const writers, each = 8, 12
	ctx := testContext(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := map[uint64]string{}
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				payload := fmt.Sprintf("writer %d message %d", w, i)
				n, err := appendNext(ctx, l, a, payload)
				if err != nil {
					t.Errorf("%s: %v", payload, err)
					return
				}
				mu.Lock()
				if other, taken := won[n]; taken {
					t.Errorf("%s and %s both got sequence %d", payload, other, n)
				}
				won[n] = payload
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	got := all(t, l.Load(ctx, a, 0))
	if len(got) != writers*each {
		t.Fatalf("the record has %d messages, want %d", len(got), writers*each)
	}
	for _, m := range got {
		if won[m.Sequence] != string(m.Payload) {
			t.Errorf("sequence %d holds %q, acknowledged was %q", m.Sequence, m.Payload, won[m.Sequence])
		}
	}
}

func noFalseConflicts(t *testing.T, l eventstore.Log) {
	ctx := testContext(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			var at uint64
			for i := range 10 {
				n, err := l.Append(ctx, fmt.Sprintf("truce.talks.%d", w), at, []byte("x"))
				if err != nil {
					t.Errorf("writer %d message %d: %v", w, i, err)
					return
				}
				at = n
			}
		})
	}
	wg.Wait()
	wantLast(t, l, 80)
}

func bytesUnchanged(t *testing.T, l eventstore.Log) {
	payloads := [][]byte{
		{},
		[]byte(" {\"a\" : 1}\r\n"),
		[]byte("Ω ≤ \u2028 \x00 \xff\xfe"),
		bytes.Repeat([]byte{0}, 1000),
		[]byte("NATS/1.0 404 Message Not Found\r\n\r\n"),
	}
	var at uint64
	for _, p := range payloads {
		n, err := l.Append(testContext(t), a, at, p)
		if err != nil {
			t.Fatal(err)
		}
		at = n
	}
	for name, got := range map[string][]eventstore.Message{
		"load": all(t, l.Load(testContext(t), a, 0)),
		"read": all(t, l.Read(testContext(t), 0)),
	} {
		if len(got) != len(payloads) {
			t.Fatalf("%s: got %d messages, want %d", name, len(got), len(payloads))
		}
		for i, m := range got {
			if !bytes.Equal(m.Payload, payloads[i]) || m.Subject != a || m.Sequence != uint64(i)+1 {
				t.Errorf("%s: got %d %s %q, want %d %s %q", name, m.Sequence, m.Subject, m.Payload, i+1, a, payloads[i])
			}
		}
	}
}

func largestPayload(t *testing.T, l eventstore.Log) {
	p := noise(eventstore.MaxPayload)
	if _, err := l.Append(testContext(t), a, 0, p); err != nil {
		t.Fatal(err)
	}
	got := all(t, l.Load(testContext(t), a, 0))
	if len(got) != 1 || !bytes.Equal(got[0].Payload, p) {
		t.Fatal("the largest payload did not come back as it was")
	}
	if got = all(t, l.Read(testContext(t), 0)); len(got) != 1 || !bytes.Equal(got[0].Payload, p) {
		t.Fatal("the largest payload was not read as it was")
	}
}

func tooLarge(t *testing.T, l eventstore.Log) {
	_, err := l.Append(testContext(t), a, 0, noise(eventstore.MaxPayload+1))
	wantRefused(t, l, err, eventstore.ErrTooLarge, 0)
}

func noise(n int) []byte {
	p := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(p)
	return p
}

func strangeSubjects(t *testing.T, l eventstore.Log) {
	for _, s := range []string{"", "truce", "truce.ceasefire", "truce.ceasefire.a.b", "truce..a", "truce.ceasefire.",
		"truce.ceasefire.*", "truce.ceasefire.>", "truce.*.a", "truce.ceasefire.a b", "other.ceasefire.a", "$JS.API.INFO"} {
		_, err := l.Append(testContext(t), s, 0, []byte("x"))
		if err == nil || errors.Is(err, eventstore.ErrOutcomeUnknown) || errors.Is(err, eventstore.ErrConflict) {
			t.Errorf("subject %q: got %v, want a refusal", s, err)
		}
	}
	wantNothingStored(t, l, 0)
}

func endedAppend(t *testing.T, l eventstore.Log) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.Append(ctx, a, 0, []byte("x"))
	if errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Fatalf("got %v: nothing was sent, so the outcome is known", err)
	}
	wantRefused(t, l, err, context.Canceled, 0)
}

func last(t *testing.T, l eventstore.Log) {
	wantLast(t, l, 0)
	fill(t, l, a, 2)
	wantLast(t, l, 2)
	fill(t, l, b, 1)
	wantLast(t, l, 3)
}

func survivesReopen(t *testing.T, l eventstore.Log) {
	r, ok := l.(Reopener)
	if !ok {
		t.Log("this log ends with the process and promises no more")
		return
	}
	fill(t, l, a, 5)
	fill(t, l, b, 5)
	before := all(t, l.Read(testContext(t), 0))
	l = r.Reopen(t)
	after := all(t, l.Read(testContext(t), 0))
	if !slices.EqualFunc(before, after, func(x, y eventstore.Message) bool {
		return x.Sequence == y.Sequence && x.Subject == y.Subject && bytes.Equal(x.Payload, y.Payload)
	}) {
		t.Fatalf("got %d messages after the reopen, want the %d from before", len(after), len(before))
	}
	if _, err := l.Append(testContext(t), a, 4, []byte("stale")); !errors.Is(err, eventstore.ErrConflict) {
		t.Fatalf("stale append after the reopen: got %v, want a conflict", err)
	}
	if n := mustAppend(t, l, a, 5, "next"); n != 11 {
		t.Fatalf("the next sequence is %d, want 11", n)
	}
}
