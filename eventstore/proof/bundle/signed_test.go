package bundle_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/signed"
)

func newSigner(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	s, err := ssh.NewSignerFromKey(private)
	must(t, err)
	return s
}

var commandID int

// statement states a command in full.
func (f *fixture) statement(number uint64, seen signed.Seen, body string) signed.Statement {
	commandID++
	full := strings.Replace(body, "{", fmt.Sprintf(`{"command_id":"00000000-0000-4000-8000-%012d","occurred":"2016-05-04T12:00:00Z",`, commandID), 1)
	return signed.Statement{Ledger: f.ledger.ID(), Command: []byte(full), PartySeq: number, Seen: seen, ValidUntil: "2016-05-05T00:00:00Z"}
}

// signs signs a command with keys and sends it.
func (f *fixture) signs(s signed.Statement, keys ...ssh.Signer) error {
	f.t.Helper()
	e, err := signed.Sign(s, keys[0])
	must(f.t, err)
	for _, k := range keys[1:] {
		more, err := signed.SignBytes(e.Signed, s.Ledger, k)
		must(f.t, err)
		e.Signatures = append(e.Signatures, more)
	}
	_, err = f.ledger.Execute(f.t.Context(), eventstore.Request{Signed: &e, Principal: "desk"})
	return err
}

func refused(t testing.TB, err error, code string, words ...string) {
	t.Helper()
	var no domain.Rejection
	if !errors.As(err, &no) || no.Code() != code {
		t.Errorf("got %v, want a refusal with the code %s", err, code)
		return
	}
	for _, want := range words {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

const (
	northAgrees = `{"command":"agree","ceasefire":"river","by":"north","version":1}`
	extends     = `{"command":"extend","ceasefire":"river","by":"north","lasting":"PT24H"}`
)

func register(actor string, key ssh.Signer) string {
	return fmt.Sprintf(`{"command":"register-key","actor":"%s","key":"%s"}`, actor, signed.KeyLine(key.PublicKey()))
}

// onTheTable has two actors and a proposal, and takes north's word only when it is signed.
func onTheTable(t testing.TB, key ssh.Signer) *fixture {
	f := newFixture(t, eventstore.SignaturesRegistered)
	f.send(
		`{"command":"register-actor","actor":"north","name":"North","kind":"state"}`,
		`{"command":"register-actor","actor":"south","name":"South","kind":"armed_group"}`,
		`{"command":"register-place","place":"town","name":"Town"}`,
		`{"command":"propose","ceasefire":"river","by":"north","title":"River","class":"local_truce","area":"town","parties":["north","south"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H"}`)
	must(t, f.signs(f.statement(1, signed.Seen{}, register("north", key)), key))
	f.sign()
	return f
}

func (f *fixture) seen() signed.Seen {
	h, err := proof.OpenHead(f.signed[0], f.keeper.Verifier())
	must(f.t, err)
	return signed.Seen{Size: h.Size, Root: h.Root[:]}
}

func TestAnActorWithAKeyIsNotSpokenForWithoutIt(t *testing.T) {
	key, other := newSigner(t), newSigner(t)
	f := onTheTable(t, key)
	try := func(body string) error {
		c, err := eventstore.DecodeCommand("", []byte(body))
		must(t, err)
		_, err = f.ledger.Execute(t.Context(), eventstore.Request{Command: c, Principal: "desk"})
		return err
	}
	refused(t, try(northAgrees), "signature-needed")
	refused(t, try(register("south", other)), "signature-needed", "south: sign it with the new key itself")
	refused(t, try(register("north", other)), "signature-needed", "the new key and with one that stands on its record")
	refused(t, try(`{"command":"revoke-key","actor":"north","fingerprint":"SHA256:x"}`), "signature-needed", "north: sign it with a key that stands")
	refused(t, try(`{"command":"correct","record":"ceasefire/river","sequence":5,"reason":"x","replacement":{"command":"propose","by":"north","title":"Other","class":"local_truce","area":"town","parties":["north","south"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H"}}`), "signature-needed")
	refused(t, f.signs(f.statement(2, f.seen(), northAgrees), other), "signature-wrong")
	late := f.statement(2, f.seen(), northAgrees)
	late.ValidUntil = "2016-05-04T11:00:00Z"
	refused(t, f.signs(late, key), "signature-wrong")
	elsewhere := f.statement(2, f.seen(), northAgrees)
	elsewhere.Ledger = "anotherledger"
	refused(t, f.signs(elsewhere, key), "signature-wrong")
	short := f.statement(2, f.seen(), northAgrees)
	short.Command = []byte(northAgrees)
	refused(t, f.signs(short, key), "not-in-full")
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key))
	must(t, try(strings.Replace(northAgrees, "north", "south", 1))) // south has no key

	refused(t, f.signs(f.statement(3, f.seen(), register("north", key)), key), "key-known")
	refused(t, f.signs(f.statement(3, f.seen(), register("north", other)), other), "signature-wrong")
	must(t, f.signs(f.statement(1, f.seen(), register("north", other)), other, key))
	revoke := fmt.Sprintf(`{"command":"revoke-key","actor":"north","fingerprint":"%s","compromised_since":7}`, signed.Fingerprint(key.PublicKey()))
	must(t, f.signs(f.statement(2, f.seen(), revoke), other))
	refused(t, f.signs(f.statement(4, f.seen(), extends), key), "signature-wrong")
	refused(t, try(`{"command":"retract","record":"actor/north","sequence":6,"reason":"x"}`), "final")
	must(t, f.signs(f.statement(5, f.seen(), extends), other)) // number 3 and 4 were never logged
	keys, err := f.ledger.Keys(t.Context(), "north")
	if err != nil || len(keys) != 2 || keys[0].Until == 0 || keys[0].CompromisedSince != 7 || keys[1].Until != 0 {
		t.Errorf("got %+v, %v", keys, err)
	}

	f.sign()
	for _, skip := range []bool{false, true} {
		o := f.options()
		o.SkipRules = skip
		r, err := bundle.Verify(t.Context(), f.write(nil), o)
		if err != nil || r.Signed != 5 {
			t.Fatalf("got %v, %d signed", err, r.Signed)
		}
		if len(r.Flags) != 2 || !strings.Contains(r.Flags[0].Words, "disputes") || !strings.Contains(r.Flags[1].Words, "not in the log, or was refused") {
			t.Errorf("got the flags %v", r.Flags)
		}
	}
}

