package eventstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"truceledger/domain"
)

func TestTurnsAreGivenInTheOrderOfComing(t *testing.T) {
	turns := newTurns(64, 100)
	r := domain.Ref{Kind: domain.KindActor, ID: "north"}
	release, err := turns.take(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	var all sync.WaitGroup
	for i := range 20 {
		mine, err := turns.join(r)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			<-mine
			order = append(order, i) // the turn guards it
			turns.pass(r)
		})
	}
	release()
	all.Wait()
	if !slices.IsSorted(order) || len(order) != 20 {
		t.Errorf("got the order %v", order)
	}
	if turns.count != 0 || len(turns.queues) != 0 {
		t.Errorf("%d are counted and %d records held, want none", turns.count, len(turns.queues))
	}
}

func TestWhoStopsWaitingIsPassedOver(t *testing.T) {
	turns := newTurns(2, 100)
	r := domain.Ref{Kind: domain.KindActor, ID: "north"}
	release, _ := turns.take(t.Context(), r)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("gone home"))
	for range 10 {
		if _, err := turns.take(ctx, r); err == nil || err.Error() != "gone home" {
			t.Fatalf("got %v, want the reason for leaving", err)
		}
	}
	release()
	release() // twice is once
	again, err := turns.take(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	again()
	if turns.count != 0 {
		t.Errorf("%d are counted, want none", turns.count)
	}
}

func TestThePositionGoesOnOverWhatIsKnown(t *testing.T) {
	p := newPosition(5)
	p.acknowledge(7)
	p.acknowledge(9)
	p.acknowledge(8)
	if p.reached != 5 || p.told() != 9 {
		t.Errorf("got %d and %d, want 5 and 9: 6 is missing", p.reached, p.told())
	}
	p.observe(6)
	if p.reached != 9 || len(p.ahead) != 0 {
		t.Errorf("got %d with %d ahead, want 9 with none", p.reached, len(p.ahead))
	}
	p.acknowledge(12)
	if !p.skips(11) || p.skips(10) {
		t.Error("11 skips 10, and 10 skips none")
	}
	p.observe(13)
	p.observe(3)
	if p.reached != 13 || len(p.ahead) != 0 {
		t.Errorf("got %d with %d ahead, want 13 with none", p.reached, len(p.ahead))
	}
}
