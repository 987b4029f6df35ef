package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"truceledger/projections"
)

// everything puts one record of every kind on the record.
func (w *world) everything() {
	w.t.Helper()
	w.river()
	w.must("register-source", `{"source":"wire","title":"The wire","published":"2016-05-05T10:00:00Z"}`)
	w.must("violate", `{"incident":"shot","by":"north","ceasefires":["river"],"at":"2016-05-05T12:00Z","place":"town","type":"shelling","accused":["south"],"casualties":[{"outcome":"killed","best":2}],"sources":[{"source":"wire"}]}`)
	w.must("open-talks", `{"talks":"round-one","by":"north","occurred":"2016-05-04T10:00Z","participants":["north"]}`)
	w.must("record-tally", `{"tally":"wire-town","source":"wire","area":"town","unit":"civilians","best":12,"as_of":"2016-05-05","sources":[{"source":"wire"}]}`)
	w.must("record-statement", `{"statement":"hope","by":"north","statement_kind":"hope","text":"We hope.","about":["ceasefire/river"],"occurred":"2016-05-05"}`)
	w.settle()
}

func TestEveryRouteAnswers(t *testing.T) {
	w := open(t)
	w.everything()
	for _, path := range []string{
		"/v1/ceasefires", "/v1/ceasefires/river", "/v1/ceasefires/river/history", "/v1/incidents", "/v1/incidents/shot", "/v1/incidents/shot/history",
		"/v1/incidents/counts", "/v1/incidents/counts?by=day,place,type,status,accused", "/v1/talks", "/v1/talks/round-one", "/v1/talks/round-one/history",
		"/v1/tallies", "/v1/tallies/wire-town", "/v1/tallies/wire-town/history", "/v1/statements", "/v1/statements/hope", "/v1/statements/hope/history",
		"/v1/actors", "/v1/actors/north", "/v1/actors/north/history", "/v1/places", "/v1/places/town", "/v1/places/town/history",
		"/v1/sources", "/v1/sources/wire", "/v1/sources/wire/history", "/v1/calendar", "/v1/calendar?effective_at=2016-05-04T00:00:00Z",
		"/v1/ceasefires?status=lapsed&class=local_truce&area=town&actor=north&contested=false",
		"/v1/incidents?ceasefire=river&place=town&type=shelling&status=alleged&accused=south&by=north&since=2016-05-01T00:00:00Z&until=2016-06-01T00:00:00Z",
		"/v1/entries", "/v1/entries?after=3&limit=2", "/v1/entries/1", "/v1/admin/digests", "/healthz", "/readyz", "/metrics",
		"/openapi.json", "/asyncapi.json", "/schemas/commands/propose.json", "/schemas/events/ceasefire-proposed.json",
		"/", "/ceasefires/river", "/assets/style.css", "/assets/icon.svg",
	} {
		a := w.get(path)
		if a.StatusCode != 200 || len(a.body) == 0 {
			t.Errorf("GET %s: got %d %s", path, a.StatusCode, a.body)
		}
		head := w.do(http.MethodHead, path, "")
		if head.StatusCode != 200 || len(head.body) != 0 || head.Header.Get("Content-Type") != a.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: got %d, Content-Type %s, %d bytes", path, head.StatusCode, head.Header.Get("Content-Type"), len(head.body))
		}
	}
}

