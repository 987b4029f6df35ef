package eventstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

func TestAnEmptyLogIsOpenedOnceAndForAll(t *testing.T) {
	log := memory.New()
	first := open(t, log, func(o *eventstore.Options) { o.Zone = "Asia/Damascus" })
	again := open(t, log, func(o *eventstore.Options) { o.Zone = "Europe/Geneva" }) // no zone, and not looked at
	if first.ID() != again.ID() || again.Zone() != "Asia/Damascus" || last(t, log) != 1 {
		t.Errorf("got ledger %s in %s, want %s in Asia/Damascus, once", again.ID(), again.Zone(), first.ID())
	}
	if len(first.ID()) != 26 || strings.ToLower(first.ID()) != first.ID() {
		t.Errorf("got the id %q, want 26 characters in lower case", first.ID())
	}
}

func TestManyNodesOpenOneLedger(t *testing.T) {
	log := memory.New()
	ids := make([]string, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() { ids[i] = open(t, log).ID() })
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("got the ledgers %v, want one", ids)
		}
	}
	if n := last(t, log); n != 1 {
		t.Errorf("the log has %d entries, want 1", n)
	}
}

func TestAnOpeningOfUnknownOutcomeIsAdopted(t *testing.T) {
	var tries atomic.Int32
	log := &hooked{Log: memory.New(), before: func() error {
		if tries.Add(1) == 1 {
			return eventstore.ErrOutcomeUnknown
		}
		return nil
	}, after: func(uint64, error) error { return eventstore.ErrOutcomeUnknown }}
	l := open(t, log)
	if l.ID() == "" || last(t, log) != 1 {
		t.Errorf("got ledger %q on %d entries, want one opening", l.ID(), last(t, log))
	}
}

func TestALogOfSomethingElseIsRefused(t *testing.T) {
	log := memory.New()
	if _, err := log.Append(t.Context(), "truce.actor.north", 0, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.Open(t.Context(), log, eventstore.Options{}); !errors.Is(err, eventstore.ErrNotALedger) {
		t.Errorf("got %v, want ErrNotALedger", err)
	}
	if _, err := eventstore.Open(t.Context(), memory.New(), eventstore.Options{Zone: "Damascus"}); err == nil {
		t.Error("a zone that does not exist was accepted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := eventstore.Open(ctx, memory.New(), eventstore.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

func TestAnEntryOfAnotherLedgerStopsWriting(t *testing.T) {
	here, there := memory.New(), memory.New()
	bell := newStopBell()
	l := open(t, here, bell.hang)
	foreign := must(t, open(t, there), north)
	if _, err := here.Append(t.Context(), eventstore.Subject(foreign.Ref), 0, foreign.Payload); err != nil {
		t.Fatal(err)
	}
	<-bell.rung
	if _, err := send(t, l, south); !errors.Is(err, eventstore.ErrNotAnEntry) {
		t.Errorf("got %v, want ErrNotAnEntry", err)
	}
}

func TestAPlainDateTakesTheLedgersZone(t *testing.T) {
	l := open(t, memory.New(), func(o *eventstore.Options) { o.Zone = "Asia/Damascus" })
	e := must(t, l, `{"command":"register-source","source":"s","title":"S","published":"2016-05-02"}`)
	if got := strings.Join(e.Defaults, " "); got != "command_id occurred published.zone" {
		t.Errorf("got the defaults %q", got)
	}
	if !strings.Contains(string(e.Payload), `"published":{"at":"2016-05-02","zone":"Asia/Damascus"}`) {
		t.Errorf("the zone is not in the entry: %s", e.Payload)
	}
}

func TestANewerFormatStopsWriting(t *testing.T) {
	log := memory.New()
	bell := newStopBell()
	l := open(t, log, bell.hang)
	must(t, l, north)
	eventstore.RaiseFormat(t, log, l.ID(), eventstore.Format+1)
	<-bell.rung
	_, err := send(t, l, town)
	if !errors.Is(err, eventstore.ErrNewerFormat) {
		t.Fatalf("got %v, want ErrNewerFormat", err)
	}
	reopened := open(t, log)
	if _, err := send(t, reopened, town); !errors.Is(err, eventstore.ErrNewerFormat) {
		t.Errorf("after a reopening: got %v, want ErrNewerFormat", err)
	}
	if r, err := reopened.Record(t.Context(), domain.Ref{Kind: domain.KindActor, ID: "north"}); err != nil || r.Version() != 2 {
		t.Errorf("reading: got version %d, %v; want 2", r.Version(), err)
	}
}
