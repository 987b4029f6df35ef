package eventstore_test

import (
	"errors"
	"testing"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// What is tried is decided as it would be on sending, and nothing is stored.
func TestATrialStoresNothing(t *testing.T) {
	l, log := onTheTable(t)
	must(t, l, northAgrees)
	before, _ := log.Last(t.Context())
	trial, err := l.Try(t.Context(), eventstore.Request{Command: command(t, southAgrees)})
	if err != nil {
		t.Fatal(err)
	}
	if trial.Held || trial.Unsigned || len(trial.Entry.Events) != 2 || trial.Entry.Sequence != 0 {
		t.Errorf("got %+v, want an entry of two events that has no sequence", trial)
	}
	if _, ok := trial.Entry.Events[1].(ceasefire.CeasefireAgreed); !ok {
		t.Errorf("got %T, want the notice that all have agreed", trial.Entry.Events[1])
	}
	if after, _ := log.Last(t.Context()); after != before {
		t.Errorf("the log has grown from %d to %d", before, after)
	}
	_, err = l.Try(t.Context(), eventstore.Request{Command: command(t, northAgrees)})
	if !errors.Is(err, ceasefire.ErrAlreadyConsented) {
		t.Errorf("got %v, want the rule's own no", err)
	}
	e := must(t, l, southAgrees)
	if len(e.Events) != len(trial.Entry.Events) {
		t.Errorf("sent, it has %d events; tried, %d", len(e.Events), len(trial.Entry.Events))
	}
}

// A command that only lacks a signature is tried all the same, and says so.
func TestATrialSaysThatASignatureIsMissing(t *testing.T) {
	l := open(t, memory.New(), func(o *eventstore.Options) { o.Signatures = eventstore.SignaturesRequired })
	r := eventstore.Request{Command: command(t, `{"command":"register-actor","actor":"north","name":"North","kind":"state"}`)}
	trial, err := l.Try(t.Context(), r)
	if err != nil || !trial.Unsigned {
		t.Errorf("got %+v, %v, want an entry that lacks its signature", trial, err)
	}
	if _, err := l.Execute(t.Context(), r); !errors.Is(err, eventstore.ErrSignatureNeeded) {
		t.Errorf("sent without a signature: got %v", err)
	}
}

// A trial against a version that has passed says so, as sending would.
func TestATrialSeesThatTheRecordHasMovedOn(t *testing.T) {
	l, _ := onTheTable(t)
	c := command(t, northAgrees)
	seen := uint64(1)
	c.Head().Expect = &seen
	var stale *eventstore.StaleError
	if _, err := l.Try(t.Context(), eventstore.Request{Command: c}); !errors.As(err, &stale) || stale.Record.Kind != domain.KindCeasefire {
		t.Errorf("got %v, want a StaleError", err)
	}
}
