package jetstream_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"truceledger/eventstore"
)

// TestAHotRecordStarvesNoOther lets many callers ask for one record without pause, more than may wait for it, and
// counts how many of them are served while one caller writes to other records, one after the other. A record has one entry under
// way at a time, so that a command of another has to wait for a flush or two and not for those who queue before it: were there one
// queue for all, the sixteen of the hot record would come first each time.
func TestAHotRecordStarvesNoOther(t *testing.T) {
	const callers, others = 24, 60
	l := openLedgerFor(t, 16)
	mustExecute(t, l, `{"command":"register-source","source":"observer","title":"Observer"}`)
	var served, full atomic.Int64
	var over atomic.Bool
	var hot sync.WaitGroup
	for range callers {
		hot.Go(func() {
			for !over.Load() {
				switch err := execute(t, l, `{"command":"record-tally","tally":"hot","source":"observer","unit":"people","best":1}`); {
				case err == nil:
					served.Add(1)
				case errors.Is(err, eventstore.ErrQueueFull):
					full.Add(1)
					time.Sleep(time.Millisecond) // as somebody who was told: later
				default:
					t.Errorf("the hot record: %v", err)
					return
				}
			}
		})
	}
	defer hot.Wait()
	defer over.Store(true)
	for deadline := time.Now().Add(20 * time.Second); full.Load() == 0; time.Sleep(time.Millisecond) { // until as many wait as may
		if t.Failed() || time.Now().After(deadline) {
			t.Fatal("the record does not become hot")
		}
	}
	var passed, longest int64
	for i := range others {
		before := served.Load()
		mustExecute(t, l, fmt.Sprintf(`{"command":"record-tally","tally":"cold-%d","source":"observer","unit":"people","best":1}`, i))
		during := served.Load() - before
		passed, longest = passed+during, max(longest, during)
	}
	t.Logf("while one other command was under way %.1f of the hot record were served, %d at the most; %d were told that its queue is full", float64(passed)/others, longest, full.Load())
	if passed > 4*others || longest > 40 {
		t.Errorf("%d commands of the hot record were served during %d others, %d during one of them", passed, others, longest)
	}
	if passed == 0 {
		t.Error("the record was not hot")
	}
}

func openLedgerFor(t *testing.T, perRecord int) *eventstore.Ledger {
	t.Helper()
	l, err := eventstore.Open(t.Context(), openEmbedded(t, t.TempDir()), eventstore.Options{OwnReader: true, MaxPerRecord: perRecord})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func execute(t *testing.T, l *eventstore.Ledger, body string) error {
	c, err := eventstore.DecodeCommand("", []byte(body))
	if err == nil {
		_, err = l.Execute(t.Context(), eventstore.Request{Command: c, Principal: "clerk"})
	}
	return err
}