// What an operator does with the log's key in hand: the party's signature still speaks.
func TestASignedCommandThatIsTamperedWithIsCaught(t *testing.T) {
	key := newSigner(t)
	f := onTheTable(t, key)
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key)) // entry 7
	f.sign()
	for name, c := range map[string]struct {
		change func(e *eventstore.Entry)
		says   string
	}{
		"words altered": {func(e *eventstore.Entry) {
			e.Signed.Signed = replace("2016-05-05T00:00:00Z", "2016-06-05T00:00:00Z")(e.Signed.Signed)
		}, "words_sha256"},
		"another's signature": {func(e *eventstore.Entry) {
			again, err := signed.SignBytes(e.Signed.Signed, f.ledger.ID(), newSigner(t))
			must(t, err)
			e.Signed.Signatures = []string{again}
		}, "none of"},
		"a signature for another ledger": {func(e *eventstore.Entry) {
			again, err := signed.SignBytes(e.Signed.Signed, "another", key)
			must(t, err)
			e.Signed.Signatures = []string{again}
		}, "it was made for"},
		"another history seen": {func(e *eventstore.Entry) {
			seen := f.seen()
			seen.Root = make([]byte, 32)
			again, err := signed.Sign(f.statement(2, seen, northAgrees), key)
			must(t, err)
			e.Signed = &again
		}, "another history"},
		"past its end": {func(e *eventstore.Entry) {
			s := f.statement(2, f.seen(), northAgrees)
			s.ValidUntil = "2016-05-04T11:00:00Z"
			again, err := signed.Sign(s, key)
			must(t, err)
			e.Signed = &again
		}, "not to be taken after"},
		"read before the key stood": {func(e *eventstore.Entry) { e.ReadTo = 5 }, "stands on the record"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := forge(t, f, 7, func(payload []byte) []byte {
				e, err := eventstore.ReadPayload(7, payload)
				must(t, err)
				c.change(&e)
				raw, err := eventstore.Encode(e)
				must(t, err)
				return raw
			})
			for _, skip := range []bool{false, true} {
				_, err := bundle.Verify(t.Context(), dir, bundle.Options{Trust: bundle.Trust{LogKey: f.keeper.Verifier()}, SkipRules: skip})
				if err == nil || !strings.HasPrefix(err.Error(), "entry 7: ") || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want entry 7 and %q", err, c.says)
				}
			}
		})
	}
}
