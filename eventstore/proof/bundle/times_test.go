package bundle_test

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"truceledger/eventstore"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/signed"
)

// What is signed having seen a cosigned head was not signed before that. A head that was cosigned only after the entry was
// recorded says nothing of the entry.
func TestWhatTheSignerHadSeenBoundsTheTime(t *testing.T) {
	key := newSigner(t)
	f := onTheTable(t, key)                                      // its head is cosigned now
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key)) // entry 7, which the ledger records in 2016
	now, err := eventstore.Open(t.Context(), f.log, eventstore.Options{Clock: time.Now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	must(t, err)
	t.Cleanup(func() { _ = now.Close() })
	s := f.statement(3, f.seen(), `{"command":"record-statement","statement":"word","by":"north","statement_kind":"announcement","text":"We heard."}`)
	s.ValidUntil = time.Now().Add(time.Hour).Format(time.RFC3339)
	e, err := signed.Sign(s, key)
	must(t, err)
	_, err = now.Execute(t.Context(), eventstore.Request{Signed: &e, Principal: "desk"}) // entry 8
	must(t, err)
	f.sign()
	times := map[uint64]bundle.Times{}
	o := f.options()
	o.Entry = func(n uint64, t bundle.Times) { times[n] = t }
	r, err := bundle.Verify(t.Context(), f.write(nil), o)
	must(t, err)
	if at := times[7]; !at.NotBefore.IsZero() {
		t.Errorf("entry 7 was recorded at %s, and is said not to be made before %s", at.ClaimedByUs, at.NotBefore)
	}
	if at := times[8]; at.BeforeBy != "north.example/witness" || at.NotBefore.Before(time.Now().Add(-time.Hour)) || at.NotBefore.After(at.NotAfter) || at.NotBefore.After(at.ClaimedByUs) {
		t.Errorf("entry 8: %+v", at)
	}
	if len(r.Flags) > 0 {
		t.Errorf("flagged: %+v", r.Flags)
	}
}
