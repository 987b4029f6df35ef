package bus_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"truceledger/api"
	"truceledger/api/access"
	"truceledger/api/bus"
	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/projections"
)

// A house is a served ledger that listens on the bus.
type house struct {
	t        testing.TB
	embedded *jetstream.Embedded
	own      *nats.Conn // the ledger's
	log      *jetstream.Log
	api      *api.API
	tokens   *access.Store
	ids      map[string]string // of tokens, by the names of their bearers
	secrets  map[string]string
}

func open(t *testing.T) *house { return openWith(t, func(h http.Handler) http.Handler { return h }) }

// openWith opens a house whose bus asks another handler than its API.
func openWith(t testing.TB, handler func(http.Handler) http.Handler) *house {
	t.Helper()
	dir, logger := t.TempDir(), slog.New(slog.DiscardHandler)
	tokens, _, err := access.OpenStore(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, tokens: tokens, ids: map[string]string{}, secrets: map[string]string{}}
	for name, role := range map[string]access.Role{"reader": access.Observer, "writer": access.Recorder, "auditor": access.Auditor} {
		made, secret, err := tokens.Create(access.Asked{Name: name, Roles: []access.Role{role}})
		if err != nil {
			t.Fatal(err)
		}
		h.ids[name], h.secrets[name] = made.ID, secret
	}
	h.embedded, err = jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: dir, Access: &jetstream.Access{Address: "127.0.0.1:0", Kinds: bus.Kinds(), Admit: bus.Admit(tokens)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.embedded.Shutdown)
	nc, err := h.embedded.Connect()
	if err != nil {
		t.Fatal(err)
	}
	log, err := jetstream.Open(t.Context(), nc, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := eventstore.Open(t.Context(), log, eventstore.Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	views, err := projections.Open(t.Context(), projections.Options{Dir: filepath.Join(dir, "views"), Log: log, LedgerID: ledger.ID(), Observe: ledger.Observe, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	h.own, h.log = nc, log
	views.Start(context.Background())
	if err := views.WaitFor(t.Context(), 1); err != nil { // until then nobody is answered, and a busy machine takes its time
		t.Fatal(err)
	}
	h.api = api.New(api.Options{Access: &access.Desk{Store: tokens, Ledger: "testledger"}, Ledger: ledger, Queries: views, Log: log, Logger: logger})
	service, err := h.embedded.ConnectService()
	if err != nil {
		t.Fatal(err)
	}
	state, err := h.embedded.ConnectState()
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Start(t.Context(), bus.Options{Conn: service, State: state, Handler: handler(h.api), Log: log, Models: views, Logger: logger, Version: "v1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.Stop()
		h.api.Close()
		_ = ledger.Close()
		_ = views.Close()
	})
	return h
}

func (h *house) connect(name string) *nats.Conn {
	h.t.Helper()
	nc, err := nats.Connect("nats://"+h.embedded.Address(), nats.UserInfo(h.ids[name], h.secrets[name]), nats.CustomInboxPrefix("_INBOX."+h.ids[name]))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(nc.Close)
	return nc
}

func (h *house) request(nc *nats.Conn, subject, payload string) *nats.Msg {
	h.t.Helper()
	return h.requestAs("writer", nc, subject, payload)
}

// requestAs sends a request with the token of somebody; without one for "".
func (h *house) requestAs(name string, nc *nats.Conn, subject, payload string) *nats.Msg {
	h.t.Helper()
	q := nats.NewMsg(subject)
	q.Data = []byte(payload)
	if name != "" {
		q.Header.Set("Authorization", "Bearer "+h.secrets[name])
	}
	m, err := nc.RequestMsg(q, 10*time.Second)
	if err != nil {
		h.t.Fatalf("%s %s: %v", subject, payload, err)
	}
	return m
}

func TestCommandsOnTheBusAnswerAsOverHTTP(t *testing.T) {
	h := open(t)
	nc := h.connect("writer")
	m := h.request(nc, "truce-api.command.register-actor", `{"actor":"north","name":"North","kind":"state","command_id":"0198a3c2-0000-7000-8000-000000000001"}`)
	if m.Header.Get("Status") != "201" || m.Header.Get("Location") != "/v1/actors/north" || !strings.Contains(string(m.Data), `"actor-registered"`) {
		t.Errorf("got %v %s", m.Header, m.Data)
	}
	if again := h.request(nc, "truce-api.command.register-actor", `{"actor":"north","name":"North","kind":"state","command_id":"0198a3c2-0000-7000-8000-000000000001"}`); again.Header.Get("Status") != "200" || string(again.Data) != string(m.Data) {
		t.Errorf("got %v %s, want the first answer again", again.Header, again.Data)
	}
	for verb, body := range map[string]string{
		"register-actor": `{"actor":"north","name":"Other","kind":"state"}`, "agree": `{"ceasefire":"none","by":"north"}`, "violate": `{"incidnt":"x"}`, "propose": `{`,
	} {
		m := h.request(nc, "truce-api.command."+verb, body)
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/v1/commands/"+verb, strings.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+h.secrets["writer"])
		h.api.ServeHTTP(w, r)
		var p struct {
			Status int
			Detail string
		}
		_ = json.Unmarshal(w.Body.Bytes(), &p)
		if m.Header.Get(micro.ErrorCodeHeader) != m.Header.Get("Status") || m.Header.Get("Status") == "" || m.Header.Get(micro.ErrorHeader) != p.Detail || string(m.Data) != w.Body.String() {
			t.Errorf("%s: the bus says %v %s, HTTP %d %s", verb, m.Header, m.Data, w.Code, w.Body)
		}
	}
	if m := h.request(nc, "truce-api.query", "/v1/actors/north?min_sequence=2"); !strings.Contains(string(m.Data), `"name":"North"`) || m.Header.Get("ETag") == "" {
		t.Errorf("got %v %s", m.Header, m.Data)
	}
	for _, path := range []string{"/v1/stream", "/metrics", "/v1/admin/rebuild", "nonsense"} {
		if m := h.request(nc, "truce-api.query", path); m.Header.Get(micro.ErrorCodeHeader) != "404" {
			t.Errorf("%s: got %v", path, m.Header)
		}
	}
	info := h.request(nc, "$SRV.INFO.truce", "")
	if !strings.Contains(string(info.Data), "/schemas/commands/propose.json") || !strings.Contains(string(info.Data), `"version":"1.2.3"`) {
		t.Errorf("got %s", info.Data)
	}
	if stats := h.request(nc, "$SRV.STATS.truce", ""); !strings.Contains(string(stats.Data), `"errors":1`) {
		t.Errorf("the errors are not counted: %s", stats.Data)
	}
}

func TestTheBucketShowsRecordsAsTheyChange(t *testing.T) {
	h := open(t)
	nc := h.connect("writer")
	js, err := natsjs.New(h.connect("reader"))
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), bus.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	w, err := kv.Watch(t.Context(), "ceasefire.*")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	soon := time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339Nano)
	for _, c := range []string{
		`register-actor {"actor":"north","name":"North","kind":"state"}`, `register-actor {"actor":"south","name":"South","kind":"state"}`,
		`propose {"ceasefire":"river","by":"north","parties":["north","south"],"from":"` + soon + `","lasting":"PT2S"}`,
		`agree {"ceasefire":"river","by":"north"}`, `agree {"ceasefire":"river","by":"south"}`,
	} {
		verb, body, _ := strings.Cut(c, " ")
		if m := h.request(nc, "truce-api.command."+verb, body); m.Header.Get("Status") != "201" {
			t.Fatalf("%s: %s", c, m.Data)
		}
	}
	want := []string{"scheduled", "in_force", "lapsed"} // the last two by time alone
	deadline := time.After(30 * time.Second)
	for len(want) > 0 {
		select {
		case e := <-w.Updates():
			if e != nil && strings.Contains(string(e.Value()), `"status":"`+want[0]+`"`) {
				want = want[1:]
			}
		case <-deadline:
			t.Fatalf("the bucket never showed %v", want)
		}
	}
}

func TestNobodyDoesMoreThanTheirRole(t *testing.T) {
	h := open(t)
	if _, err := nats.Connect("nats://" + h.embedded.Address()); err == nil {
		t.Error("a connection without credentials was let in")
	}
	for _, c := range []struct{ user, subject string }{
		{"reader", "truce-api.command.violate"}, {"reader", "truce.ceasefire.river"}, {"writer", "truce.ceasefire.river"}, {"writer", "$KV.TRUCE_STATE.ceasefire.river"},
		{"writer", "$JS.API.STREAM.DELETE.TRUCE"}, {"auditor", "$JS.API.STREAM.DELETE.TRUCE"},
		{"reader", "$JS.API.STREAM.INFO.TRUCE"}, {"reader", "$JS.API.STREAM.MSG.GET.TRUCE"}, {"reader", "$JS.API.DIRECT.GET.TRUCE"}, {"writer", "$JS.API.CONSUMER.CREATE.TRUCE"},
		{"writer", "$JS.API.DIRECT.GET.TRUCE.truce.ceasefire.x"}, {"reader", "$JS.API.CONSUMER.LIST.TRUCE"}, {"writer", "$JS.API.DIRECT.GET.TRUCE"}, {"writer", "$JS.API.STREAM.PURGE.KV_TRUCE_STATE"},
	} {
		denied := make(chan error, 1)
		nc, err := nats.Connect("nats://"+h.embedded.Address(), nats.UserInfo(h.ids[c.user], h.secrets[c.user]), nats.CustomInboxPrefix("_INBOX."+h.ids[c.user]),
			nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
		if err != nil {
			t.Fatal(err)
		}
		_ = nc.Publish(c.subject, []byte("{}"))
		_ = nc.Flush()
		select {
		case err := <-denied:
			if !strings.Contains(err.Error(), "Permissions Violation") {
				t.Errorf("%s on %s: got %v", c.user, c.subject, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s may publish on %s", c.user, c.subject)
		}
		nc.Close()
	}
}

// A connection says what may be asked; each request's own token says who asks, and the table of HTTP what they may.
func TestTheBusGoesByTheTable(t *testing.T) {
	h := open(t)
	nc := h.connect("writer")
	for _, c := range []struct{ as, subject, payload, want string }{
		{"writer", "truce-api.command.register-place", `{"place":"ford","name":"Ford"}`, ""},
		{"", "truce-api.command.register-place", `{"place":"ford","name":"Ford"}`, "401"},
		{"", "truce-api.query", "/v1/places", "401"},
		{"reader", "truce-api.command.register-place", `{"place":"mill","name":"Mill"}`, "403"},
		{"auditor", "truce-api.query", "/v1/places", ""},
		{"writer", "truce-api.query", "/v1/tokens", "403"},
	} {
		if m := h.requestAs(c.as, nc, c.subject, c.payload); m.Header.Get(micro.ErrorCodeHeader) != c.want {
			t.Errorf("%s as %q: got %v %s, want %q", c.subject, c.as, m.Header, m.Data, c.want)
		}
	}
}

func TestARevokedTokenLosesItsConnection(t *testing.T) {
	h := open(t)
	gone := make(chan struct{})
	nc, err := nats.Connect("nats://"+h.embedded.Address(), nats.UserInfo(h.ids["reader"], h.secrets["reader"]), nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(gone) }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := h.tokens.Revoke(h.ids["reader"]); err != nil {
		t.Fatal(err)
	}
	if err := h.embedded.Drop(h.ids["reader"]); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("it is still connected")
	}
	for name, password := range map[string]string{h.ids["reader"]: h.secrets["reader"], h.ids["auditor"]: h.secrets["writer"], "truce": "", "": ""} {
		if nc, err := nats.Connect("nats://"+h.embedded.Address(), nats.UserInfo(name, password)); err == nil {
			nc.Close()
			t.Errorf("%q is let in", name)
		}
	}
}

// A restricted record leaves no key, no value and no deletion in the bucket; the log itself is for auditors.
func TestTheBusTellsNothingOfRestrictedRecords(t *testing.T) {
	h := open(t)
	nc := h.connect("writer")
	for _, c := range []string{
		`register-actor {"actor":"north","name":"North","kind":"state"}`, `propose {"by":"north","title":"Zebra","parties":["north"],"restricted_to":["north"]}`,
		`record-statement {"statement":"restricted-3f0a1c52-9d5b-4c1e-8f5a-0123456789ab","by":"north","statement_kind":"hope","text":"zebra","restricted_to":["north"]}`,
		`register-actor {"actor":"south","name":"South","kind":"state"}`, // not even who is let in finds it in what all share
		`share {"record":"statement/restricted-3f0a1c52-9d5b-4c1e-8f5a-0123456789ab","by":"north","with":["south"]}`, `register-place {"place":"last","name":"Last"}`,
	} {
		verb, body, _ := strings.Cut(c, " ")
		if m := h.request(nc, "truce-api.command."+verb, body); m.Header.Get("Status") != "201" {
			t.Fatalf("%s: %s", c, m.Data)
		}
	}
	m := h.request(nc, "truce-api.command.open-talks", `{"by":"north","track":"x","restricted_to":["north"]}`)
	var opened struct{ Record string }
	_ = json.Unmarshal(m.Data, &opened)
	id := strings.TrimPrefix(opened.Record, "talks/")
	if m := h.request(nc, "truce-api.command.record-talks-status", `{"talks":"`+id+`","by":"north","status":"concluded","expect":1}`); !strings.Contains(m.Header.Get(micro.ErrorHeader), id) {
		t.Errorf("got %v, want a no that names %s", m.Header, id)
	}
	if stats := h.request(h.connect("reader"), "$SRV.STATS.truce", ""); strings.Contains(string(stats.Data), "restricted") {
		t.Errorf("the service tells everybody of the last error: %s", stats.Data)
	}
	js, err := natsjs.New(h.connect("reader"))
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), bus.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	w, err := kv.WatchAll(t.Context(), natsjs.IncludeHistory())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	for deadline := time.After(30 * time.Second); ; {
		select {
		case e := <-w.Updates():
			if e == nil {
				continue
			}
			if strings.Contains(e.Key(), "restricted") || strings.Contains(strings.ToLower(string(e.Value())), "zebra") {
				t.Errorf("the bucket holds %s: %s", e.Key(), e.Value())
			}
			if e.Key() != "place.last" {
				continue
			}
		case <-deadline:
			t.Error("the bucket never came to the last record")
		}
		break
	}
	audit, err := natsjs.New(h.connect("auditor"))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := audit.Stream(t.Context(), jetstream.DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := stream.GetMsg(t.Context(), 3); err != nil || !strings.Contains(string(m.Data), "Zebra") {
		t.Errorf("the auditor got %v, %v", m, err)
	}
}

// TestWithTheRealClient speaks with natscli, where it can be had.
func TestWithTheRealClient(t *testing.T) {
	cli := natscli(t)
	h := open(t)
	run := func(user string, args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		c := exec.CommandContext(ctx, cli, append([]string{"--server", "nats://" + h.embedded.Address(), "--user", h.ids[user], "--password", h.secrets[user], "--inbox-prefix", "_INBOX." + h.ids[user]}, args...)...)
		c.Env = append(os.Environ(), "HOME="+t.TempDir())
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("nats %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if out := run("writer", "request", "--header", "Authorization: Bearer "+h.secrets["writer"], "truce-api.command.register-actor", `{"actor":"north","name":"North","kind":"state"}`); !strings.Contains(out, "actor/north") {
		t.Errorf("got %s", out)
	}
	if out := run("reader", "micro", "info", "truce"); !strings.Contains(out, "register-actor") {
		t.Errorf("got %s", out)
	}
	for range 50 {
		if out := run("reader", "kv", "get", "TRUCE_STATE", "actor.north", "--raw"); strings.Contains(out, "North") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if out := run("auditor", "stream", "get", "TRUCE", "2"); !strings.Contains(out, "truce.entry.v1") {
		t.Errorf("got %s", out)
	}
}

// natscli finds the client, or builds it; without a network and without a copy the test is skipped, and says so.
func natscli(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("TRUCE_NATSCLI"); path != "" {
		return path
	}
	if path, err := exec.LookPath("nats"); err == nil {
		return path
	}
	if os.Getenv("TRUCE_INSTALL_TOOLS") == "" {
		t.Skip("the nats client is not at hand: put it on the PATH, name it in TRUCE_NATSCLI, or set TRUCE_INSTALL_TOOLS=1 to build it (some minutes)")
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "go", "install", "github.com/nats-io/natscli/nats@v0.5.1")
	c.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("the nats client cannot be had here: %v\n%s", err, out)
	}
	return filepath.Join(dir, "nats")
}

// TestRequestsOfOneVerbAreCarriedOutBesideEachOther has a handler that answers nobody before all have come in.
func TestRequestsOfOneVerbAreCarriedOutBesideEachOther(t *testing.T) {
	const together = 20
	var inside sync.WaitGroup
	inside.Add(together)
	h := openWith(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				inside.Done()
				inside.Wait()
			}
			w.WriteHeader(http.StatusUnprocessableEntity)
		})
	})
	nc := h.connect("writer")
	answers := make(chan *nats.Msg, together)
	for range together {
		go func() {
			m, err := nc.Request("truce-api.command.agree", []byte(`{}`), 20*time.Second)
			if err != nil {
				t.Error(err)
			}
			answers <- m
		}()
	}
	for range together {
		if m := <-answers; m != nil && m.Header.Get(micro.ErrorCodeHeader) != "422" {
			t.Errorf("got %v", m.Header)
		}
	}
	if stats := h.request(nc, "$SRV.STATS.truce", ""); !strings.Contains(string(stats.Data), `"by_status":{"422":20}`) {
		t.Errorf("got %s", stats.Data)
	}
}
