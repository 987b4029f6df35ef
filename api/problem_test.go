package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// TestProblems walks the contract's table of errors.
func TestProblems(t *testing.T) {
	w := open(t)
	w.river()
	const key = "6d8e2a4e-30d9-4a7e-9d3a-2f8f4c0b7a11"
	w.must("register-actor", `{"actor":"east","name":"East","kind":"state","command_id":"`+key+`"}`)
	w.settle() // the index of keys is a read model
	actor := `{"actor":"west","name":"West","kind":"state"}`
	reaffirm := `{"ceasefire":"river","by":"north"}`
	long := strings.Repeat("a", 66_000)
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     string
		field, parameter         string
	}{
		{name: "not JSON", body: `{`, status: 400, code: "unreadable"},
		{name: "empty", body: ``, status: 400, code: "unreadable"},
		{name: "no object", body: `[]`, status: 400, code: "unreadable"},
		{name: "two objects", body: actor + actor, status: 400, code: "unreadable"},
		{name: "duplicate key", body: `{"actor":"west","actor":"west","name":"West","kind":"state"}`, status: 400, code: "unreadable"},
		{name: "broken UTF-8", body: "{\"name\":\"\xff\"}", status: 400, code: "unreadable"},
		{name: "unknown parameter", path: "/v1/commands/register-actor?dry=1", body: actor, status: 400, code: "unknown-parameter", parameter: "dry"},
		{name: "key is no UUID", body: actor, headers: []string{"Idempotency-Key", "1"}, status: 400, code: "bad-header", parameter: "Idempotency-Key"},
		{name: "key and command_id differ", body: `{"actor":"west","name":"W","kind":"state","command_id":"` + key + `"}`,
			headers: []string{"Idempotency-Key", "7d8e2a4e-30d9-4a7e-9d3a-2f8f4c0b7a11"}, status: 400, code: "bad-header", parameter: "Idempotency-Key"},
		{name: "bad If-Match", body: actor, headers: []string{"If-Match", "twelve"}, status: 400, code: "bad-header", parameter: "If-Match"},
		{name: "If-Match and expect differ", path: "/v1/commands/reaffirm", body: `{"ceasefire":"river","by":"north","expect":7}`,
			headers: []string{"If-Match", `"8"`}, status: 400, code: "bad-header", parameter: "If-Match"},
		{name: "unknown command", path: "/v1/commands/regsiter-actor", body: actor, status: 404, code: "unknown-command"},
		{name: "internal command", path: "/v1/commands/open-ledger", body: `{}`, status: 404, code: "unknown-command"},
		{name: "record not there", path: "/v1/commands/reaffirm", body: `{"ceasefire":"nowhere","by":"north"}`, status: 404, code: "not-found"},
		{name: "GET of a command", method: "GET", path: "/v1/commands/propose", status: 405, code: "method-not-allowed"},
		{name: "POST of a question", path: "/v1/ceasefires", body: `{}`, status: 405, code: "method-not-allowed"},
		{name: "no such path", method: "GET", path: "/v2/ceasefires", status: 404, code: "not-found"},
		{name: "stale If-Match", path: "/v1/commands/reaffirm", body: reaffirm, headers: []string{"If-Match", `"3"`}, status: 412, code: "stale"},
		{name: "stale weak If-Match", path: "/v1/commands/reaffirm", body: reaffirm, headers: []string{"If-Match", `W/"3"`}, status: 412, code: "stale"},
		{name: "stale expect", path: "/v1/commands/reaffirm", body: `{"ceasefire":"river","by":"north","expect":3}`, status: 412, code: "stale"},
		{name: "If-Match * of a new record", body: actor, headers: []string{"If-Match", "*"}, status: 412, code: "stale"},
		{name: "entry too large", body: `{"actor":"west","kind":"state","name":"` + long + `"}`, status: 413, code: "entry-too-large"},
		{name: "body too large", body: `{"actor":"west","kind":"state","name":"` + long + long + `"}`, status: 413, code: "body-too-large"},
		{name: "no Content-Type", body: actor, headers: []string{"Content-Type", ""}, status: 415, code: "not-json"},
		{name: "form", body: actor, headers: []string{"Content-Type", "text/plain"}, status: 415, code: "not-json"},
		{name: "other charset", body: actor, headers: []string{"Content-Type", "application/json; charset=latin1"}, status: 415, code: "not-json"},
		{name: "unknown field", body: `{"actor":"west","name":"West","kind":"state","colour":"red"}`, status: 422, code: "invalid-field", field: "colour"},
		{name: "wrong case", body: `{"actor":"west","Name":"West","kind":"state"}`, status: 422, code: "invalid-field", field: "Name"},
		{name: "wrong value", body: `{"actor":"west","name":"West","kind":"planet"}`, status: 422, code: "invalid-field", field: "kind"},
		{name: "wrong type", body: `{"actor":"west","name":7,"kind":"state"}`, status: 422, code: "invalid-field", field: "name"},
		{name: "null", body: `{"actor":"west","name":null,"kind":"state"}`, status: 422, code: "invalid-field", field: "name"},
		{name: "required", body: `{"actor":"west","kind":"state"}`, status: 422, code: "invalid-field", field: "name"},
		{name: "another command in the body", body: `{"command":"propose"}`, status: 422, code: "invalid-field", field: "command"},
		{name: "exists", body: `{"actor":"north","name":"N","kind":"state"}`, status: 422, code: "exists"},
		{name: "unknown id", path: "/v1/commands/reaffirm", body: `{"ceasefire":"river","by":"nobody"}`, status: 422, code: "unknown-id"},
		{name: "repeated consent", path: "/v1/commands/agree", body: `{"ceasefire":"river","by":"north"}`, status: 422, code: "already-consented"},
		{name: "key used for another body", body: `{"actor":"east","name":"Orient","kind":"state","command_id":"` + key + `"}`, status: 422, code: "command-id-used"},
		{name: "key used for another record", body: `{"actor":"orient","name":"Orient","kind":"state","command_id":"` + key + `"}`, status: 422, code: "command-id-used"},
		{name: "cross-origin", body: actor, headers: []string{"Origin", "https://evil.example"}, status: 403, code: "cross-origin"},
		{name: "cross-site", body: actor, headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403, code: "cross-origin"},
		{name: "rebound name", method: "GET", path: "/v1/ceasefires", headers: []string{"Host", "evil.example"}, status: 403, code: "foreign-host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			if c.method == "" {
				c.method = http.MethodPost
			}
			if c.path == "" {
				c.path = "/v1/commands/register-actor"
			}
			before, _ := w.log.Last(t.Context())
			p := wantProblem(t, w.do(c.method, c.path, c.body, c.headers...), c.status, c.code)
			if p.Field != c.field || p.Parameter != c.parameter {
				t.Errorf("got the field %q and the parameter %q, want %q and %q: %s", p.Field, p.Parameter, c.field, c.parameter, p.Detail)
			}
			if after, _ := w.log.Last(t.Context()); after != before {
				t.Errorf("a no stored %d entries", after-before)
			}
		})
	}
}

