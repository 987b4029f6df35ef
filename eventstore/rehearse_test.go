package eventstore_test

import (
	"errors"
	"strings"
	"testing"

	"truceledger/domain"
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

// A dry run tells nothing of a restricted record to who may not know of it, and goes on with one that it has begun itself.
func TestADryRunAsksWhoMayKnow(t *testing.T) {
	l, _ := onTheTable(t)
	const id = "restricted-0190a1b2-0000-4000-8000-00000000000a"
	begin := `{"command":"record-statement","statement":"` + id + `","by":"north","restricted_to":["north"],"statement_kind":"hope","text":"Soon."}`
	retract := strings.Replace(`{"command":"retract","record":"statement/ID","sequence":6,"reason":"x"}`, "ID", id, 1)
	must(t, l, begin)
	dry, err := l.BeginRehearsal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var nowhere *domain.NotFound
	for _, body := range []string{begin, retract} {
		if _, err := dry.Execute(t.Context(), eventstore.Request{Command: command(t, body), Principal: "another"}); !errors.As(err, &nowhere) {
			t.Errorf("%s: got %v, want that it is not on the record", body, err)
		}
	}
	if _, err := dry.Execute(t.Context(), eventstore.Request{Command: command(t, begin), Principal: "south-desk"}); !errors.Is(err, domain.ErrExists) {
		t.Errorf("to who began it: got %v, want that it exists", err)
	}
	own := strings.Replace(begin, "000a", "000b", 1)
	if _, err := dry.Execute(t.Context(), eventstore.Request{Command: command(t, own), Principal: "another"}); err != nil {
		t.Fatal(err)
	}
	if _, err := dry.Execute(t.Context(), eventstore.Request{Command: command(t, own), Principal: "another"}); !errors.Is(err, domain.ErrExists) {
		t.Errorf("of its own: got %v, want that it exists", err)
	}
}
