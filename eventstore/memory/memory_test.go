package memory_test

import (
	"errors"
	"testing"

	"go.uber.org/goleak"

	"truceledger/eventstore"
	"truceledger/eventstore/logtest"
	"truceledger/eventstore/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLog(t *testing.T) {
	logtest.Test(t, func(*testing.T) eventstore.Log { return memory.New() })
}

func TestAnErrorBeforeTheAppendStoresNothing(t *testing.T) {
	l := memory.New()
	l.BeforeAppend = func(string, uint64, []byte) error { return eventstore.ErrUnavailable }
	if _, err := l.Append(t.Context(), "truce.ceasefire.a", 0, nil); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatalf("got %v, want %v", err, eventstore.ErrUnavailable)
	}
	if n, _ := l.Last(t.Context()); n != 0 {
		t.Fatalf("last is %d, want 0", n)
	}
}

func TestAnErrorAfterTheAppendLeavesTheMessage(t *testing.T) {
	l := memory.New()
	l.AfterAppend = func(eventstore.Message) error { return eventstore.ErrOutcomeUnknown }
	if _, err := l.Append(t.Context(), "truce.ceasefire.a", 0, nil); !errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Fatalf("got %v, want %v", err, eventstore.ErrOutcomeUnknown)
	}
	if n, _ := l.Last(t.Context()); n != 1 {
		t.Fatalf("last is %d, want 1", n)
	}
}
