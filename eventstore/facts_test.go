package eventstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// deliver observes the entries of the log after the given sequence, up to another.
func deliver(t *testing.T, l *eventstore.Ledger, log eventstore.Log, after, to uint64) {
	t.Helper()
	for m, err := range log.Read(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Sequence > to {
			return
		}
		e, err := eventstore.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		l.Observe(e)
	}
}

func TestFactsAreAsOfReadTo(t *testing.T) {
	log := memory.New()
	a := open(t, log)
	must(t, a, north)
	b := open(t, log, deaf) // has read to 2
	must(t, a, south)       // 3
	// b has not read that far: to it the south does not exist, although its own log would say so.
	refused(t, b, `{"command":"record-statement","by":"south","statement_kind":"hope","text":"soon"}`, "unknown-id")
	e := must(t, b, `{"command":"record-statement","by":"north","statement_kind":"hope","text":"soon"}`)
	if e.Sequence != 4 || e.ReadTo != 2 {
		t.Errorf("got entry %d with read_to %d, want 4 and 2", e.Sequence, e.ReadTo)
	}
	deliver(t, b, log, 2, 4)
	e = must(t, b, `{"command":"record-statement","by":"south","statement_kind":"hope","text":"soon"}`)
	if e.ReadTo != 4 {
		t.Errorf("got read_to %d, want 4", e.ReadTo)
	}
}

func TestACommandWaitsUntilWhatThisNodeAcknowledgedIsRead(t *testing.T) {
	log := memory.New()
	a, b := open(t, log), open(t, log, deaf)
	must(t, a, north)                              // 2: b has not read it
	must(t, b, south)                              // 3: b has acknowledged it
	ctx, cancel := context.WithCancel(t.Context()) // and cannot decide about others before it has read 2
	cancel()
	_, err := b.Execute(ctx, eventstore.Request{Command: command(t, town)})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the end of the wait", err)
	}
	answered := make(chan eventstore.Entry)
	go func() { answered <- must(t, b, town) }()
	deliver(t, b, log, 1, 2)
	if e := <-answered; e.ReadTo != 3 {
		t.Errorf("got read_to %d, want 3: what the reader delivered and what follows it from this node", e.ReadTo)
	}
}

func TestARetractedRegistrationIsNoFact(t *testing.T) {
	l, _ := onTheTable(t)
	must(t, l, `{"command":"retract","record":"actor/south","sequence":3,"reason":"there is no south"}`)
	refused(t, l, southAgrees, "unknown-id")
}

func TestAnExclusionIsInheritedAsOfReadTo(t *testing.T) {
	l, _ := onTheTable(t)
	must(t, l, `{"command":"register-actor","actor":"east","name":"East","kind":"armed_group"}`)
	must(t, l, `{"command":"exclude","ceasefire":"river","actor":"east","by":"north"}`)
	must(t, l, `{"command":"propose","ceasefire":"bridge","by":"north","parent":"river","parties":["north","south"],"from":"2016-05-05T00:01Z"}`)
	_, err := send(t, l, `{"command":"accede","ceasefire":"bridge","by":"east"}`)
	var no domain.Rejection
	if !errors.As(err, &no) {
		t.Fatalf("an actor that the wider ceasefire excludes joined: %v", err)
	}
}

func TestRecordedAtNeverGoesBackOnARecord(t *testing.T) {
	c := &clock{now: noon.Add(999 * time.Nanosecond)}
	l, _ := onTheTable(t, func(o *eventstore.Options) { o.Clock = c.Now })
	c.Set(noon.Add(-time.Hour))
	back := must(t, l, northAgrees)
	if !back.RecordedAt.Equal(noon) {
		t.Errorf("got recorded_at %v, want %v: that of the entry before, in whole microseconds", back.RecordedAt, noon)
	}
	other := must(t, l, `{"command":"register-place","place":"hill","name":"Hill"}`)
	if !other.RecordedAt.Equal(noon.Add(-time.Hour)) {
		t.Errorf("got recorded_at %v on a new record, want the clock's", other.RecordedAt)
	}
	c.Set(noon.Add(time.Minute))
	if e := must(t, l, southAgrees); !e.RecordedAt.Equal(noon.Add(time.Minute)) {
		t.Errorf("got recorded_at %v, want the clock's again", e.RecordedAt)
	}
}

func TestTheSameAnswersWithHardlyAnyCache(t *testing.T) {
	for name, bytes := range map[string]int{"none": 1, "one record": 4 << 10, "all": 0} {
		l, log := onTheTable(t, func(o *eventstore.Options) { o.CacheBytes = bytes })
		must(t, l, northAgrees)
		refused(t, l, northAgrees, "already-consented")
		must(t, l, southAgrees)
		if r, err := l.Record(t.Context(), domain.Ref{Kind: domain.KindCeasefire, ID: "river"}); err != nil || len(r.Steps) != 3 {
			t.Errorf("%s: got %d steps, %v; want 3", name, len(r.Steps), err)
		}
		if n := last(t, log); n != 7 {
			t.Errorf("%s: the log has %d entries, want 7", name, n)
		}
	}
}

func TestOnlyAMonitorOfItsCeasefireInquires(t *testing.T) {
	l, _ := onTheTable(t)
	must(t, l, `{"command":"register-actor","actor":"mission","name":"Mission","kind":"organisation"}`)
	must(t, l, `{"command":"violate","incident":"shots","by":"south","at":"2016-05-03","ceasefires":["river"]}`)
	inquire := `{"command":"open-inquiry","incident":"shots","by":"mission"}`
	var no domain.Rejection
	if _, err := send(t, l, inquire); !errors.As(err, &no) {
		t.Fatalf("got %v, want a refusal", err)
	}
	must(t, l, `{"command":"designate","ceasefire":"river","by":"north","actor":"mission","role":"monitor"}`)
	must(t, l, inquire)
}

func TestPlacesLieInOneAnother(t *testing.T) {
	l, _ := onTheTable(t)
	must(t, l, `{"command":"register-place","place":"quarter","name":"Quarter","parent":"town"}`)
	must(t, l, `{"command":"register-place","place":"street","name":"Street","parent":"quarter"}`)
	must(t, l, northAgrees)
	must(t, l, southAgrees)
	e := must(t, l, `{"command":"widen-area","ceasefire":"river","by":"north","area":["street"]}`)
	if inside := e.Events[0].(ceasefire.AreaWidened).Inside; len(inside) != 1 || inside[0] != "street" {
		t.Errorf("got %v inside already, want the street", inside)
	}
	circle := `{"command":"correct","record":"place/town","sequence":4,"reason":"r","replacement":{"command":"register-place","name":"Town","parent":"street"}}`
	refused(t, l, circle, "place-cycle")
}
