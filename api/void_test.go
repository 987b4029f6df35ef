package api

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"truceledger/api/access"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/signed"
	"truceledger/projections"
)

// proven is a world whose log is signed.
func proven(t *testing.T) (w *world, sign func()) {
	t.Helper()
	heads, err := proof.OpenHeads(filepath.Join(t.TempDir(), "heads.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = heads.Close() })
	p := &Proof{Heads: heads}
	w = open(t, func(o *Options) { o.Proof = p })
	key, err := proof.OpenLogKey(filepath.Join(t.TempDir(), "log.key"), proof.Origin("ledger.example", w.ledger.ID()))
	if err != nil {
		t.Fatal(err)
	}
	keeper := proof.NewKeeper(key, w.views, heads, nil)
	p.Tree, p.LogKey, p.VerifierKey, p.Ledger = w.views, keeper.Verifier(), key.VerifierKey(), w.ledger.ID()
	return w, func() {
		t.Helper()
		w.settle()
		if _, err := keeper.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// signedBy states a command in full and signs it.
func (w *world) signedBy(number uint64, body string, keys ...ssh.Signer) string {
	w.t.Helper()
	full := strings.Replace(body, "{", fmt.Sprintf(`{"command_id":"00000000-0000-4000-8000-%012d","occurred":"2016-05-04T12:00:00Z",`, number), 1)
	e, err := signed.Sign(signed.Statement{Ledger: w.ledger.ID(), Command: []byte(full), PartySeq: number, ValidUntil: "2100-01-01T00:00:00Z"}, keys[0])
	for _, more := range keys[1:] {
		var other string
		if err == nil {
			other, err = signed.SignBytes(e.Signed, w.ledger.ID(), more)
		}
		e.Signatures = append(e.Signatures, other)
	}
	raw, err2 := e.Marshal()
	if err != nil || err2 != nil {
		w.t.Fatal(err, err2)
	}
	return string(raw)
}

func sshKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Given one node that revokes a key while another one, which has not read so, takes what it signs: the sender is answered 409, the
// entry stands in the log as void with the entry that ended its key, and counts for nothing; what the key had signed since it is
// said to have been in other hands counts, and is shown as disputed.
func TestWhatARevokedKeyHasSigned(t *testing.T) {
	w, sign := proven(t)
	key, next := sshKey(t), sshKey(t)
	w.must("register-actor", `{"actor":"north","name":"North","kind":"state"}`)
	w.must("register-actor", `{"actor":"south","name":"South","kind":"armed_group"}`)
	w.must("propose", `{"ceasefire":"river","by":"south","parties":["north","south"],"from":"2016-05-05T00:00Z","lasting":"PT48H","occurred":"2016-05-01T00:00Z"}`)
	w.must("agree", `{"ceasefire":"river","by":"south","occurred":"2016-05-02T00:00Z"}`)
	media := []string{"Content-Type", signed.MediaType}
	registers := func(k ssh.Signer) string {
		return `{"command":"register-key","actor":"north","key":"` + signed.KeyLine(k.PublicKey()) + `"}`
	}
	w.must("register-key", w.signedBy(1, registers(key), key), media...)
	disputed := w.must("record-statement", w.signedBy(2, `{"command":"record-statement","statement":"word","by":"north","statement_kind":"hope","text":"Soon.","about":["ceasefire/river"]}`, key), media...).Sequence
	last := w.must("register-key", w.signedBy(3, registers(next), next, key), media...).Sequence
	w.settle()

	behind, err := eventstore.Open(t.Context(), w.log, eventstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = behind.Close() })
	other := New(Options{Access: access.Everybody(local), Ledger: behind, Queries: w.views, Admin: w.views, Log: w.log, Version: "1.2.3"})
	t.Cleanup(other.Close)
	node := *w
	node.server = httptest.NewServer(other)
	t.Cleanup(node.server.Close)

	revoke := fmt.Sprintf(`{"command":"revoke-key","actor":"north","fingerprint":"%s","compromised_since":%d}`, signed.Fingerprint(key.PublicKey()), disputed)
	revocation := w.must("revoke-key", w.signedBy(4, revoke, next), media...).Sequence
	w.settle()
	answer := make(chan answered, 1)
	go func() {
		answer <- node.send("agree", w.signedBy(5, `{"command":"agree","ceasefire":"river","by":"north","version":1}`, key), media...)
	}()
	var missed []eventstore.Entry
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for m, err := range w.log.Follow(ctx, last) {
		if err != nil {
			t.Fatalf("it never came onto the log: %v", err)
		}
		e, err := behind.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		if missed = append(missed, e); m.Sequence == revocation+1 {
			break
		}
	}
	if len(missed) != 2 {
		t.Fatalf("it never came onto the log: %s", (<-answer).body)
	}
	for _, e := range missed {
		behind.Observe(e)
	}
	void := revocation + 1
	if p := wantProblem(t, <-answer, http.StatusConflict, "void"); !strings.Contains(p.Detail, fmt.Sprintf("ended by entry %d", revocation)) {
		t.Errorf("the sender is told %q", p.Detail)
	}

	sign()
	if s := into[ProofState](t, w.get(fmt.Sprintf("/v1/entries/%d/proof", void))); s.VoidBy != revocation || s.DisputedBy != 0 || s.State != "logged" || len(s.SignedBy) != 1 {
		t.Errorf("the proof of what is void: %+v", s)
	}
	if s := into[ProofState](t, w.get(fmt.Sprintf("/v1/entries/%d/proof", disputed))); s.VoidBy != 0 || s.DisputedBy != revocation {
		t.Errorf("the proof of what is disputed: %+v", s)
	}
	items := into[projections.Page[projections.HistoryItem]](t, w.get("/v1/ceasefires/river/history")).Items
	shown := map[uint64]projections.HistoryItem{}
	for _, x := range items {
		shown[x.Sequence] = x
	}
	if shown[void].VoidBy != revocation || shown[disputed].DisputedBy != revocation || shown[disputed].VoidBy != 0 {
		t.Errorf("the history says %+v and %+v", shown[void], shown[disputed])
	}
	if a := into[AgreementProof](t, w.get("/v1/ceasefires/river/proof")); a.Agreed || len(a.Consents) != 1 {
		t.Errorf("a void consent makes an agreement: %+v", a)
	}
	if v := into[projections.CeasefireView](t, w.get("/v1/ceasefires/river")); v.Status != "proposed" {
		t.Errorf("a void consent counts: %s", v.Status)
	}
	page := string(w.get("/ceasefires/river?lang=en", "Accept", "text/html").body)
	for _, want := range []string{fmt.Sprintf("void: entry %d had ended its key", revocation), fmt.Sprintf("signature disputed: entry %d", revocation)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "Proof of this agreement") {
		t.Error("the page proves an agreement that is none")
	}

	w.must("agree", w.signedBy(6, `{"command":"agree","ceasefire":"river","by":"north","version":1}`, next), media...)
	sign()
	if a := into[AgreementProof](t, w.get("/v1/ceasefires/river/proof")); !a.Agreed || a.State != "logged" || a.Sequence != void+1 || len(a.Consents) != 2 {
		t.Errorf("the agreement's proof: %+v", a)
	}
	if page := string(w.get("/ceasefires/river?lang=en", "Accept", "text/html").body); !strings.Contains(page, "Proof of this agreement:") {
		t.Error("the page does not show the agreement's proof")
	}
}
