package signed_test

import (
	"errors"
	"strings"
	"testing"

	"truceledger/eventstore/proof/signed"
)

// Whoever assembles a signed command by hand is told which field is wrong, in no programmer's words.
func TestASlipIsNamedByItsField(t *testing.T) {
	raw, err := statement().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	with := func(old, put string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s holds no %s", good, old)
		}
		return strings.Replace(good, old, put, 1)
	}
	envelope := func(body string) error { _, err := signed.ParseEnvelope([]byte(body)); return err }
	parsed := func(body string) error { _, err := signed.ParseStatement([]byte(body)); return err }
	for _, c := range []struct {
		err  error
		says string
	}{
		{parsed(with(`"party_seq":1`, `"party_seq":99999999999999999999`)), "party_seq: allowed is a whole number"},
		{parsed(with(`"party_seq":1`, `"party_seq":"1"`)), "party_seq: allowed is a whole number"},
		{parsed(with(`"party_seq":1`, `"party_seq":1,"party_seq":1`)), "party_seq: it stands twice"},
		{parsed(with(`"size":`, `"size":1e3,"x":`)), "seen/size: allowed is a whole number"},
		{parsed(with(`"root":"`, `"root":"!`)), "seen/root: allowed is base64 in quotes"},
		{parsed(with(`"ledger"`, `"Ledger"`)), "Ledger: there is no such field"},
		{parsed(good[:40]), "it is not JSON in UTF-8, or ends in the middle"},
		{parsed(`[]`), "the whole: allowed is an object"},
		{envelope(``), "it is not JSON in UTF-8, or ends in the middle"},
		{envelope(`{"signed":1}`), "signed: allowed is base64 in quotes"},
		{envelope(`{"signatures":"x"}`), "signatures: allowed is a list of texts"},
		{envelope(`{"signatures":[7]}`), "signatures/0: allowed is a text"},
	} {
		if !errors.Is(c.err, signed.ErrForm) || c.err.Error() != "not a signed command: "+c.says {
			t.Errorf("got %v, want %s", c.err, c.says)
		}
	}
}
