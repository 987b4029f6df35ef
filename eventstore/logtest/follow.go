package logtest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"truceledger/eventstore"
)

// followTo follows from after until the sequence to has come, and fails on any gap, repeat or error.
func followTo(ctx context.Context, l eventstore.Log, after, to uint64) error {
	at := after
	for m, err := range l.Follow(ctx, after) {
		if err != nil {
			return err
		}
		if m.Sequence != at+1 {
			return fmt.Errorf("sequence %d came after %d", m.Sequence, at)
		}
		if at = m.Sequence; at == to {
			return nil
		}
	}
	return fmt.Errorf("ended at %d, want %d: %w", at, to, ctx.Err())
}

func followWriters(t *testing.T, l eventstore.Log) {
	const writers, each = 4, 50
	ctx := testContext(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := followTo(ctx, l, 0, writers*each); err != nil {
				t.Errorf("follower: %v", err)
			}
		})
	}
	for w := range writers {
		wg.Go(func() {
			var at uint64
			for i := range each {
				n, err := l.Append(ctx, fmt.Sprintf("truce.statement.%d", w), at, []byte("x"))
				if err != nil {
					t.Errorf("writer %d message %d: %v", w, i, err)
					return
				}
				at = n
			}
		})
	}
	wg.Wait()
}

func followAfter(t *testing.T, l eventstore.Log) {
	fill(t, l, a, 10)
	for _, after := range []uint64{0, 4, 9} {
		if err := followTo(testContext(t), l, after, 10); err != nil {
			t.Errorf("after %d: %v", after, err)
		}
	}
}

// followLater appends each message only when the one before has been delivered: a follower that looks once in a while
// would be too slow, one that forgets to look would hang.
func followLater(t *testing.T, l eventstore.Log) {
	ctx := testContext(t)
	at := mustAppend(t, l, a, 0, "first")
	for m, err := range l.Follow(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Sequence != at {
			t.Fatalf("got sequence %d, want %d", m.Sequence, at)
		}
		if at == 50 {
			return
		}
		at = mustAppend(t, l, a, at, "next")
	}
	t.Fatalf("ended at %d: %v", at, ctx.Err())
}

func followEnds(t *testing.T, l eventstore.Log) {
	fill(t, l, a, 1)
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	for _, err := range l.Follow(ctx, 0) {
		if err != nil {
			t.Fatalf("follow ends without an error when its context ends; got %v", err)
		}
		cancel()
	}
	for range l.Follow(ctx, 0) {
		t.Fatal("follow yields although its context had ended")
	}
}

func slowFollower(t *testing.T, l eventstore.Log) {
	const n = 300
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	mustAppend(t, l, b, 0, "first")
	stuck, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		at := uint64(0)
		for m, err := range l.Follow(ctx, 0) {
			if err != nil || m.Sequence != at+1 {
				t.Errorf("slow follower: got %d, %v after %d", m.Sequence, err, at)
				return
			}
			if at = m.Sequence; at == 1 {
				close(stuck)
				<-release
			}
			if at == n+1 {
				return
			}
		}
		t.Errorf("slow follower: ended at %d", at)
	})
	<-stuck
	fill(t, l, a, n) // writers go on
	if err := followTo(ctx, l, 0, n+1); err != nil {
		t.Errorf("quick follower: %v", err)
	}
	close(release)
	wg.Wait()
}
