package bundle_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/signed"
)

func (f *fixture) try(body string) error {
	c, err := eventstore.DecodeCommand("", []byte(body))
	must(f.t, err)
	_, err = f.ledger.Execute(f.t.Context(), eventstore.Request{Command: c, Principal: "desk"})
	return err
}

// open opens another node on the same log.
func (f *fixture) open(o eventstore.Options) *eventstore.Ledger {
	o.Clock, o.Logger = func() time.Time { return noon }, slog.New(slog.NewTextHandler(io.Discard, nil))
	l, err := eventstore.Open(f.t.Context(), f.log, o)
	must(f.t, err)
	f.t.Cleanup(func() { _ = l.Close() })
	return l
}

func (f *fixture) verify() *bundle.Report {
	f.t.Helper()
	f.sign()
	r, err := bundle.Verify(f.t.Context(), f.write(nil), f.options())
	must(f.t, err)
	return r
}

// What an actor's keys have said, nobody takes back but they.
func TestWhoHasAKeyIsNotUnsaidWithoutIt(t *testing.T) {
	key, southKey := newSigner(t), newSigner(t)
	f := onTheTable(t, key)
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key)) // entry 7
	const takenBack = `{"command":"retract","record":"ceasefire/river","sequence":7,"by":"south","reason":"x"}`
	refused(t, f.try(takenBack), "signature-needed")
	must(t, f.signs(f.statement(1, f.seen(), register("south", southKey)), southKey))
	refused(t, f.signs(f.statement(2, f.seen(), takenBack), southKey), "signature-needed")
	refused(t, f.try(strings.Replace(takenBack, `"by":"south",`, "", 1)), "signature-needed")
	must(t, f.signs(f.statement(3, f.seen(), strings.Replace(takenBack, "south", "north", 1)), key))
	f.verify()
}

// The policy stands on the record: an operator who writes what it forbids is caught, and one who lowers it is seen.
func TestThePolicyOnSignaturesIsOnTheRecord(t *testing.T) {
	key := newSigner(t)
	f := onTheTable(t, key)
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key)) // entry 7
	f.sign()
	dir, _ := forge(t, f, 7, func(payload []byte) []byte {
		e, err := eventstore.ReadPayload(7, payload)
		must(t, err)
		e.Signed = nil // the signature is lost, and the rest says the same
		raw, err := eventstore.Encode(e)
		must(t, err)
		return raw
	})
	_, err := bundle.Verify(t.Context(), dir, bundle.Options{Trust: bundle.Trust{LogKey: f.keeper.Verifier()}})
	caught(t, err, 7, "rules")
	if err == nil || !strings.Contains(err.Error(), `no key of "north" has signed`) {
		t.Errorf("got %v", err)
	}

	if policy, since := f.open(eventstore.Options{}).Signatures(); policy != eventstore.SignaturesRegistered || since != 1 {
		t.Errorf("opened again: %s since %d", policy, since)
	}
	lower := f.open(eventstore.Options{Signatures: eventstore.SignaturesOff})
	if policy, since := lower.Signatures(); policy != eventstore.SignaturesOff || since != 8 {
		t.Fatalf("lowered: %s since %d", policy, since)
	}
	c, err := eventstore.DecodeCommand("", []byte(extends[:len(extends)-1]+`,"occurred":"2016-05-04T12:00:00Z"}`))
	must(t, err)
	must(t, f.try(strings.Replace(northAgrees, "north", "south", 1)))
	_, err = lower.Execute(t.Context(), eventstore.Request{Command: c, Principal: "desk"})
	must(t, err)
	r := f.verify()
	if words := r.Words(); !strings.Contains(words, "Note on entry 8: from here on the ledger's policy on signatures is off") {
		t.Errorf("nobody is told:\n%s", words)
	}
	if policy, _ := f.open(eventstore.Options{FirstSignatures: eventstore.SignaturesRequired}).Signatures(); policy != eventstore.SignaturesOff {
		t.Errorf("a first policy has changed one that stands: %s", policy)
	}
	higher := f.open(eventstore.Options{Signatures: eventstore.SignaturesRequired})
	place, err := eventstore.DecodeCommand("", []byte(`{"command":"register-place","place":"hill","name":"Hill"}`))
	must(t, err)
	_, err = higher.Execute(t.Context(), eventstore.Request{Command: place, Principal: "desk"})
	refused(t, err, "signature-needed")
}

// A key is revoked by one node while another, which has not read that yet, takes what it signs.
func TestWhatComesAfterItsKeyIsVoidOnArrival(t *testing.T) {
	key, next := newSigner(t), newSigner(t)
	f := onTheTable(t, key)
	must(t, f.signs(f.statement(1, f.seen(), register("north", next)), next, key)) // entry 7
	behind := f.open(eventstore.Options{})                                         // it reads nothing of what comes
	revoke := fmt.Sprintf(`{"command":"revoke-key","actor":"north","fingerprint":"%s"}`, signed.Fingerprint(key.PublicKey()))
	must(t, f.signs(f.statement(2, f.seen(), revoke), next)) // entry 8
	e, err := signed.Sign(f.statement(2, f.seen(), northAgrees), key)
	must(t, err)
	answer := make(chan error, 1)
	go func() {
		_, err := behind.Execute(t.Context(), eventstore.Request{Signed: &e, Principal: "desk"}) // entry 9
		answer <- err
	}()
	for m, err := range f.log.Follow(t.Context(), 7) {
		must(t, err)
		x, err := behind.Decode(m)
		must(t, err)
		if m.Sequence == 8 {
			select {
			case err := <-answer:
				t.Fatalf("answered before what came before it was read: %v", err)
			default:
			}
		}
		if behind.Observe(x); m.Sequence == 9 {
			break
		}
	}
	var void *eventstore.VoidError
	if err := <-answer; !errors.As(err, &void) || void.Sequence != 9 || void.By != 8 {
		t.Fatalf("got %v", err)
	}
	river := domain.Ref{Kind: domain.KindCeasefire, ID: "river"}
	for name, l := range map[string]*eventstore.Ledger{"the one behind": behind, "the other": f.ledger, "a new one": f.open(eventstore.Options{})} {
		for record, err := l.Record(t.Context(), river); ; record, err = l.Record(t.Context(), river) {
			must(t, err)
			if record.Version() != 9 {
				continue // its reader is on the way
			}
			if n := len(record.Readings(domain.Everything)); n != 1 || record.Steps[1].Void != 8 {
				t.Errorf("%s reads %d entries, void by %d", name, n, record.Steps[1].Void)
			}
			break
		}
	}
	refused(t, f.try(`{"command":"retract","record":"ceasefire/river","sequence":9,"reason":"x"}`), "not-an-entry")
	must(t, f.signs(f.statement(3, f.seen(), northAgrees), next)) // entry 10: its word is still to be had
	refused(t, f.signs(f.statement(4, f.seen(), northAgrees), next), "already-consented")
	if words := f.verify().Words(); !strings.Contains(words, "Note on entry 9: its key was ended by entry 8") {
		t.Errorf("the auditor is not told:\n%s", words)
	}
}
