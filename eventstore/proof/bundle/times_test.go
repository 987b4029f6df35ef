package bundle_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"truceledger/eventstore"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/signed"
)

// openAt opens another node whose clock goes ahead of the witness's.
func (f *fixture) openAt(ahead time.Duration) *eventstore.Ledger {
	f.t.Helper()
	l, err := eventstore.Open(f.t.Context(), f.log, eventstore.Options{
		Clock: func() time.Time { return time.Now().Add(ahead) }, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	must(f.t, err)
	f.t.Cleanup(func() { _ = l.Close() })
	return l
}

// A ledger that claims a later time than a witness has seen the entry at is told on.
func TestATimeThatAWitnessContradictsIsFlagged(t *testing.T) {
	f := onTheTable(t, newSigner(t))
	c, err := eventstore.DecodeCommand("", []byte(`{"command":"register-place","place":"hill","name":"Hill"}`)) // entry 7
	must(t, err)
	_, err = f.openAt(48*time.Hour).Execute(t.Context(), eventstore.Request{Command: c, Principal: "desk"})
	must(t, err)
	if words := f.verify().Words(); !strings.Contains(words, "Note on entry 7: its recorded_at ") || !strings.Contains(words, " lies after north.example/witness had already cosigned it on ") {
		t.Errorf("it says:\n%s", words)
	}
}

// A signer's number that is left out, or stands twice, is told.
func TestAGapInASignersNumbersIsFlagged(t *testing.T) {
	key := newSigner(t)
	f := onTheTable(t, key) // number 1
	word := func(number uint64, id string) {
		must(t, f.signs(f.statement(number, f.seen(), `{"command":"record-statement","statement":"`+id+`","by":"north","statement_kind":"announcement","text":"We heard."}`), key))
	}
	word(2, "second") // entry 7
	word(5, "fifth")
	word(5, "again")
	words := f.verify().Words()
	for _, says := range []string{
		"Note on entry 8: its signer calls it number 5, and number 2 was the last before it: what was signed between is not in the log",
		"Note on entry 9: its signer calls it number 5, after number 5: the same word may stand twice",
	} {
		if !strings.Contains(words, says) || strings.Contains(words, "Note on entry 7") {
			t.Errorf("it says:\n%s", words)
		}
	}
}

// What is signed having seen a cosigned head was not signed before that. A head that was cosigned only after the entry was
// recorded says nothing of the entry.
func TestWhatTheSignerHadSeenBoundsTheTime(t *testing.T) {
	key := newSigner(t)
	f := onTheTable(t, key)                                      // its head is cosigned now
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key)) // entry 7, which the ledger records in 2016
	now := f.openAt(0)
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

// Where the key that signed is withheld, the report says that the signature was not checked, and counts it among none that hold.
func TestASignatureByAWithheldKeyIsSaidToBeUnchecked(t *testing.T) {
	key := newSigner(t)
	f := onTheTable(t, key)                                      // entry 6 registers the key
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key)) // entry 7
	f.sign()
	r, err := bundle.Verify(t.Context(), f.write(func(s *bundle.Source) { s.Withhold = func(n uint64) bool { return n == 6 } }), f.options())
	must(t, err)
	if words := r.Words(); r.Signed != 0 || !strings.Contains(words, "Note on entry 7: its signature was not checked: the record of its actor is withheld") {
		t.Errorf("%d signatures hold, and it says:\n%s", r.Signed, words)
	}
}
