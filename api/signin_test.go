package api

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"truceledger/api/access"
)

// ledgerAddress is where the issuer knows the ledger to be: browsers of these tests reach it there, whatever its port is.
const ledgerAddress = "http://127.0.0.1:1"

const people = `[
	{"group": "secretariat", "roles": ["recorder"]},
	{"group": "delegation", "roles": ["negotiator"], "actors": ["north"]},
	{"group": "staff", "roles": ["observer"]},
	{"subject": "7a", "roles": ["auditor"]},
	{"email": "Ann@Example.org", "roles": ["monitor"], "actors": ["bureau"]}
]`

// An office is a ledger at which people sign in with accounts of an issuer.
type office struct {
	*gated
	issuer *testIssuer
	desk   *access.Issuer
	secret string // of the client; "" for a public one
}

// openOffice opens an office. change may change the settings.
func openOffice(t testing.TB, change ...func(*access.SignIn)) *office {
	t.Helper()
	o := &office{issuer: newTestIssuer(t), secret: clientSecret}
	return o.open(t, change...)
}

func (o *office) open(t testing.TB, change ...func(*access.SignIn)) *office {
	t.Helper()
	s := access.SignIn{Issuer: o.issuer.server.URL, Name: "Example <Org>", ClientID: clientID, RedirectURL: ledgerAddress + access.CallbackPath, Scopes: []string{"email", "groups"}, Session: "PT2H"}
	if err := json.Unmarshal([]byte(people), &s.People); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(&s)
	}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	o.gated = gate(t, func(options *Options) {
		if options.Logger == nil { // asked only for what the rest of the world goes by
			return
		}
		o.desk = access.OpenIssuer(s, o.secret, access.IssuerOptions{Logger: options.Logger, Retry: 5 * time.Millisecond})
		options.Access.Issuer = o.desk
		options.Access.Store.Know(o.desk.Knows)
	})
	t.Cleanup(o.desk.Close)
	return o
}

// awaitSignIn waits until /readyz says that people can sign in, or that they cannot.
func (o *office) awaitSignIn(ready bool) {
	o.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		got := into[readyBody](o.t, o.get("/readyz"))
		if !got.Ready {
			o.t.Fatalf("the ledger itself is not ready: %+v", got)
		}
		if got.SignIn.Ready == ready && (got.SignIn.Problem == "") == ready {
			return
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("got %+v, want ready %v", got.SignIn, ready)
		}
	}
}

// A visitor is a browser. It keeps cookies, and stops before it comes back from the issuer where a test wants to meddle.
type visitor struct {
	*http.Client
	o    *office
	stop bool
}

func (o *office) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	dialer := &net.Dialer{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == strings.TrimPrefix(ledgerAddress, "http://") {
			address = o.server.Listener.Addr().String()
		}
		return dialer.DialContext(ctx, network, address)
	}}
	o.t.Cleanup(transport.CloseIdleConnections)
	v := &visitor{o: o, Client: &http.Client{Jar: jar, Transport: transport}}
	v.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if v.stop && r.URL.Path == access.CallbackPath {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return v
}

func (v *visitor) open(address string) answered {
	v.o.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = ledgerAddress + address
	}
	r, err := http.NewRequestWithContext(v.o.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		v.o.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	return v.send(r)
}

func (v *visitor) send(r *http.Request) answered {
	v.o.t.Helper()
	a, err := v.Do(r)
	if err != nil {
		v.o.t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		v.o.t.Fatal(err)
	}
	return answered{a, body}
}

// begin goes as far as the issuer lets the browser go, and returns the address that it would then open.
func (v *visitor) begin(next string) string {
	v.o.t.Helper()
	v.stop = true
	a := v.open("/login/oidc?" + url.Values{"next": {next}}.Encode())
	v.stop = false
	if a.StatusCode != http.StatusFound {
		v.o.t.Fatalf("got %d at %s: %s", a.StatusCode, a.Request.URL, a.body)
	}
	return a.Header.Get("Location")
}

// me is who the ledger takes the browser's user for; "" for nobody.
func (v *visitor) me() meBody {
	v.o.t.Helper()
	return into[meBody](v.o.t, v.open("/v1/me"))
}

