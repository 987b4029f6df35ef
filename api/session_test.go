package api

import (
	"bufio"
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"truceledger/api/access"
)

// browse is a browser at the world: it keeps cookies.
func browse(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func TestSigningInWithABrowser(t *testing.T) {
	g := gate(t)
	b := browse(t)
	post := func(path string, form url.Values, headers ...string) answered {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, g.server.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		a, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		return answered{Response: a}
	}
	if a := post("/login", url.Values{"token": {"truce_no"}}); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong token: got %d", a.StatusCode)
	}
	if a := post("/login", url.Values{"token": {g.tokens[access.Recorder]}}, "Sec-Fetch-Site", "cross-site"); a.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site: got %d", a.StatusCode)
	}
	a := post("/login", url.Values{"token": {" " + g.tokens[access.Recorder] + "\n"}, "next": {"/act?lang=fr"}})
	if a.StatusCode != http.StatusOK || a.Request.URL.RequestURI() != "/act?lang=fr" {
		t.Errorf("got %d at %s", a.StatusCode, a.Request.URL)
	}
	if got := g.logged.String(); strings.Contains(got, g.tokens[access.Recorder]) {
		t.Error("the token is in the log")
	}
	post("/logout", nil)
	answer, err := b.Get(g.server.URL + "/v1/actors")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("after signing out: got %d", answer.StatusCode)
	}
}

func TestAfterSigningInOneStaysHere(t *testing.T) {
	for next, want := range map[string]string{
		"/act?x=1": "/act?x=1", "": "/", "https://evil.example/": "/", "//evil.example/": "/", `/\evil.example`: "/", "act": "/", "/a\r\nb": "/", "javascript:alert(1)": "/",
	} {
		if got := localPath(next); got != want {
			t.Errorf("%q: got %q, want %q", next, got, want)
		}
	}
}

// A stream ends with the token that opened it.
func TestRevokingEndsWhatIsUnderWay(t *testing.T) {
	g := gate(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, g.server.URL+"/v1/stream", nil)
	r.Header.Set("Authorization", "Bearer "+g.tokens[access.Observer])
	a, err := g.server.Client().Do(r)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatal(a, err)
	}
	defer a.Body.Close()
	lines := bufio.NewScanner(a.Body)
	if !lines.Scan() {
		t.Fatal("the stream says nothing")
	}
	if got := g.do(http.MethodDelete, "/v1/tokens/"+g.ids[access.Observer], "", g.as(access.Operator)...); got.StatusCode != http.StatusNoContent {
		t.Fatalf("got %d %s", got.StatusCode, got.body)
	}
	for lines.Scan() {
	}
	if ctx.Err() != nil {
		t.Error("the stream goes on")
	}
	wantProblem(t, g.get("/v1/actors", g.as(access.Observer)...), http.StatusUnauthorized, "unknown-token")
}

func TestTokensOverHTTP(t *testing.T) {
	g := gate(t)
	operator := g.as(access.Operator)
	made := into[madeToken](t, g.do("POST", "/v1/tokens", `{"name":"alice","roles":["negotiator"],"actors":["south"],"expires":"P90D"}`, operator...))
	if made.Secret == "" || made.Expires.Before(time.Now().Add(89*24*time.Hour)) {
		t.Errorf("got %+v", made)
	}
	if list := g.get("/v1/tokens", operator...); strings.Contains(string(list.body), made.Secret) || !strings.Contains(string(list.body), made.ID) || strings.Contains(string(list.body), "hash") {
		t.Errorf("got %s", list.body)
	}
	if me := into[meBody](t, g.get("/v1/me", "Authorization", "Bearer "+made.Secret)); me.Name != "alice" || me.Actors[0] != "south" {
		t.Errorf("got %+v", me)
	}
	for body, field := range map[string]string{
		`{"name":"x","roles":["negotiator"]}`: "actors", `{"name":"x","role":["auditor"]}`: "role", `{"name":"x","roles":["auditor"],"expires":"soon"}`: "expires",
	} {
		if p := wantProblem(t, g.do("POST", "/v1/tokens", body, operator...), 422, "invalid-field"); p.Field != field {
			t.Errorf("%s: got %q", body, p.Field)
		}
	}
}

// Each caller has a rate of its own, and wrong tokens one of their address.
func TestRates(t *testing.T) {
	g := gate(t, func(o *Options) {
		o.Rates = access.Rates{PerToken: 1, PerAddress: 1, Burst: 3, AtOnce: 10, Failures: 0.001}
	})
	codes := map[int]int{}
	for range 6 {
		codes[g.get("/v1/me", g.as(access.Auditor)...).StatusCode]++
	}
	if codes[200] != 3 || codes[429] != 3 {
		t.Errorf("one token: got %v", codes)
	}
	a := g.get("/v1/me", g.as(access.Auditor)...)
	if wantProblem(t, a, 429, "too-many-requests"); a.Header.Get("Retry-After") != "1" {
		t.Errorf("got Retry-After %q", a.Header.Get("Retry-After"))
	}
	if got := g.get("/v1/me", g.as(access.Observer)...).StatusCode; got != 200 {
		t.Errorf("another token: got %d", got)
	}
	for range 4 {
		g.get("/v1/me")
	}
	wantProblem(t, g.get("/v1/me"), 429, "too-many-requests")
	for range mostFailures {
		wantProblem(t, g.get("/v1/me", "Authorization", "Bearer truce_x"), 401, "unknown-token")
	}
	wantProblem(t, g.get("/v1/me", "Authorization", "Bearer truce_x"), 429, "too-many-requests")
}
