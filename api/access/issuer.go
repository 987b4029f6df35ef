package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// What a sign-in can end with besides ErrNoRole and ErrTwoRoles. Why, stands in the server's log: what an issuer answers may
// hold what was sent to it.
var (
	ErrIssuerAway   = errors.New("the issuer of accounts does not answer now: try again in a moment, or sign in with a token")
	ErrNotBegun     = errors.New("this sign-in was not begun in this browser, was finished already or has taken too long: begin again")
	ErrNotFinished  = errors.New("the issuer of accounts has let nobody in: begin again, or ask the operator")
	ErrNotConfirmed = errors.New("what the issuer of accounts has sent does not hold: begin again, or ask the operator")
)

// An Issuer lets people in whom an OpenID Connect issuer knows: authorization code with PKCE, state and nonce. While it
// does not answer nobody can sign in by it, and nothing else is touched. Close it.
type Issuer struct {
	SignIn
	secret  string
	now     func() time.Time
	log     *slog.Logger
	client  *http.Client
	pending *pendings

	mu      sync.Mutex
	known   *discovered
	trouble error // why nobody can sign in now, nil where they can
	told    bool  // the log has been told of it

	again   chan struct{} // asks for another look at the issuer
	end     context.CancelFunc
	running sync.WaitGroup
}

// discovered is what an issuer says of itself.
type discovered struct {
	config oauth2.Config
	ids    *oidc.IDTokenVerifier
}

// IssuerOptions are what may differ in tests.
type IssuerOptions struct {
	Logger *slog.Logger     // by default slog.Default
	Now    func() time.Time // by default time.Now
	Retry  time.Duration    // after which a silent issuer is first asked again; by default a second
}

const (
	issuerPatience = 10 * time.Second // with one request
	mostRetry      = time.Minute      // between two looks at an issuer that does not answer
	mostAnswer     = 1 << 20          // bytes of what an issuer sends
)

// OpenIssuer begins to look for the issuer that s, which is prepared, names. secret is the client's; "" for a public one.
func OpenIssuer(s SignIn, secret string, o IssuerOptions) *Issuer {
	i := &Issuer{SignIn: s, secret: secret, now: o.Now, log: o.Logger, pending: newPendings(), trouble: ErrIssuerAway, again: make(chan struct{}, 1)}
	if i.now == nil {
		i.now = time.Now
	}
	if i.log == nil {
		i.log = slog.Default()
	}
	if o.Retry <= 0 {
		o.Retry = time.Second
	}
	i.client = &http.Client{
		Timeout: issuerPatience, Transport: bounded{http.DefaultTransport.(*http.Transport).Clone()},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a secret goes where it was meant to go
	}
	life, end := context.WithCancel(context.Background())
	i.end = end
	i.running.Go(func() { i.look(life, o.Retry) })
	return i
}

// Close ends the looking.
func (i *Issuer) Close() {
	i.end()
	i.running.Wait()
	i.client.CloseIdleConnections()
}

// Trouble is why nobody can sign in by the issuer now, nil where they can.
func (i *Issuer) Trouble() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.trouble
}

// look asks the issuer for its configuration until it answers, and again whenever it has stopped answering.
func (i *Issuer) look(life context.Context, first time.Duration) {
	for wait := first; ; {
		found, err := i.discover(life)
		if life.Err() != nil {
			return
		}
		i.note(found, err)
		again, later := i.again, (<-chan time.Time)(nil)
		if err != nil {
			again, later = nil, time.After(wait)
			wait = min(2*wait, mostRetry)
		} else {
			wait = first
		}
		select {
		case <-life.Done():
			return
		case <-again:
		case <-later:
		}
	}
}

// note takes over what was found, or that nothing was.
func (i *Issuer) note(found *discovered, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil {
		if !i.told { // once, not with every attempt
			i.log.Warn("the issuer of accounts does not answer as it should: nobody can sign in by it; it is asked again", "issuer", i.SignIn.Issuer, "err", shortened(err))
		}
		i.trouble, i.told = ErrIssuerAway, true
		return
	}
	if i.trouble != nil {
		i.log.Info("people can sign in by the issuer of accounts", "issuer", i.SignIn.Issuer)
	}
	i.known, i.trouble, i.told = found, nil, false
}

// shortened bounds what an issuer can write into the log.
func shortened(err error) string {
	s := err.Error()
	return s[:min(len(s), 300)]
}

func (i *Issuer) discover(ctx context.Context) (*discovered, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, i.client), issuerPatience)
	defer cancel()
	found, err := oidc.NewProvider(ctx, i.SignIn.Issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		Keys    string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, err
	}
	end := found.Endpoint()
	for name, address := range map[string]string{"authorization_endpoint": end.AuthURL, "token_endpoint": end.TokenURL, "jwks_uri": more.Keys} {
		if u, err := url.Parse(address); err != nil || !safe(u) {
			return nil, fmt.Errorf("its %s is no https URL", name)
		}
	}
	end.AuthStyle = oauth2.AuthStyleInHeader // what the protocol has by default; to try both would send a code twice
	if i.secret == "" || len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		end.AuthStyle = oauth2.AuthStyleInParams
	}
	return &discovered{
		config: oauth2.Config{
			ClientID: i.ClientID, ClientSecret: i.secret, Endpoint: end, RedirectURL: i.RedirectURL,
			Scopes: append([]string{oidc.ScopeOpenID}, i.Scopes...),
		},
		ids: found.Verifier(&oidc.Config{ClientID: i.ClientID, Now: i.now}),
	}, nil
}