func (o *office) name(subject string) string {
	return "oidc:" + subject + "@" + strings.TrimPrefix(o.issuer.server.URL, "http://")
}

// wantRefused checks that a browser was shown the form again, with the reason, and that nobody has come in.
func (v *visitor) wantRefused(a answered, status int, code, words string) {
	v.o.t.Helper()
	if a.StatusCode != status || !strings.Contains(html.UnescapeString(string(a.body)), words) || !strings.Contains(string(a.body), `name="token"`) {
		v.o.t.Errorf("got %d %s, want %d and the form with %q", a.StatusCode, a.body, status, words)
	}
	if me := v.me(); me.Name != "" {
		v.o.t.Errorf("%s has come in all the same", me.Name)
	}
	if logged := v.o.logged.String(); status == http.StatusForbidden && !strings.Contains(logged, `"code":"`+code+`"`) {
		v.o.t.Errorf("no line of the log tells of %s: %s", code, logged)
	}
}

func TestSigningInWithAnAccount(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	v := o.visitor()
	form := v.open("/act?lang=fr") // leads to the form
	link := regexp.MustCompile(`id="login-with" href="([^"]+)">([^<]+)<`).FindStringSubmatch(string(form.body))
	if link == nil || !strings.Contains(html.UnescapeString(link[2]), "Example <Org>") || !strings.HasPrefix(link[1], ledgerAddress+"/login/oidc?") {
		t.Fatalf("the form offers no account: %v in %s", link, form.body)
	}
	a := v.open(html.UnescapeString(link[1]))
	if a.StatusCode != http.StatusOK || a.Request.URL.String() != ledgerAddress+"/act?lang=fr" {
		t.Fatalf("got %d at %s: %s", a.StatusCode, a.Request.URL, a.body)
	}
	if a.Header.Get("Content-Security-Policy") != policy {
		t.Errorf("the policy of pages is another: %s", a.Header.Get("Content-Security-Policy"))
	}
	if got := o.issuer.asked.Get("scope"); got != "openid email groups" {
		t.Errorf("got the scopes %q", got)
	}
	if me := v.me(); me.Name != o.name("8f3c") || len(me.Roles) != 1 || me.Roles[0] != access.Recorder {
		t.Errorf("got %+v", me)
	}
	for _, c := range v.Jar.Cookies(&url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/"}) {
		if strings.HasSuffix(c.Name, "_signin") {
			t.Errorf("the cookie of the sign-in stays: %s", c.Name)
		}
	}
	made := v.command("register-actor", `{"actor":"north","name":"North","kind":"state"}`)
	if made.StatusCode != http.StatusCreated {
		t.Fatalf("got %d %s", made.StatusCode, made.body)
	}
	if entry := v.open("/v1/entries/2"); !strings.Contains(string(entry.body), `"principal":"recorder:`+o.name("8f3c")+`"`) {
		t.Errorf("the entry names another writer: %s", entry.body)
	}
	if logged := o.logged.String(); !strings.Contains(logged, `"msg":"signed in","caller":"`+o.name("8f3c")+`"`) {
		t.Errorf("no line tells of the sign-in: %s", logged)
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, ledgerAddress+"/logout", nil)
	v.send(r)
	if me := v.me(); me.Name != "" {
		t.Errorf("after signing out: got %+v", me)
	}
}

