package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/eventstore"
	"truceledger/eventstore/blobs"
	"truceledger/eventstore/memory"
	"truceledger/eventstore/proof"
	"truceledger/projections"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ Queries = (*projections.Projections)(nil)
	_ Admin   = (*projections.Projections)(nil)
	_ Ledger  = (*eventstore.Ledger)(nil)
)

// local is who everybody is where a test does not say otherwise.
var local = access.Caller{Name: "local", Roles: []access.Role{access.Recorder, access.Auditor, access.Operator}}

// A world is the whole of a server over a log in memory.
type world struct {
	t      testing.TB
	log    *memory.Log
	ledger *eventstore.Ledger
	views  *projections.Projections
	api    *API
	server *httptest.Server
	logged *safeBuffer
}

// open starts a world. change may change the options of the API.
func open(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, log: memory.New(), logged: &safeBuffer{}}
	logger := slog.New(slog.NewJSONHandler(w.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var asked Options // all of the world goes by one clock
	for _, f := range change {
		f(&asked)
	}
	var err error
	w.ledger, err = eventstore.Open(t.Context(), w.log, eventstore.Options{
		Logger: logger, Clock: asked.Clock, Material: beside(asked),
		FindCommand: func(ctx context.Context, principal, id string) (uint64, bool) {
			return w.views.FindCommand(ctx, principal, id)
		},
	})
	if err != nil {
		t.Fatalf("open the ledger: %v", err)
	}
	w.views, err = projections.Open(t.Context(), projections.Options{
		Dir: t.TempDir(), Log: w.log, LedgerID: w.ledger.ID(), Zone: w.ledger.Zone(), Observe: w.ledger.Observe, Logger: logger,
		Now: asked.Clock,
	})
	if err != nil {
		t.Fatalf("open the projections: %v", err)
	}
	w.views.Start(t.Context())
	o := Options{Access: access.Everybody(local), Ledger: w.ledger, Queries: w.views, Admin: w.views, Log: w.log, Logger: logger, Version: "1.2.3"}
	for _, f := range change {
		f(&o)
	}
	w.api = New(o)
	w.server = httptest.NewServer(w.api)
	t.Cleanup(func() {
		w.api.Close()
		w.server.Close()
		_ = w.ledger.Close()
		_ = w.views.Close()
	})
	w.settle()
	return w
}

// A notary signs the heads of a world's log.
type notary struct{ keeper *proof.Keeper }

// provable gives a world signed heads, and so the routes of the proof.
func (n *notary) provable(t testing.TB) func(*Options) {
	dir := t.TempDir()
	return func(o *Options) {
		if o.Queries == nil { // it is asked for the clock only
			return
		}
		ledger := o.Ledger.(*eventstore.Ledger).ID()
		key, err := proof.OpenLogKey(filepath.Join(dir, "log.key"), proof.Origin("localhost", ledger))
		if err != nil {
			t.Fatal(err)
		}
		heads, err := proof.OpenHeads(filepath.Join(dir, "heads.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = heads.Close() })
		tree := o.Queries.(*projections.Projections)
		n.keeper = proof.NewKeeper(key, tree, heads, nil)
		o.Proof = &Proof{Heads: heads, Tree: tree, LogKey: n.keeper.Verifier(), VerifierKey: key.VerifierKey(), Ledger: ledger}
	}
}

// sign signs a head over all that the read models hold.
func (n *notary) sign(t testing.TB) {
	t.Helper()
	if _, err := n.keeper.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// beside is what lies beside the log of a world that has it.
func beside(o Options) eventstore.Material {
	if o.Files == nil {
		return nil
	}
	return struct {
		*blobs.Files
		*blobs.Vault
	}{o.Files, o.Vault}
}

// settle waits until the read models hold all of the log.
func (w *world) settle() {
	w.t.Helper()
	last, err := w.log.Last(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	if err := w.views.WaitFor(ctx, last); err != nil {
		w.t.Fatal(err)
	}
}

// An answer is a response that was read to its end.
type answered struct {
	*http.Response
	body []byte
}

func (w *world) do(method, path, body string, headers ...string) answered {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	response, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answered{response, raw}
}

func (w *world) get(path string, headers ...string) answered {
	w.t.Helper()
	return w.do(http.MethodGet, path, "", headers...)
}

// send sends a command and returns the answer.
func (w *world) send(verb, body string, headers ...string) answered {
	w.t.Helper()
	return w.do(http.MethodPost, "/v1/commands/"+verb, body, headers...)
}

// must sends a command that has to be accepted.
func (w *world) must(verb, body string, headers ...string) wire.Accepted {
	w.t.Helper()
	a := w.send(verb, body, headers...)
	if a.StatusCode != http.StatusCreated {
		w.t.Fatalf("%s %s: got %d %s", verb, body, a.StatusCode, a.body)
	}
	return into[wire.Accepted](w.t, a)
}

func into[T any](t testing.TB, a answered) (v T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(a.body))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return v
}

// wantProblem fails unless the answer is a problem with this status and code.
func wantProblem(t testing.TB, a answered, status int, code string) wire.Problem {
	t.Helper()
	p := into[wire.Problem](t, a)
	if a.StatusCode != status || p.Status != status || p.Code != code {
		t.Fatalf("got %d %s, want %d %s", a.StatusCode, a.body, status, code)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("got the Content-Type %q for %s", got, a.body)
	}
	if p.Type != "urn:truce:problem:"+code || p.Title == "" || p.Detail == "" {
		t.Fatalf("a problem without type, title or detail: %s", a.body)
	}
	return p
}

// river puts two actors, a place and a ceasefire in force on the record; it ends at 7.
func (w *world) river() {
	w.t.Helper()
	w.must("register-actor", `{"actor":"north","name":"North","kind":"state"}`)
	w.must("register-actor", `{"actor":"south","name":"South","kind":"armed_group"}`)
	w.must("register-place", `{"place":"town","name":"Town"}`)
	w.must("propose", `{"ceasefire":"river","by":"north","title":"River","class":"local_truce","area":"town","occurred":"2016-05-01T10:00Z",`+
		`"zone":"Asia/Damascus","parties":["north","south"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H"}`)
	w.must("agree", `{"ceasefire":"river","by":"north","occurred":"2016-05-02T10:00Z"}`)
	w.must("agree", `{"ceasefire":"river","by":"south","occurred":"2016-05-03T10:00Z"}`)
	w.settle()
}

// A safeBuffer is a bytes.Buffer for many goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
