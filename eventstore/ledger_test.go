package eventstore_test

import (
	"testing"

	"truceledger/domain/ceasefire"
)

func TestTheLastConsentMakesTheCeasefire(t *testing.T) {
	l, _ := onTheTable(t)
	must(t, l, northAgrees)
	e := must(t, l, southAgrees)
	if len(e.Events) != 2 {
		t.Fatalf("got %d events, want the consent and the notice that all have agreed", len(e.Events))
	}
	if _, ok := e.Events[1].(ceasefire.CeasefireAgreed); !ok {
		t.Errorf("got %T, want CeasefireAgreed", e.Events[1])
	}
}