func TestBadParameters(t *testing.T) {
	w := open(t)
	w.everything()
	for _, c := range []struct{ path, code, parameter string }{
		{"/v1/ceasefires?effective_at=yesterday", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-05-04", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-05-04T12:00Z", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-05-04T12:00:00", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-05-04T12:00:00%2003:00", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-02-30T12:00:00Z", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-05-04T12:00:00,5Z", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-05-04T2:00:00Z", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-05-04T12:00:00%2B24:00", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=2016-05-04T12:00:00%2B03:60", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=0000-05-04T12:00:00Z", "bad-clock", "effective_at"},
		{"/v1/ceasefires?effective_at=0001-01-01T00:00:00%2B03:00", "bad-clock", "effective_at"},
		{"/v1/ceasefires?known_at=1", "bad-clock", "known_at"},
		{"/v1/ceasefires?reported_by=1", "bad-clock", "reported_by"},
		{"/v1/ceasefires?known_at=2016-05-04T12:00:00Z&as_of_sequence=3", "bad-clock", "as_of_sequence"},
		{"/v1/ceasefires?as_of_sequence=-1", "bad-parameter", "as_of_sequence"},
		{"/v1/ceasefires?as_of_sequence=99", "bad-clock", "as_of_sequence"},
		{"/v1/ceasefires?min_sequence=x", "bad-parameter", "min_sequence"},
		{"/v1/ceasefires?min_sequence=007", "bad-parameter", "min_sequence"},
		{"/v1/ceasefires?limit=0", "bad-parameter", "limit"},
		{"/v1/ceasefires?limit=1001", "bad-parameter", "limit"},
		{"/v1/ceasefires?limit=ten", "bad-parameter", "limit"},
		{"/v1/ceasefires?cursor=nonsense", "bad-cursor", "cursor"},
		{"/v1/ceasefires?Status=lapsed", "unknown-parameter", "Status"},
		{"/v1/ceasefires?status=lapsed&status=agreed", "duplicate-parameter", "status"},
		{"/v1/ceasefires?status=", "bad-parameter", "status"},
		{"/v1/ceasefires?status=paused", "bad-parameter", "status"},
		{"/v1/ceasefires?class=big", "bad-parameter", "class"},
		{"/v1/ceasefires?contested=yes", "bad-parameter", "contested"},
		{"/v1/ceasefires?area=Town", "bad-parameter", "area"},
		{"/v1/ceasefires?%zz=1", "bad-parameter", "%zz"},
		{"/v1/ceasefires/river?status=lapsed", "unknown-parameter", "status"},
		{"/v1/incidents?status=rumoured", "bad-parameter", "status"},
		{"/v1/incidents?since=2016", "bad-clock", "since"},
		{"/v1/incidents/counts?by=colour", "bad-parameter", "by"},
		{"/v1/incidents/counts?by=day,day", "bad-parameter", "by"},
		{"/v1/incidents/counts?limit=3", "unknown-parameter", "limit"},
		{"/v1/entries?after=x", "bad-parameter", "after"},
		{"/v1/entries?limit=0", "bad-parameter", "limit"},
		{"/v1/entries?effective_at=2016-05-04T12:00:00Z", "unknown-parameter", "effective_at"},
		{"/v1/stream?after=x", "bad-parameter", "after"},
		{"/v1/stream?after=999", "bad-parameter", "after"},
		{"/healthz?x=1", "unknown-parameter", "x"},
		{"/openapi.json?x=1", "unknown-parameter", "x"},
		{"/?x=1", "unknown-parameter", "x"},
		{"/?lang=tlh", "bad-parameter", "lang"},
	} {
		p := wantProblem(t, w.get(c.path), 400, c.code)
		if p.Parameter != c.parameter || !strings.Contains(p.Detail, c.parameter) {
			t.Errorf("%s: got the parameter %q in %q, want %q", c.path, p.Parameter, p.Detail, c.parameter)
		}
	}
	p := wantProblem(t, w.get("/v1/ceasefires?colour=red"), 400, "unknown-parameter")
	if !slices.Contains(p.Allowed, "effective_at") || !slices.Contains(p.Allowed, "status") {
		t.Errorf("the allowed parameters are not listed: %v", p.Allowed)
	}
}