func TestProblemsSayWhatWouldBeRight(t *testing.T) {
	w := open(t)
	w.river()
	p := wantProblem(t, w.send("nonsense", `{}`), 404, "unknown-command")
	if !slices.Contains(p.Allowed, "propose") {
		t.Errorf("an unknown command does not list the known ones: %v", p.Allowed)
	}
	a := w.do("DELETE", "/v1/ceasefires", "")
	wantProblem(t, a, 405, "method-not-allowed")
	if got := a.Header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("got Allow %q", got)
	}
	stale := wantProblem(t, w.send("reaffirm", `{"ceasefire":"river","by":"north"}`, "If-Match", `"2"`), 412, "stale")
	if stale.Version == nil || *stale.Version != 7 {
		t.Errorf("got the current version %v, want 7", stale.Version)
	}
}

// TestTrouble maps what says nothing about the request.
func TestTrouble(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{&eventstore.ConflictError{Record: domain.Ref{Kind: "ceasefire", ID: "river"}}, 409, "conflict"},
		{eventstore.ErrQueueFull, 503, "queue-full"},
		{eventstore.ErrUnavailable, 503, "unavailable"},
		{eventstore.ErrOutcomeUnknown, 503, "outcome-unknown"},
		{fmt.Errorf("%w: %w", eventstore.ErrOutcomeUnknown, context.DeadlineExceeded), 503, "outcome-unknown"},
		{&eventstore.UnsettledError{Record: domain.Ref{Kind: "ceasefire", ID: "river"}}, 503, "unavailable"},
		{fmt.Errorf("%w: %w", eventstore.ErrUnavailable, eventstore.ErrDisk), 503, "disk"},
		{&fs.PathError{Op: "write", Path: "secret", Err: syscall.ENOSPC}, 503, "disk"},
		{eventstore.ErrClosed, 503, "stopping"},
		{eventstore.ErrNewerFormat, 503, "newer-format"},
		{context.DeadlineExceeded, 503, "unavailable"},
		{errors.New("dial tcp 10.1.2.3: secret"), 500, "internal"},
	} {
		t.Run(c.code, func(t *testing.T) {
			w := open(t, func(o *Options) { o.Ledger = failing{o.Ledger, fmt.Errorf("ceasefire/river: %w", c.err)} })
			a := w.send("register-actor", `{"actor":"west","name":"West","kind":"state"}`)
			p := wantProblem(t, a, c.status, c.code)
			if retry := a.Header.Get("Retry-After"); (retry != "") != (c.status == 503) {
				t.Errorf("got Retry-After %q with %d", retry, c.status)
			}
			if strings.Contains(string(a.body), "secret") || strings.Contains(string(a.body), "river: ") {
				t.Errorf("the inside shows: %s", a.body)
			}
			if c.status == 500 && (p.Instance == "" || !strings.Contains(w.logged.String(), p.Instance)) {
				t.Errorf("the instance %q is not in the log", p.Instance)
			}
		})
	}
}

