package eventstore

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"truceledger/domain"
)

// RaiseFormat appends a format-raised entry, as a newer program would.
func RaiseFormat(t testing.TB, log Log, ledger string, format int) {
	var version uint64
	for m, err := range log.Load(context.Background(), Subject(genesis), 0) {
		if err != nil {
			t.Fatal(err)
		}
		version = m.Sequence
	}
	payload, err := Encode(Entry{
		ID: uuid.Must(uuid.NewV7()).String(), Ledger: ledger, Ref: genesis, Rules: Rules, VersionBefore: version,
		Command: &raiseFormat{}, Principal: "ledger", Nonce: newNonce(), Events: []domain.Event{FormatRaised{Format: format}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(context.Background(), Subject(genesis), version, payload); err != nil {
		t.Fatal(err)
	}
}
