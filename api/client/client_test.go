package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"truceledger/api"
	"truceledger/api/access"
	"truceledger/api/client"
	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	"truceledger/projections"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server over a log in memory. around may stand between it and the client.
func serve(t *testing.T, around func(http.Handler) http.Handler) (*client.Client, *memory.Log) {
	t.Helper()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	log := memory.New()
	var views *projections.Projections
	ledger, err := eventstore.Open(t.Context(), log, eventstore.Options{Logger: quiet, FindCommand: func(ctx context.Context, p, id string) (uint64, bool) {
		return views.FindCommand(ctx, p, id)
	}})
	if err != nil {
		t.Fatal(err)
	}
	views, err = projections.Open(t.Context(), projections.Options{Dir: t.TempDir(), Log: log, LedgerID: ledger.ID(), Observe: ledger.Observe, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	views.Start(t.Context())
	if err := views.WaitFor(t.Context(), 1); err != nil { // until then nobody is answered, and a busy machine takes its time
		t.Fatal(err)
	}
	a := api.New(api.Options{Access: access.Everybody(access.Caller{Name: "local", Roles: []access.Role{access.Recorder, access.Operator}}), Ledger: ledger, Queries: views, Admin: views, Log: log, Logger: quiet})
	var handler http.Handler = a
	if around != nil {
		handler = around(a)
	}
	server := httptest.NewServer(handler)
	transport := &http.Transport{}
	t.Cleanup(func() {
		a.Close()
		server.Close()
		transport.CloseIdleConnections()
		_ = ledger.Close()
		_ = views.Close()
	})
	return connect(t, server.URL, transport), log
}

func connect(t *testing.T, url string, transport *http.Transport) *client.Client {
	t.Helper()
	c, err := client.New(url, client.Options{HTTP: &http.Client{Transport: transport}, Pause: time.Millisecond, Attempts: 4})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func actor(id string) *registry.RegisterActor {
	return &registry.RegisterActor{Actor: id, Name: strings.ToUpper(id), Kind: "state"}
}

func must(t *testing.T, c *client.Client, command domain.Command) client.Accepted {
	t.Helper()
	got, err := c.Do(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestCommandsAndQuestions(t *testing.T) {
	c, _ := serve(t, nil)
	north := must(t, c, actor("north"))
	if north.Record != "actor/north" || north.Sequence != 2 || north.Replayed {
		t.Fatalf("got %+v", north)
	}
	must(t, c, &registry.RegisterPlace{Place: "town", Name: "Town"})
	proposed, err := c.Send(t.Context(), "propose", []byte(`{"ceasefire":"river","by":"north","area":"town","parties":["north"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H","occurred":"2016-05-01T10:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2016, 5, 2, 0, 0, 0, 500_000_000, time.FixedZone("", 3*3600))
	q := client.Query{MinSequence: proposed.Sequence, Clock: projections.Clock{Effective: &at}}
	view, err := c.Ceasefire(t.Context(), "river", q)
	if err != nil || view.Status != "proposed" || !view.Effective.Equal(at) {
		t.Errorf("got %+v, %v", view, err)
	}
	raw, err := c.Record(t.Context(), domain.Ref{Kind: domain.KindCeasefire, ID: "river"}, q)
	if err != nil || !strings.Contains(string(raw), `"status":"proposed"`) {
		t.Errorf("got %s, %v", raw, err)
	}
	q.Filter = map[string]string{"status": "proposed"}
	if page, err := c.Ceasefires(t.Context(), q); err != nil || len(page.Items) != 1 {
		t.Errorf("got %v, %v", page, err)
	}
	var ids []string
	for a, err := range client.All[projections.ActorView](t.Context(), c, "/v1/actors", client.Query{Paging: projections.Paging{Limit: 1}}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
	}
	if fmt.Sprint(ids) != "[north]" {
		t.Errorf("got %v", ids)
	}
	ready, err := c.Ready(t.Context())
	if err != nil || !ready.Ready || ready.Last != 4 {
		t.Errorf("got %+v, %v", ready, err)
	}
	before, err := c.Digests(t.Context(), 4)
	after, err2 := c.Rebuild(t.Context())
	if err != nil || err2 != nil || len(before) == 0 || fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("got %v, %v, %v, %v", before, err, after, err2)
	}
}

func TestANoIsAProblem(t *testing.T) {
	c, _ := serve(t, nil)
	must(t, c, actor("north"))
	for _, x := range []struct {
		verb, body, code, field string
		status                  int
	}{
		{"register-actor", `{"actor":"north","name":"N","kind":"state"}`, "exists", "", 422},
		{"register-actor", `{"actor":"north","Name":"N","kind":"state"}`, "invalid-field", "Name", 422},
		{"register-actor", `{`, "unreadable", "", 400},
		{"nothing", `{}`, "unknown-command", "", 404},
		{"no/thing?", `{}`, "unknown-command", "", 404},
		{"reaffirm", `{"ceasefire":"river","by":"north"}`, "not-found", "", 404},
	} {
		_, err := c.Send(t.Context(), x.verb, []byte(x.body))
		var p *client.Problem
		if !errors.As(err, &p) || p.Status != x.status || p.Code != x.code || p.Field != x.field || p.Error() == "" {
			t.Errorf("%s: got %v, want %d %s", x.verb, err, x.status, x.code)
		}
	}
}

// TestABrokenConnectionStoresNothingTwice loses the answers of stored commands.
func TestABrokenConnectionStoresNothingTwice(t *testing.T) {
	var posts atomic.Int32
	c, log := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && posts.Add(1)%3 != 0 {
				next.ServeHTTP(httptest.NewRecorder(), r) // it is stored
				panic(http.ErrAbortHandler)               // and nobody is told
			}
			next.ServeHTTP(w, r)
		})
	})
	for i := range 5 {
		got := must(t, c, actor(fmt.Sprintf("a-%d", i)))
		if !got.Replayed || got.Sequence != uint64(i+2) {
			t.Errorf("got %+v", got)
		}
	}
	if last, _ := log.Last(t.Context()); last != 6 {
		t.Errorf("the log ends at %d, want 6", last)
	}
}

func TestWhatPassesIsTriedAgainAndWhatDoesNotIsNot(t *testing.T) {
	for _, x := range []struct {
		status, tries int
	}{{503, 4}, {502, 4}, {500, 1}, {409, 1}, {412, 1}, {422, 1}, {404, 1}} {
		var tries atomic.Int32
		c, _ := serve(t, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				tries.Add(1)
				w.WriteHeader(x.status)
			})
		})
		_, err := c.Do(t.Context(), actor("north"))
		var p *client.Problem
		if !errors.As(err, &p) || p.Status != x.status || int(tries.Load()) != x.tries {
			t.Errorf("%d: got %v after %d tries, want %d", x.status, err, tries.Load(), x.tries)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	transport := &http.Transport{}
	c := connect(t, "http://127.0.0.1:1", transport)
	if _, err := c.Do(t.Context(), actor("north")); err == nil || !strings.Contains(err.Error(), "is it running?") {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"", "localhost:8080", "ftp://x", "http://"} {
		if _, err := client.New(bad, client.Options{}); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
}

// TestWatchGoesOnOverBreaks cuts the stream every few hundred bytes.
func TestWatchGoesOnOverBreaks(t *testing.T) {
	c, log := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/stream") || strings.HasSuffix(r.URL.Path, "/entries") {
				w = &cutting{ResponseWriter: w, left: 1900}
			}
			next.ServeHTTP(w, r)
		})
	})
	const entries = 20
	for i := range entries {
		must(t, c, actor(fmt.Sprintf("a-%d", i)))
	}
	enough := errors.New("enough")
	var got []uint64
	err := c.Watch(t.Context(), 0, func(e client.Event) error {
		if e.Type != "entry" {
			return nil
		}
		if got = append(got, e.ID); len(got) == entries+1 {
			return enough
		}
		return nil
	})
	if err != enough {
		t.Fatal(err)
	}
	for i, id := range got {
		if id != uint64(i+1) {
			t.Fatalf("got %v", got)
		}
	}
	var lines, want []string
	for line, err := range c.Entries(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	for m := range log.Read(t.Context(), 0) {
		want = append(want, string(m.Payload))
	}
	if fmt.Sprint(lines) != fmt.Sprint(want) {
		t.Errorf("got %d entries, want %d", len(lines), len(want))
	}
}

// cutting cuts the connection after some bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		_, _ = c.ResponseWriter.Write(p[:max(0, len(p)+c.left)])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return c.ResponseWriter.Write(p)
}

func (c *cutting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func TestWatchFromNow(t *testing.T) {
	c, _ := serve(t, nil)
	must(t, c, actor("before"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for i := 0; ctx.Err() == nil; i++ {
			time.Sleep(10 * time.Millisecond)
			_, _ = c.Do(ctx, actor(fmt.Sprintf("a-%d", i)))
		}
	}()
	err := c.Watch(ctx, client.FromNow, func(e client.Event) error {
		if e.ID <= 2 || strings.Contains(string(e.Data), "BEFORE") {
			t.Errorf("got %d %s", e.ID, e.Data)
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := c.Watch(t.Context(), 999_999, func(client.Event) error { return nil }); err == nil || !strings.Contains(err.Error(), "another ledger") {
		t.Errorf("got %v", err)
	}
}