func TestNotFound(t *testing.T) {
	w := open(t)
	w.everything()
	for _, path := range []string{
		"/v1/ceasefires/nowhere", "/v1/ceasefires/NOWHERE", "/v1/ceasefires/nowhere/history", "/v1/incidents/nowhere", "/v1/actors/nowhere", "/v1/entries/0",
		"/v1/entries/99", "/v1/entries/x", "/v1/entries/01", "/schemas/commands/nothing.json", "/schemas/commands/propose", "/schemas/events/nothing.json",
		"/assets/nothing.css", "/ceasefires/nowhere", "/v1", "/v1/ceasefires/", "/favicon.ico",
		"/v1/ceasefires/river?as_of_sequence=4", "/v1/ceasefires/river?effective_at=2016-04-01T00:00:00Z",
	} {
		wantProblem(t, w.get(path), 404, "not-found")
	}
}

func TestTheThreeClocks(t *testing.T) {
	w := open(t)
	w.everything()
	for _, c := range []struct{ query, status string }{
		{"effective_at=2016-05-01T12:00:00Z", "proposed"},
		{"effective_at=2016-05-04T12:00:00.5Z", "scheduled"},
		{"effective_at=2016-05-05T12:00:00+03:00", "in_force"},   // a plus sign as it stands
		{"effective_at=2016-05-05T12:00:00%2B03:00", "in_force"}, // and as forms write it
		{"effective_at=2016-05-05T12:00:00Z&as_of_sequence=6", "proposed"},
		{"effective_at=2016-05-05t12:00:00z", "in_force"},
		{"effective_at=2016-05-05t15:00:00.000000000001+03:00", "in_force"},
		{"", "lapsed"},
	} {
		a := w.get("/v1/ceasefires/river?" + c.query)
		if got := into[projections.CeasefireView](t, a); a.StatusCode != 200 || got.Status != c.status {
			t.Errorf("%s: got %d %s, want %s", c.query, a.StatusCode, got.Status, c.status)
		}
	}
}

func TestNotModified(t *testing.T) {
	w := open(t)
	w.everything()
	now := url.QueryEscape(time.Now().UTC().Format(time.RFC3339Nano))
	past := "effective_at=2016-05-05T12:00:00Z&known_at=" + now
	for _, c := range []struct {
		query, tag string
		want       int
	}{
		{past, `"7"`, 304},
		{past, `W/"7", "9"`, 304},
		{past, `*`, 304},
		{past, `"6"`, 200},
		{"", `"7"`, 200},
		{"effective_at=2016-05-05T12:00:00Z", `"7"`, 200},
		{"known_at=" + now, `"7"`, 200},
		{"effective_at=2996-05-05T12:00:00Z&known_at=" + now, `"7"`, 200},
		{"effective_at=2016-05-05T12:00:00Z&as_of_sequence=7", `"7"`, 200},
	} {
		a := w.get("/v1/ceasefires/river?"+c.query, "If-None-Match", c.tag)
		if a.StatusCode != c.want || a.Header.Get("ETag") != `"7"` || a.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s with %s: got %d, ETag %s, %s, want %d", c.query, c.tag, a.StatusCode, a.Header.Get("ETag"), a.Header.Get("Cache-Control"), c.want)
		}
		if c.want == 304 && len(a.body) > 0 {
			t.Errorf("a 304 has a body: %s", a.body)
		}
	}
}

// A page has the newest sequence that it was answered from as its tag, and keeps to the rule of single records.
func TestPagesNotModified(t *testing.T) {
	w := open(t)
	w.everything()
	last, _ := w.log.Last(t.Context())
	tag := versionTag(last)
	now := url.QueryEscape(time.Now().UTC().Format(time.RFC3339Nano))
	for _, path := range []string{
		"/v1/ceasefires", "/v1/incidents", "/v1/incidents/counts", "/v1/talks", "/v1/tallies", "/v1/statements", "/v1/actors", "/v1/places",
		"/v1/sources", "/v1/calendar", "/v1/ceasefires/river/history",
	} {
		for _, c := range []struct {
			query, given, tag string
			want              int
		}{
			{"", "", tag, 200},
			{"", tag, tag, 200},
			{"as_of_sequence=7", "", `"7"`, 200},
			{"effective_at=2016-05-05T12:00:00Z&known_at=" + now, tag, tag, 304},
			{"effective_at=2016-05-05T12:00:00Z&known_at=" + now, `"1"`, tag, 200},
			{"known_at=" + now, tag, tag, 200},
		} {
			a := w.get(path+"?"+c.query, "If-None-Match", c.given)
			if a.StatusCode != c.want || a.Header.Get("ETag") != c.tag || a.Header.Get("Cache-Control") != "no-cache" || (c.want == 304) != (len(a.body) == 0) {
				t.Errorf("%s?%s with %s: got %d, ETag %s, %d bytes, want %d, %s", path, c.query, c.given, a.StatusCode, a.Header.Get("ETag"), len(a.body), c.want, c.tag)
			}
		}
	}
}

