package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"truceledger/eventstore"
)

// held returns a ledger whose appends wait until the test lets go.
func held(t *testing.T, change func(*eventstore.Options)) (l *eventstore.Ledger, entered <-chan struct{}, letGo func()) {
	at, gate := make(chan struct{}, 100), make(chan struct{})
	l = open(t, &hooked{Log: table(t), before: func() error { at <- struct{}{}; <-gate; return nil }}, change)
	return l, at, sync.OnceFunc(func() { close(gate) })
}

func TestOnlySoManyWaitForOneRecord(t *testing.T) {
	l, entered, letGo := held(t, func(o *eventstore.Options) { o.MaxPerRecord = 1 })
	defer letGo()
	var all sync.WaitGroup
	all.Go(func() { must(t, l, northAgrees) })
	<-entered
	waits, stop := context.WithCancel(t.Context())
	all.Go(func() {
		if _, err := l.Execute(waits, eventstore.Request{Command: command(t, southAgrees)}); !errors.Is(err, context.Canceled) {
			t.Errorf("the one that waits: got %v, want the end of its wait", err)
		}
	})
	for { // until the one above waits
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.Execute(ctx, eventstore.Request{Command: command(t, southAgrees)}); errors.Is(err, eventstore.ErrQueueFull) {
			break
		}
	}
	all.Go(func() { must(t, l, `{"command":"register-place","place":"hill","name":"Hill"}`) })
	<-entered // another record has its own queue
	stop()
	letGo()
	all.Wait()
	must(t, l, southAgrees)
}

func TestOnlySoManyAreUnderWayInAll(t *testing.T) {
	l, entered, letGo := held(t, func(o *eventstore.Options) { o.MaxWaiting = 3 })
	defer letGo()
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() { must(t, l, fmt.Sprintf(`{"command":"register-place","place":"hill-%d","name":"Hill"}`, i)) })
		<-entered
	}
	if _, err := send(t, l, northAgrees); !errors.Is(err, eventstore.ErrQueueFull) {
		t.Errorf("got %v, want ErrQueueFull", err)
	}
	letGo()
	all.Wait()
	must(t, l, northAgrees)
}

func TestAnEntryThatIsTooLargeIsRefusedWithItsSize(t *testing.T) {
	l, log := onTheTable(t)
	before := last(t, log)
	_, err := send(t, l, `{"command":"record-statement","by":"north","statement_kind":"hope","text":"`+strings.Repeat("x", 70_000)+`"}`)
	if !errors.Is(err, eventstore.ErrTooLarge) || !strings.Contains(err.Error(), "70") {
		t.Errorf("got %v, want ErrTooLarge with the size", err)
	}
	if n := last(t, log); n != before {
		t.Errorf("the log grew to %d", n)
	}
}

func TestManyWritersOnManyRecords(t *testing.T) {
	l, log := onTheTable(t)
	other := open(t, log)
	before := last(t, log)
	var all sync.WaitGroup
	const writers, each = 8, 25
	for w := range writers {
		all.Go(func() {
			node := l
			if w%2 == 1 {
				node = other
			}
			for i := range each {
				must(t, node, fmt.Sprintf(`{"command":"record-tally","tally":"t-%d","source":"north","unit":"people","best":%d}`, w/4, i))
			}
		})
	}
	all.Wait()
	if n := last(t, log); n != before+writers*each {
		t.Errorf("the log has %d entries, want %d", n, before+writers*each)
	}
}
