package main

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof/witness"
)

// Answers to several questions may come at once: a pipe, or somebody who types ahead.
func TestEachQuestionTakesItsOwnAnswer(t *testing.T) {
	p := &program{stdin: strings.NewReader("y\nyes\nno\n"), stderr: io.Discard}
	s := newSigning(p, signFlags{})
	for i, want := range []bool{true, true, false, false} {
		if err := s.consent("words\n"); (err == nil) != want {
			t.Errorf("question %d: got %v, want consent %v", i+1, err, want)
		}
	}
}

// The head that is signed as seen is waited for until the ledger's witnesses have cosigned it: from then on it bounds the time.
func TestTheSignerWaitsForACosignedHead(t *testing.T) {
	skey, vkey, err := note.GenerateKey(rand.Reader, "ledger.example/truce/abc")
	noError(t, err)
	signer, err := note.NewSigner(skey)
	noError(t, err)
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	bare, err := note.Sign(&note.Note{Text: "ledger.example/truce/abc\n7\n" + root + "\n"}, signer)
	noError(t, err)
	key, err := note.NewVerifier(vkey)
	noError(t, err)
	wskey, _, err := note.GenerateKey(rand.Reader, "north.example/witness")
	noError(t, err)
	store, err := witness.OpenStore(filepath.Join(t.TempDir(), "witness.db"))
	noError(t, err)
	defer store.Close()
	w, err := witness.New(wskey, store, key)
	noError(t, err)
	line, err := w.AddCheckpoint(append([]byte("old 0\n\n"), bare...))
	noError(t, err)
	wkey, err := witness.VerifierKey(wskey)
	noError(t, err)

	var asked atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /log/policy", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, "witness w "+wkey+"\nquorum w\n")
	})
	mux.HandleFunc("GET /log/checkpoint", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write(bare)
		if asked.Add(1) == 3 { // the witness takes its time
			_, _ = rw.Write(line)
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	p := &program{server: server.URL, env: homeEnv, stderr: io.Discard, stdin: strings.NewReader("")}
	s := newSigning(p, signFlags{})
	s.client, err = p.client()
	noError(t, err)
	s.key = key
	seen, err := s.seen(t.Context())
	noError(t, err)
	if seen.Size != 7 || asked.Load() != 3 {
		t.Errorf("it has seen the log at %d, and asked %d times", seen.Size, asked.Load())
	}

	// From here on the witness is away: it is waited for once.
	_, err = s.seen(t.Context())
	noError(t, err)
	before := asked.Load()
	_, err = s.seen(t.Context())
	noError(t, err)
	if asked.Load() != before+1 || before < 6 {
		t.Errorf("it asked %d times, and then %d times more", before-3, asked.Load()-before)
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