// command sends a command in the visitor's session.
func (v *visitor) command(verb, body string) answered {
	v.o.t.Helper()
	r, err := http.NewRequestWithContext(v.o.t.Context(), http.MethodPost, ledgerAddress+"/v1/commands/"+verb, strings.NewReader(body))
	if err != nil {
		v.o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return v.send(r)
}

// Each person has the roles of the line that is about them, and nobody else's.
func TestRolesOfPeople(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	for name, c := range map[string]struct {
		claims map[string]any
		roles  string
		actors string
	}{
		"a group":                              {map[string]any{"groups": []string{"x", "delegation"}}, "negotiator", "north"},
		"a group as one text":                  {map[string]any{"groups": "delegation"}, "negotiator", "north"},
		"a subject before groups":              {map[string]any{"sub": "7a", "groups": []string{"delegation"}}, "auditor", ""},
		"a verified address before groups":     {map[string]any{"email": "ann@example.ORG", "email_verified": true, "groups": []string{"delegation"}}, "monitor", "bureau"},
		"an address that is not verified":      {map[string]any{"email": "ann@example.org", "groups": []string{"staff"}}, "observer", ""},
		"an address that is said to be so":     {map[string]any{"email": "ann@example.org", "email_verified": "yes", "groups": []string{"staff"}}, "observer", ""},
		"who may read besides adds nothing":    {map[string]any{"groups": []string{"staff", "delegation"}}, "negotiator", "north"},
		"signed with the key of another curve": {map[string]any{"groups": []string{"delegation"}}, "negotiator", "north"},
	} {
		o.issuer.change(func() {
			o.issuer.claims = c.claims
			o.issuer.sign = func(claims map[string]any) string { return o.issuer.signed("RS256", "the-rsa-key", claims) }
			if strings.HasPrefix(name, "signed") {
				o.issuer.sign = func(claims map[string]any) string { return o.issuer.signed("ES256", "the-ec-key", claims) }
			}
		})
		v := o.visitor()
		a := v.open("/login/oidc?next=/sources")
		me := v.me()
		if len(me.Roles) != 1 || string(me.Roles[0]) != c.roles || strings.Join(me.Actors, ",") != c.actors {
			t.Errorf("%s: got %+v at %s", name, me, a.Request.URL)
		}
	}
}

// What a negotiator may say stands in the table, whatever let them in; and the secretariat does not say it for them.
func TestPeopleGoByTheTable(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	o.issuer.change(func() { o.issuer.claims["groups"] = []string{"delegation"} })
	v := o.visitor()
	v.open("/login/oidc")
	for verb, c := range map[string]struct {
		body, code string
	}{
		"agree":          {`{"ceasefire":"x","by":"south"}`, "not-your-actor"},
		"register-actor": {`{"actor":"x","name":"X","kind":"state"}`, "forbidden"},
	} {
		wantProblem(t, v.command(verb, c.body), http.StatusForbidden, c.code)
	}
	wantProblem(t, v.command("agree", `{"ceasefire":"x","by":"north"}`), http.StatusNotFound, "not-found")
	if a := o.send("record-statement", `{"statement":"s","by":"bureau","statement_kind":"denial","text":"No."}`, o.as(access.Recorder)...); a.StatusCode != http.StatusForbidden {
		t.Errorf("the secretariat speaks for a monitor's body: %d %s", a.StatusCode, a.body)
	}
}

// A sign-in that is not finished in the browser and within the time in which it was begun is no sign-in.
func TestASignInIsFinishedWhereItWasBegun(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	swapped := func(address, key, value string) string {
		u, _ := url.Parse(address)
		q := u.Query()
		q.Set(key, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	const again = "was not begun in this browser"
	t.Run("another state", func(t *testing.T) {
		v := o.visitor()
		v.wantRefused(v.open(swapped(v.begin("/"), "state", "guessed")), 403, "sign-in-not-begun", again)
	})
	t.Run("no state", func(t *testing.T) {
		v := o.visitor()
		v.wantRefused(v.open(swapped(v.begin("/"), "state", "")), 403, "sign-in-not-begun", again)
	})
	t.Run("in another browser", func(t *testing.T) { // a link that signs its reader in as somebody else
		address, v := o.visitor().begin("/"), o.visitor()
		v.wantRefused(v.open(address), 403, "sign-in-not-begun", again)
	})
	t.Run("in a browser that has begun another", func(t *testing.T) {
		address, v := o.visitor().begin("/"), o.visitor()
		v.begin("/")
		v.wantRefused(v.open(address), 403, "sign-in-not-begun", again)
	})
	t.Run("with a cookie of one's own making", func(t *testing.T) {
		v := o.visitor()
		v.Jar.SetCookies(&url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/"}, []*http.Cookie{{Name: "truce_testledg_signin", Value: "eyJzIjoiZ3Vlc3NlZCJ9", Path: "/"}})
		v.wantRefused(v.open("/login/oidc/callback?code=x&state=guessed"), 403, "sign-in-not-begun", again)
	})
	t.Run("twice", func(t *testing.T) {
		v := o.visitor()
		address := v.begin("/")
		cookies := v.Jar.Cookies(&url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/"})
		spent := o.visitor() // who has seen both the address and the cookie
		for _, c := range cookies {
			c.Path = "/"
		}
		spent.Jar.SetCookies(&url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/"}, cookies)
		if v.open(address); v.me().Name == "" {
			t.Fatal("the first is refused too")
		}
		spent.wantRefused(spent.open(address), 403, "sign-in-not-begun", again)
	})
	t.Run("with a code of another sign-in", func(t *testing.T) { // the issuer refuses it, by PKCE
		stolen, _ := url.Parse(o.visitor().begin("/"))
		v := o.visitor()
		v.wantRefused(v.open(swapped(v.begin("/"), "code", stolen.Query().Get("code"))), 403, "sign-in-refused", "has let nobody in")
	})
	t.Run("with the code of another issuer", func(t *testing.T) {
		v := o.visitor()
		v.wantRefused(v.open(swapped(v.begin("/"), "iss", "https://evil.example")), 403, "sign-in-refused", "has let nobody in")
	})
}

// An ID token that does not hold in one point lets nobody in.
func TestWhatAnIDTokenMustHold(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := o.issuer.sign
	for name, c := range map[string]struct {
		claims map[string]any
		sign   func(map[string]any) string
	}{
		"another nonce":             {claims: map[string]any{"nonce": "guessed"}},
		"no nonce":                  {claims: map[string]any{"nonce": nil}},
		"another audience":          {claims: map[string]any{"aud": "another-client"}},
		"no audience":               {claims: map[string]any{"aud": nil}},
		"another authorised party":  {claims: map[string]any{"azp": "another-client"}},
		"two audiences, no party":   {claims: map[string]any{"aud": []string{clientID, "another-client"}}},
		"another issuer":            {claims: map[string]any{"iss": "https://evil.example"}},
		"expired":                   {claims: map[string]any{"exp": time.Now().Add(-time.Second).Unix()}},
		"no expiry":                 {claims: map[string]any{"exp": nil}},
		"not yet valid":             {claims: map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}},
		"no subject":                {claims: map[string]any{"sub": nil}},
		"a subject with a line end": {claims: map[string]any{"sub": "8f3c\nrecorder:operator"}},
		"a subject that is long":    {claims: map[string]any{"sub": strings.Repeat("x", 256)}},
		"the algorithm none": {sign: func(c map[string]any) string {
			signed := o.issuer.signed("none", "the-rsa-key", c)
			return signed
		}},
		"the algorithm HS256": {sign: func(c map[string]any) string { return o.issuer.signed("HS256", "the-rsa-key", c) }},
		"a key of somebody else": {sign: func(c map[string]any) string {
			other := &testIssuer{t: t, rsa: stranger}
			return other.signed("RS256", "the-rsa-key", c)
		}},
		"no token at all": {sign: func(map[string]any) string { return "" }},
		"a changed claim": {sign: func(c map[string]any) string {
			a, b := strings.Split(good(c), "."), map[string]any{}
			for k, v := range c {
				b[k] = v
			}
			b["sub"] = "7a"
			return a[0] + "." + strings.Split(good(b), ".")[1] + "." + a[2]
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o.issuer.change(func() {
				if o.issuer.claims, o.issuer.sign = c.claims, c.sign; c.sign == nil {
					o.issuer.sign = good
				}
			})
			v := o.visitor()
			v.wantRefused(v.open("/login/oidc"), 403, "sign-in-refused", "does not hold")
		})
	}
}

// Whom no line names, or whom lines disagree about, has no role; the page says whom to ask, and with which name.
func TestPeopleWithoutARole(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	for name, c := range map[string]struct {
		groups any
		code   string
		words  string
	}{
		"no group":                 {nil, "no-role", "no role is given to this account here"},
		"another group":            {[]string{"visitors", "Delegation"}, "no-role", "no role is given to this account here"},
		"groups that are no texts": {[]any{"delegation", 7}, "no-role", "no role is given to this account here"},
		"groups of two roles":      {[]string{"delegation", "secretariat"}, "two-roles", "in groups of different roles"},
	} {
		t.Run(name, func(t *testing.T) {
			o.issuer.change(func() { o.issuer.claims = map[string]any{"groups": c.groups, "sub": "<b>9</b>"} })
			v := o.visitor()
			a := v.open("/login/oidc")
			v.wantRefused(a, 403, c.code, c.words)
			if shown := string(a.body); strings.Contains(shown, "<b>9") || !strings.Contains(html.UnescapeString(shown), o.name("<b>9</b>")) {
				t.Errorf("the name is not shown as it is: %s", shown)
			}
			if logged := o.logged.String(); !strings.Contains(logged, `"caller":"`+strings.NewReplacer("<", `\u003c`, ">", `\u003e`).Replace(o.name("<b>9</b>"))) && !strings.Contains(logged, `"caller":"`+o.name("<b>9</b>")) {
				t.Errorf("the line of the refusal does not name the person: %s", logged)
			}
		})
	}
}

// What the issuer says of a failure, or somebody in its place, is not repeated.
func TestAnErrorOfTheIssuerIsNotRepeated(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	o.issuer.change(func() {
		o.issuer.answer = func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, ledgerAddress+"/login/oidc/callback?"+url.Values{"state": {r.URL.Query().Get("state")}, "error": {"<script>alert(1)</script>"}, "error_description": {"call <a href=https://evil.example>this number"}}.Encode(), http.StatusFound)
			return true
		}
	})
	v := o.visitor()
	a := v.open("/login/oidc")
	v.wantRefused(a, 403, "sign-in-refused", "has let nobody in")
	if strings.Contains(string(a.body), "alert(1)") || strings.Contains(string(a.body), "evil.example") || strings.Contains(o.logged.String(), "alert(1)") {
		t.Errorf("what was sent is repeated: %s", a.body)
	}
}

// After signing in one stays here, whatever the link said.
func TestASignInLeadsNowhereElse(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "/" + strings.Repeat("x", 5000)} {
		v := o.visitor()
		address := v.begin(next)
		v.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		if a := v.open(address); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/" {
			t.Errorf("%.40s: got %d to %.80s", next, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

// An issuer that is away keeps nobody from their tokens, and is found when it is back.
func TestAnIssuerThatIsAway(t *testing.T) {
	o := &office{issuer: newTestIssuer(t), secret: clientSecret}
	o.issuer.away = true
	o.open(t)
	<-o.issuer.looking
	o.awaitSignIn(false)
	if me := into[meBody](t, o.get("/v1/me", o.as(access.Auditor)...)); me.Name != "the auditor" {
		t.Errorf("a token lets nobody in: %+v", me)
	}
	v := o.visitor()
	a := v.open("/login/oidc")
	if v.wantRefused(a, 503, "issuer-away", "does not answer now"); a.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to come again")
	}
	<-o.issuer.looking
	o.issuer.change(func() { o.issuer.away = false })
	o.awaitSignIn(true)
	address := v.begin("/")
	o.issuer.change(func() { o.issuer.away = true }) // and goes in the middle of a sign-in
	v.wantRefused(v.open(address), 503, "issuer-away", "does not answer now")
	o.awaitSignIn(false)
	o.issuer.change(func() { o.issuer.away = false })
	o.awaitSignIn(true)
	if v.open("/login/oidc"); v.me().Name != o.name("8f3c") {
		t.Error("nobody can sign in although the issuer is back")
	}
	if logged := o.logged.String(); strings.Contains(logged, clientSecret) || strings.Count(logged, "nobody can sign in by it") > 2 {
		t.Errorf("the log tells the secret, or tells of each attempt: %s", logged)
	}
}

// An issuer that is not the one that was named, or that would have secrets sent in the clear, is none.
func TestAnIssuerThatIsAnother(t *testing.T) {
	for name, f := range map[string]func(map[string]any){
		"another name":          func(m map[string]any) { m["issuer"] = "https://evil.example" },
		"a token in the clear":  func(m map[string]any) { m["token_endpoint"] = "http://id.example.org/token" },
		"no keys":               func(m map[string]any) { delete(m, "jwks_uri") },
		"an address in scripts": func(m map[string]any) { m["authorization_endpoint"] = "javascript:alert(1)" },
	} {
		t.Run(name, func(t *testing.T) {
			tried := make(chan struct{}, 100)
			var address string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				m := map[string]any{"issuer": address, "authorization_endpoint": address + "/a", "token_endpoint": address + "/t", "jwks_uri": address + "/k"}
				f(m)
				answerJSON(w, http.StatusOK, m)
				tried <- struct{}{}
			}))
			defer server.Close()
			address = server.URL
			s := access.SignIn{Issuer: address, ClientID: clientID, RedirectURL: ledgerAddress + access.CallbackPath, People: access.People{{Group: "x", Roles: []access.Role{access.Auditor}}}}
			if err := s.Prepare(); err != nil {
				t.Fatal(err)
			}
			i := access.OpenIssuer(s, "", access.IssuerOptions{Logger: slog.New(slog.DiscardHandler), Retry: time.Millisecond})
			defer i.Close()
			<-tried
			<-tried // what the first has given is known now
			if i.Trouble() == nil {
				t.Error("it is taken")
			}
		})
	}
}

// Every role, and nobody, may begin and finish a sign-in, as the table says.
func TestTheRoutesOfASignInGoByTheTable(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	o.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, role := range everyRole {
		if a := o.get("/login/oidc", o.as(role)...); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), o.issuer.server.URL+"/authorize?") {
			t.Errorf("%q: got %d", role, a.StatusCode)
		}
	}
	if a := open(t).get("/login/oidc"); a.StatusCode != http.StatusNotFound {
		t.Errorf("without an issuer: got %d", a.StatusCode)
	}
	if form := open(t).get("/login"); strings.Contains(string(form.body), "login-with") {
		t.Error("an account is offered where there is no issuer")
	}
}