func TestAPanicIsAProblem(t *testing.T) {
	w := open(t, func(o *Options) { o.Ledger = failing{o.Ledger, nil} })
	p := wantProblem(t, w.send("register-actor", `{"actor":"west","name":"West","kind":"state"}`), 500, "internal")
	if logged := w.logged.String(); !strings.Contains(logged, p.Instance) || !strings.Contains(logged, "out of cheese") {
		t.Errorf("the panic is not logged: %s", logged)
	}
}

func TestAStoppedLedgerTakesNoCommands(t *testing.T) {
	w := open(t)
	w.ledger.Stop(errors.New("entry 4 is damaged"))
	p := wantProblem(t, w.send("register-actor", `{"actor":"west","name":"West","kind":"state"}`), 503, "writes-stopped")
	if strings.Contains(p.Detail, "damaged") {
		t.Errorf("the inside shows: %s", p.Detail)
	}
	if ready := into[readyBody](t, w.get("/readyz")); !ready.Ready || ready.Writable {
		t.Errorf("got %+v, want ready and not writable", ready)
	}
}

func TestReadOnly(t *testing.T) {
	w := open(t, func(o *Options) { o.ReadOnly = true })
	wantProblem(t, w.send("register-actor", `{"actor":"west","name":"West","kind":"state"}`), 403, "read-only")
}

func TestReadOnlyNamesTheWriter(t *testing.T) {
	w := open(t, func(o *Options) { o.ReadOnly, o.Writer = true, "https://ledger.example.org" })
	p := wantProblem(t, w.send("register-actor", `{"actor":"west","name":"West","kind":"state"}`), 403, "read-only")
	if p.Writer != "https://ledger.example.org" || !strings.Contains(p.Detail, p.Writer) {
		t.Errorf("got %+v", p)
	}
}

func TestEveryAnswerOfACopyTellsItsLag(t *testing.T) {
	var now Behind
	w := open(t, func(o *Options) { o.Behind = func() Behind { return now } })
	for want, behind := range map[string]Behind{
		"unknown":              {Heard: -1, Entries: 3},
		"entries=0, heard=0.0": {},
		"entries=5, heard=1.5": {Last: 3, Entries: 3, Heard: 1500 * time.Millisecond}, // two more are not read yet: the first is
	} {
		now = behind
		for _, path := range []string{"/v1/ceasefires", "/v1/nothing", "/readyz", "/"} {
			if got := w.get(path).Header.Get("Truce-Lag"); got != want {
				t.Errorf("%s: got %q, want %q", path, got, want)
			}
		}
	}
	if got := open(t).get("/v1/ceasefires").Header.Values("Truce-Lag"); len(got) != 0 {
		t.Errorf("a log that is no copy has a lag: %q", got)
	}
}

// failing answers every command with an error; without one it panics.
type failing struct {
	Ledger
	err error
}

func (f failing) Execute(context.Context, eventstore.Request) (eventstore.Result, error) {
	if f.err == nil {
		panic("out of cheese")
	}
	return eventstore.Result{}, f.err
}

// rebuilding is an Admin that is busy.
type rebuilding struct{ Admin }

func (rebuilding) Progress() (projections.Progress, bool) {
	return projections.Progress{Doing: projections.Rebuilding, Done: 300, Of: 1000, Since: 100, Took: 2 * time.Second}, true
}

func TestReadyzTellsHowFarARebuildIs(t *testing.T) {
	w := open(t)
	if ready := into[readyBody](t, w.get("/readyz")); ready.Filling != nil {
		t.Errorf("got %+v from read models that have nothing to do", *ready.Filling)
	}
	w.api.Admin = rebuilding{w.api.Admin}
	want := fillingBody{Doing: "rebuilding", Done: 300, Of: 1000, PerSecond: 100, SecondsLeft: 7}
	if ready := into[readyBody](t, w.get("/readyz")); !ready.Ready || ready.Filling == nil || *ready.Filling != want {
		t.Errorf("got %+v, want it ready and %+v", ready.Filling, want)
	}
}
