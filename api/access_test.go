package api

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"truceledger/api/access"
	"truceledger/api/alert"
	"truceledger/eventstore"
)

// A gated world is one in which tokens count.
type gated struct {
	*world
	notary
	store  *access.Store
	tokens map[access.Role]string
	ids    map[access.Role]string
}

// gate opens a world with a token of every role: the negotiator's is for north, the monitor's for watch.
func gate(t testing.TB, change ...func(*Options)) *gated {
	t.Helper()
	store, _, err := access.OpenStore(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	g := &gated{store: store, tokens: map[access.Role]string{}, ids: map[access.Role]string{}}
	alerts, err := alert.OpenStore(filepath.Join(t.TempDir(), "alerts.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = alerts.Close() })
	dir := t.TempDir()
	g.world = open(t, append([]func(*Options){g.provable(t), func(o *Options) {
		o.Access = &access.Desk{Store: store, Ledger: "testledger"}
		o.Files, o.Vault = openBesides(t, dir)
		o.Alerts = &alert.Sender{Options: alert.Options{Store: alerts, Now: time.Now}}
	}}, change...)...)
	for _, r := range access.Roles {
		a := access.Asked{Name: "the " + string(r), Roles: []access.Role{r}}
		switch r {
		case access.Negotiator:
			a.Actors = []string{"north"}
		case access.Monitor:
			a.Actors = []string{"watch"}
		}
		made, secret, err := store.Create(a)
		if err != nil {
			t.Fatal(err)
		}
		g.tokens[r], g.ids[r] = secret, made.ID
	}
	return g
}

// as are the headers of a role; none for nobody.
func (g *gated) as(r access.Role) []string {
	if r == "" {
		return nil
	}
	return []string{"Authorization", "Bearer " + g.tokens[r]}
}

var everyRole = append([]access.Role{""}, access.Roles...)

func callerOf(r access.Role) access.Caller {
	if r == "" {
		return access.Caller{}
	}
	return access.Caller{Name: "x", Roles: []access.Role{r}}
}

// Every route, as every role and as nobody, lets in whom the table lets in, and nobody else.
func TestEveryRouteGoesByTheTable(t *testing.T) {
	g := gate(t)
	g.settle()
	g.sign(t)
	for _, pattern := range g.api.mux.patterns { // what the server answers to, by its own word
		action, listed := access.OfRoute(pattern)
		if !listed {
			t.Errorf("%s stands in no row of the table", pattern)
			continue
		}
		for _, role := range everyRole {
			g.try(pattern, action, role)
		}
	}
	absent := []string{"GET /login/oidc", "GET /login/oidc/callback"} // those of an issuer: signin_test.go walks them
	for pattern := range access.Routes() {
		if !slices.Contains(g.api.mux.patterns, pattern) && !slices.Contains(absent, pattern) {
			t.Errorf("the table names %s, which is no route", pattern)
		}
	}
	document := into[struct {
		Paths map[string]map[string]any `json:"paths"`
	}](t, g.get("/openapi.json"))
	for path, methods := range document.Paths {
		for method := range methods {
			if pattern := strings.ToUpper(method) + " " + path; !slices.ContainsFunc(g.api.mux.patterns, func(p string) bool { return documented(p) == documented(pattern) }) {
				t.Errorf("OpenAPI names %s, which is no route", pattern)
			}
		}
	}
}

// documented is how a route is written in OpenAPI, which knows no rest of a path, and files by their ending.
func documented(pattern string) string {
	return strings.NewReplacer("...}", "}", "/{command}.json", "/{name}", "/{type}.json", "/{name}").Replace(pattern)
}

func (g *gated) try(pattern string, action access.Action, role access.Role) {
	g.t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.NewReplacer("{$}", "", "{command}", "agree", "{verb}", "agree", "{sequence}", "1", "{tile...}", "0/000", "{name}", "x", "{id}", "x", "{n}", "1", "{format}", "csv", "{sha256}", "x", "{commitment}", "x").Replace(path)
	if path == "/v1/stream" {
		method = http.MethodHead // whoever is let in would stay
	}
	may := callerOf(role).May(action) != access.No
	if verbAction, _ := access.OfVerb("agree"); may && action == access.Send && strings.Contains(pattern, "{") {
		may = callerOf(role).May(verbAction) != access.No
	}
	a := g.do(method, path, "", g.as(role)...)
	let := a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusForbidden
	switch {
	case strings.HasSuffix(pattern, " /login"), may && action == access.Send && strings.Contains(string(a.body), "not-your-actor"):
	case let != may:
		g.t.Errorf("%s as %q: got %d, the table says %v: %s", pattern, role, a.StatusCode, may, a.body[:min(200, len(a.body))])
	case !let && (a.StatusCode == http.StatusUnauthorized) != (role == ""):
		g.t.Errorf("%s as %q: got %d, want 401 for nobody and 403 for the others", pattern, role, a.StatusCode)
	}
}

// Every command, as every role and as nobody, in one's own name and in another's.
func TestEveryCommandGoesByTheTable(t *testing.T) {
	g := gate(t)
	for _, verb := range eventstore.Verbs() {
		action, listed := access.OfVerb(verb)
		if !listed {
			t.Errorf("%s stands in no row of the table", verb)
			continue
		}
		for _, role := range everyRole {
			grant := callerOf(role).May(action)
			for _, by := range []string{"north", "watch", "other"} {
				own := by == "north" && role == access.Negotiator || by == "watch" && role == access.Monitor
				// A recorder enters nothing for those who have a token.
				want := grant == access.Own && own || grant == access.Any && by == "other"
				body := `{"by":"` + by + `"}`
				if action == access.Keys {
					body = `{"actor":"` + by + `"}`
				}
				a := g.send(verb, body, g.as(role)...)
				if let := a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusForbidden; let != want {
					t.Errorf("%s by %s as %q: got %d, want let in: %v: %s", verb, by, role, a.StatusCode, want, a.body)
				}
			}
		}
	}
}

// What is not there is not told apart from what is closed, to whom nothing is known of.
func TestNothingIsToldToStrangers(t *testing.T) {
	g := gate(t)
	g.must("register-actor", `{"actor":"north","name":"North","kind":"state"}`, g.as(access.Recorder)...)
	for _, path := range []string{"/v1/actors/north", "/v1/actors/nowhere", "/nothing/secret-word", "/v1/entries?secret-word=1"} {
		a := g.get(path)
		wantProblem(t, a, http.StatusUnauthorized, "unauthenticated")
		if strings.Contains(string(a.body), "secret-word") || strings.Contains(string(a.body), "north") {
			t.Errorf("%s: the answer repeats what was asked: %s", path, a.body)
		}
		if a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: it does not say how to come in", path)
		}
	}
	a := g.get("/ceasefires/x", "Accept", "text/html")
	if !strings.Contains(string(a.body), `name="token"`) || a.Request.URL.Path != "/login" || a.Request.URL.Query().Get("next") != "/ceasefires/x" {
		t.Errorf("a browser is not led to the form: %s %s", a.Request.URL, a.body)
	}
	if a := g.get("/act?lang=ar", "Accept", "text/html"); a.Request.URL.Query().Get("lang") != "ar" || !strings.Contains(string(a.body), `dir="rtl"`) {
		t.Errorf("the form is in another language than was asked for: %s", a.Request.URL)
	}
	wantProblem(t, g.get("/v1/actors", "Authorization", "Bearer truce_wrong-word"), http.StatusUnauthorized, "unknown-token")
	if logged := g.logged.String(); strings.Contains(logged, "wrong-word") || strings.Contains(logged, "secret-word") || !strings.Contains(logged, `"msg":"refused"`) {
		t.Errorf("the log holds what was sent, or no line of the refusals: %s", logged)
	}
}

// A recorder does not take back what an actor with a token of its own has said, and an actor nothing of another's.
func TestWordsAreTakenBackByThoseWhoSaidThem(t *testing.T) {
	g := gate(t)
	recorder, north := g.as(access.Recorder), g.as(access.Negotiator)
	for _, id := range []string{"north", "south"} {
		g.must("register-actor", `{"actor":"`+id+`","name":"X","kind":"state"}`, recorder...)
	}
	g.must("record-statement", `{"statement":"of-south","by":"south","statement_kind":"denial","text":"No."}`, recorder...)
	g.must("record-statement", `{"statement":"of-north","by":"north","statement_kind":"denial","text":"No."}`, north...)
	wantProblem(t, g.send("retract", `{"record":"statement/of-south","sequence":4,"by":"north","reason":"x"}`, north...), 403, "not-your-actor")
	wantProblem(t, g.send("correct", `{"record":"statement/of-north","sequence":5,"by":"north","reason":"x","replacement":{"command":"record-statement","statement":"of-north","by":"south","statement_kind":"denial","text":"Yes."}}`, north...), 403, "not-your-actor")
	wantProblem(t, g.send("retract", `{"record":"statement/of-north","sequence":5,"reason":"x"}`, recorder...), 403, "speaks-for-itself")
	g.must("retract", `{"record":"statement/of-north","sequence":5,"by":"north","reason":"x"}`, north...)
	g.must("retract", `{"record":"statement/of-south","sequence":4,"reason":"x"}`, recorder...)
}