// A client without a secret says who it is, and proves by PKCE alone that it asked.
func TestAPublicClient(t *testing.T) {
	o := &office{issuer: newTestIssuer(t)}
	o.issuer.public = true
	o.open(t)
	o.awaitSignIn(true)
	v := o.visitor()
	if v.open("/login/oidc"); v.me().Name != o.name("8f3c") {
		t.Error("nobody is signed in")
	}
}

// Each sign-in that comes back has the server ask the issuer: how often one address may have that, is bounded.
func TestSignInsOfOneAddressAreBounded(t *testing.T) {
	o := openOffice(t)
	o.api.throttles = newThrottles(access.Rates{Failures: 0.001})
	for range mostAccounts {
		o.get(access.CallbackPath + "?code=x&state=y")
	}
	if a := o.get(access.CallbackPath + "?code=x&state=y"); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("got %d", a.StatusCode)
	}
}

// A session of a person ends when the operator has said, and at once with the line that was about them.
func TestHowLongPeopleStay(t *testing.T) {
	o := openOffice(t)
	o.awaitSignIn(true)
	v := o.visitor()
	v.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if via[len(via)-1].URL.Path == access.CallbackPath {
			return http.ErrUseLastResponse
		}
		return nil
	}
	a := v.open("/login/oidc")
	var until time.Time
	for _, c := range a.Cookies() {
		if !strings.HasSuffix(c.Name, "_signin") {
			until = c.Expires
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
				t.Errorf("the cookie can be read or sent by others: %v", c)
			}
		}
	}
	if left := time.Until(until); left < 119*time.Minute || left > 2*time.Hour {
		t.Errorf("the session lasts %s, want two hours", left)
	}
	if v.me().Name == "" {
		t.Fatal("nobody is signed in")
	}
	o.store.Know(func(access.Identity) (access.Caller, error) { return access.Caller{Name: "somebody"}, access.ErrNoRole })
	if me := v.me(); me.Name != "" {
		t.Errorf("without a line: got %+v", me)
	}
}