// Knows is who somebody is here whom the issuer has named before, by the lines of people as they are now.
func (i *Issuer) Knows(who Identity) (Caller, error) {
	if who.Issuer != i.SignIn.Issuer {
		return Caller{}, ErrNoRole
	}
	return i.People.caller(who)
}

func (i *Issuer) answering() (*discovered, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.known, i.trouble
}

// Begin begins a sign-in that is to lead to next. It returns where to send the browser, and what its cookie must bring back.
func (i *Issuer) Begin(next string) (address, cookie string, err error) {
	found, err := i.answering()
	if err != nil {
		return "", "", err
	}
	if len(next) > mostNext {
		next = "/"
	}
	w := pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next, Until: i.now().Add(pendingLength)}
	if cookie, err = i.pending.seal(w); err != nil {
		return "", "", err
	}
	return found.config.AuthCodeURL(w.State, oidc.Nonce(w.Nonce), oauth2.S256ChallengeOption(w.Verifier)), cookie, nil
}

// Finish takes what the issuer has sent back with the browser. It returns whom the issuer knows, also where that is nobody
// with a role here, and where they wanted to go.
func (i *Issuer) Finish(ctx context.Context, cookie string, back url.Values) (who Identity, c Caller, next string, err error) {
	w, ok := i.pending.open(cookie, back.Get("state"), i.now())
	if !ok {
		return who, c, "", ErrNotBegun
	}
	if iss := back.Get("iss"); iss != "" && iss != i.SignIn.Issuer { // another issuer's code must not be spent at this one (RFC 9207)
		return who, c, "", ErrNotFinished
	}
	if back.Get("error") != "" || back.Get("code") == "" {
		return who, c, "", ErrNotFinished // what it says there is not shown: anybody can write such an address
	}
	raw, found, err := i.exchange(ctx, back.Get("code"), w.Verifier)
	if err != nil {
		return who, c, "", err
	}
	id, err := found.ids.Verify(oidc.ClientContext(ctx, i.client), raw)
	if err == nil {
		who, err = i.identity(id, w.Nonce)
	}
	if err != nil {
		i.log.WarnContext(ctx, "an ID token was refused", "issuer", i.SignIn.Issuer, "err", shortened(err))
		return Identity{}, c, "", ErrNotConfirmed
	}
	c, err = i.People.caller(who)
	return i.People.named(who), c, w.Next, err
}

// exchange gives the code for an ID token, which nobody has checked yet.
func (i *Issuer) exchange(ctx context.Context, code, verifier string) (raw string, found *discovered, err error) {
	if found, err = i.answering(); err != nil {
		return "", nil, err
	}
	tokens, err := found.config.Exchange(oidc.ClientContext(ctx, i.client), code, oauth2.VerifierOption(verifier))
	if no, ok := errors.AsType[*oauth2.RetrieveError](err); ok && no.Response.StatusCode < 500 {
		i.log.WarnContext(ctx, "the issuer of accounts has refused a code", "issuer", i.SignIn.Issuer, "status", no.Response.StatusCode, "err", shortened(errors.New(no.ErrorCode)))
		return "", nil, ErrNotFinished
	}
	if err != nil {
		if ctx.Err() == nil { // else it is the browser that has gone
			i.lost(err)
		}
		return "", nil, ErrIssuerAway
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		i.log.WarnContext(ctx, "the issuer of accounts has sent no ID token", "issuer", i.SignIn.Issuer)
		return "", nil, ErrNotConfirmed
	}
	return raw, found, nil
}

// lost notes that the issuer has stopped answering, and has it looked for.
func (i *Issuer) lost(err error) {
	i.note(nil, err)
	select {
	case i.again <- struct{}{}:
	default: // it is looked for already
	}
}

// identity reads a token whose signature, issuer, audience and times hold.
func (i *Issuer) identity(id *oidc.IDToken, nonce string) (who Identity, err error) {
	if !same(id.Nonce, nonce) {
		return who, errors.New("it was made for another sign-in")
	}
	var claims map[string]json.RawMessage
	if err := id.Claims(&claims); err != nil {
		return who, err
	}
	var party, email string
	var verified bool
	_, _, _ = json.Unmarshal(claims["azp"], &party), json.Unmarshal(claims["email"], &email), json.Unmarshal(claims["email_verified"], &verified)
	if len(id.Audience) > 1 && party == "" || party != "" && party != i.ClientID {
		return who, errors.New("it was made for another client (azp)")
	}
	who = Identity{Issuer: i.SignIn.Issuer, Subject: id.Subject, Groups: words(claims[i.GroupsClaim])}
	if verified {
		who.Email = strings.ToLower(email)
	}
	if !who.nameable() {
		return who, fmt.Errorf("its subject is empty, longer than %d characters or not of visible ASCII", mostSubject)
	}
	return who, nil
}

// words are the texts of a claim, which is one text or a list of them. Of another form it names nobody.
func words(raw json.RawMessage) (all []string) {
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	return all
}

// same compares what must not be guessed letter by letter.
func same(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// bounded lets nobody send more than can be kept.
type bounded struct{ *http.Transport }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := b.Transport.RoundTrip(r)
	if err == nil {
		a.Body = http.MaxBytesReader(nil, a.Body, mostAnswer)
	}
	return a, err
}
