package eventstore_test

import (
	"errors"
	"testing"

	"truceledger/domain/ceasefire"
	"truceledger/eventstore"
)

// What is rehearsed is decided as it would be on sending, and nothing is stored.
func TestARehearsalStoresNothing(t *testing.T) {
	l, log := onTheTable(t)
	must(t, l, northAgrees)
	before, _ := log.Last(t.Context())
	e, err := l.Rehearse(t.Context(), eventstore.Request{Command: command(t, southAgrees)})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Events) != 2 || e.Sequence != 0 {
		t.Errorf("got %d events at %d, want the consent and the notice that all have agreed, nowhere", len(e.Events), e.Sequence)
	}
	if after, _ := log.Last(t.Context()); after != before {
		t.Errorf("the log has grown from %d to %d", before, after)
	}
	if _, err = l.Rehearse(t.Context(), eventstore.Request{Command: command(t, northAgrees)}); !errors.Is(err, ceasefire.ErrAlreadyConsented) {
		t.Errorf("got %v, want the rule's own no", err)
	}
	c := command(t, southAgrees)
	seen := uint64(1)
	c.Head().Expect = &seen
	var stale *eventstore.StaleError
	if _, err := l.Rehearse(t.Context(), eventstore.Request{Command: c}); !errors.As(err, &stale) {
		t.Errorf("got %v, want a StaleError", err)
	}
	if sent := must(t, l, southAgrees); len(sent.Events) != len(e.Events) {
		t.Errorf("sent, it has %d events; rehearsed, %d", len(sent.Events), len(e.Events))
	}
}
