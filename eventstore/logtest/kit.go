package logtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"truceledger/eventstore"
)

const (
	a  = "truce.ceasefire.a"
	ab = "truce.ceasefire.ab"
	b  = "truce.ceasefire.b"
)

// bound is the patience of every test: what has not happened by then will not happen.
const bound = 20 * time.Second

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	return ctx
}

// mustAppend files payload and returns its sequence.
func mustAppend(t *testing.T, l eventstore.Log, subject string, expected uint64, payload string) uint64 {
	t.Helper()
	n, err := l.Append(testContext(t), subject, expected, []byte(payload))
	if err != nil {
		t.Fatalf("append to %s expecting %d: %v", subject, expected, err)
	}
	return n
}

// fill appends n messages to subject, one after the other, and returns their sequences.
func fill(t *testing.T, l eventstore.Log, subject string, n int) []uint64 {
	t.Helper()
	var sequences []uint64
	var at uint64
	for i := range n {
		at = mustAppend(t, l, subject, at, fmt.Sprintf("%s %d", subject, i))
		sequences = append(sequences, at)
	}
	return sequences
}

// all collects what an iterator yields and fails the test on an error.
func all(t *testing.T, messages iter.Seq2[eventstore.Message, error]) []eventstore.Message {
	t.Helper()
	var got []eventstore.Message
	for m, err := range messages {
		if err != nil {
			t.Fatalf("after %d messages: %v", len(got), err)
		}
		got = append(got, m)
	}
	return got
}

func sequencesOf(messages []eventstore.Message) []uint64 {
	var sequences []uint64
	for _, m := range messages {
		sequences = append(sequences, m.Sequence)
	}
	return sequences
}

// wantLast fails unless the newest sequence is n.
func wantLast(t *testing.T, l eventstore.Log, n uint64) {
	t.Helper()
	got, err := l.Last(testContext(t))
	if err != nil || got != n {
		t.Fatalf("last: got %d, %v, want %d", got, err, n)
	}
}

// wantRefused fails unless err is want, nothing was stored, and the next append gets the next sequence.
func wantRefused(t *testing.T, l eventstore.Log, err, want error, before uint64) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	wantNothingStored(t, l, before)
}

func wantNothingStored(t *testing.T, l eventstore.Log, before uint64) {
	t.Helper()
	wantLast(t, l, before)
	if n := mustAppend(t, l, "truce.ceasefire.probe", 0, "probe"); n != before+1 {
		t.Fatalf("the refused append used a sequence: the next one is %d, want %d", n, before+1)
	}
}

// appendNext files payload as the next message of subject, whoever else writes there, and returns its sequence.
func appendNext(ctx context.Context, l eventstore.Log, subject, payload string) (uint64, error) {
	var at uint64
	for {
		n, err := l.Append(ctx, subject, at, []byte(payload))
		if err == nil || !errors.Is(err, eventstore.ErrConflict) {
			return n, err
		}
		for m, err := range l.Load(ctx, subject, at) {
			if err != nil {
				return 0, err
			}
			at = m.Sequence
		}
	}
}
