package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"truceledger/eventstore/proof/signed"
)

// Bytes to sign are for who may send the command: in the name of an actor that the caller speaks for, and about records that it may
// know of. Nothing is stored.
func TestAStatementIsNarrowedAsItsCommandIs(t *testing.T) {
	p := planting(t)
	p.sign(t)
	before := p.last()
	state := func(caller, verb, body string) answered {
		return p.do(http.MethodPost, "/v1/statements/"+verb, body, "X-Caller", caller)
	}
	draft := p.records["ceasefire"]
	wantProblem(t, state("outsider", "reaffirm", `{"ceasefire":"river","by":"north"}`), 403, "not-your-actor")
	wantProblem(t, state("outsider", "reaffirm", `{"ceasefire":"river"}`), 403, "not-your-actor")
	wantProblem(t, state("monitor", "reaffirm", `{"ceasefire":"river","by":"monitor"}`), 403, "forbidden")
	wantProblem(t, state("observer", "reaffirm", `{"ceasefire":"river","by":"north"}`), 403, "forbidden")
	wantProblem(t, state("outsider", "correct", `{"record":"ceasefire/river","by":"third","sequence":8,"reason":"x","replacement":{"command":"reaffirm","by":"north"}}`), 403, "not-your-actor")
	for _, query := range []string{"", "?party_seq=1"} {
		there := state("outsider", "agree"+query, `{"ceasefire":"`+draft+`","by":"third"}`)
		nowhere := strings.Replace(draft, draft[len(draft)-4:], "0000", 1)
		none := state("outsider", "agree"+query, `{"ceasefire":"`+nowhere+`","by":"third"}`)
		if there.StatusCode != 404 || strings.ReplaceAll(string(there.body), draft, "") != strings.ReplaceAll(string(none.body), nowhere, "") {
			t.Errorf("of a draft that is there %s, of one that is not %s", there.body, none.body)
		}
	}
	if p.last() != before {
		t.Errorf("the log grew from %d to %d", before, p.last())
	}
}

// The next number of a key counts what it has signed in private too: that is told to who speaks for its actor, and to auditors.
func TestTheNumberOfAKeyCountsNothingForOthers(t *testing.T) {
	h := private(t)
	h.sign(t)
	key, other := sshKey(t), sshKey(t)
	media := []string{"Content-Type", signed.MediaType, "X-Caller", "north"}
	register := func(actor string, line string) string {
		return `{"command":"register-key","actor":"` + actor + `","key":"` + line + `"}`
	}
	h.must("register-key", h.signedBy(1, register("north", signed.KeyLine(key.PublicKey())), key), media...)
	h.must("record-statement", h.signedBy(2, `{"command":"record-statement","statement":"restricted-0190a1b2-0000-4000-8000-00000000000a","restricted_to":["north"],"by":"north","statement_kind":"hope","text":"Soon."}`, key), media...)
	media[3] = "outsider"
	h.must("register-key", h.signedBy(3, register("third", signed.KeyLine(other.PublicKey())), other), media...)
	h.settle()
	h.sign(t)
	prints := signed.Fingerprint(key.PublicKey())
	state := func(caller, by, key string) answered {
		query := ""
		if key != "" {
			query = "?key=" + url.QueryEscape(key)
		}
		return h.do(http.MethodPost, "/v1/statements/record-statement"+query, `{"by":"`+by+`","statement_kind":"hope","text":"x"}`, "X-Caller", caller)
	}
	for _, asked := range []string{"", prints} {
		for caller, want := range map[string]uint64{"north": 3, "desk": 2} {
			a := state(caller, "north", asked)
			if a.StatusCode != 200 || into[SigningStatement](t, a).PartySeq != want {
				t.Errorf("%s with key %q: got %d %s, want number %d", caller, asked, a.StatusCode, a.body, want)
			}
		}
	}
	wantProblem(t, state("outsider", "third", prints), 400, "bad-parameter")
	wantProblem(t, state("outsider", "third", "SHA256:x"), 400, "bad-parameter")
	if n := into[SigningStatement](t, state("outsider", "third", "")).PartySeq; n != 4 {
		t.Errorf("got number %d, want 4", n)
	}
}