func TestPages(t *testing.T) {
	w := open(t)
	w.everything()
	var ids []string
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		path := "/v1/ceasefires/river/history?limit=2"
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		page := into[projections.Page[projections.HistoryItem]](t, w.get(path))
		for _, item := range page.Items {
			ids = append(ids, item.Record)
		}
		if cursor = page.NextCursor; pages > 20 {
			t.Fatal("the pages never end")
		}
	}
	if len(ids) < 5 || !slices.Contains(ids, "incident/shot") {
		t.Errorf("got the history %v", ids)
	}
	if a := w.get("/v1/ceasefires?status=collapsed"); string(a.body) != "{\"items\":[],\"next_cursor\":\"\"}\n" {
		t.Errorf("an empty list is %s", a.body)
	}
}

func TestMinSequence(t *testing.T) {
	w := open(t)
	w.river()
	if a := w.get("/v1/ceasefires/river?min_sequence=7"); a.StatusCode != 200 {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	w.api.limits.wait = 50 * time.Millisecond
	for _, path := range []string{"/v1/ceasefires?min_sequence=8", "/v1/entries?min_sequence=8", "/v1/actors/north?min_sequence=8", "/?min_sequence=8", "/v1/stream?min_sequence=8"} {
		a := w.get(path)
		wantProblem(t, a, 503, "behind")
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	w.api.limits.wait = 5 * time.Second
	done := make(chan answered)
	go func() { done <- w.get("/v1/actors/east?min_sequence=8") }()
	time.Sleep(20 * time.Millisecond)
	w.must("register-actor", `{"actor":"east","name":"East","kind":"state"}`)
	if a := <-done; a.StatusCode != 200 {
		t.Errorf("who waited for the entry got %d %s", a.StatusCode, a.body)
	}
}

// TestReadYourOwnWrite asks straight after each command.
func TestReadYourOwnWrite(t *testing.T) {
	w := open(t)
	for _, id := range strings.Split("abcdefghijklmnop", "") {
		got := w.must("register-actor", `{"actor":"`+id+`","name":"N","kind":"state"}`)
		if a := w.get("/v1/actors/" + id + "?min_sequence=" + versionNumber(got.Sequence)); a.StatusCode != 200 {
			t.Fatalf("%s: got %d %s", id, a.StatusCode, a.body)
		}
	}
}

func versionNumber(n uint64) string { return strings.Trim(versionTag(n), `"`) }

func TestNotReady(t *testing.T) {
	w := open(t, func(o *Options) { o.Queries = lagging{o.Queries} })
	for _, path := range []string{"/v1/ceasefires", "/v1/entries", "/"} {
		if a := w.get(path); a.StatusCode != 503 || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: got %d %s", path, a.StatusCode, a.body)
		}
	}
	wantProblem(t, w.get("/v1/ceasefires"), 503, "not-ready")
	wantProblem(t, w.send("register-actor", `{"actor":"a","name":"A","kind":"state"}`), 503, "not-ready")
	a := w.get("/readyz")
	if body := into[readyBody](t, a); a.StatusCode != 503 || body.Ready || body.Lag != 1 || a.Header.Get("Retry-After") == "" {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	if a := w.get("/healthz"); a.StatusCode != 200 {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
}

// lagging read models have applied nothing.
type lagging struct{ Queries }

func (lagging) Applied() uint64 { return 0 }
