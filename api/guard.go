package api

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"truceledger/api/wire"
)

// policy is what a page of this server may do: nothing but show itself. It holds for every answer, so that no answer can
// be made to run as a page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	rec := &recorder{ResponseWriter: w, signedIn: r.Header.Get("Cookie") != ""}
	h := rec.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Authorization, Cookie") // a cache on the way must not hand one reader's answer to another
	a.lagging(h)
	n, outer := &attempt{}, r
	r, done, p := a.let(r, n)
	defer func() {
		done()
		outer.Pattern = r.Pattern // for the line that is logged about the request
		n.code = cmp.Or(n.code, rec.code)
		a.metrics.count(r, rec.sent(), n.code, time.Since(began))
		a.audit(r, rec.sent(), n)
	}()
	defer a.recover(rec, r)
	if p != nil {
		a.turnAway(rec, r, p)
		return
	}
	a.route(rec, r)
}

// let says whether a request may be answered at all.
func (a *API) let(r *http.Request, n *attempt) (*http.Request, func(), *wire.Problem) {
	if p := a.admit(r); p != nil {
		n.code = p.Code
		return r, func() {}, p
	}
	return a.receive(r, n)
}

// recover answers a panic. What it says is logged, with the place where it happened, and not sent.
func (a *API) recover(rec *recorder, r *http.Request) {
	failed := recover()
	switch {
	case failed == nil:
		return
	case failed == http.ErrAbortHandler:
		panic(failed) // the server cuts the connection
	}
	p := a.internal(r.Context(), "a handler panicked", "panic", failed, "route", r.Pattern, "stack", string(debug.Stack()))
	if rec.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not pass for a whole one
	}
	answerProblem(rec, p)
}

// admit refuses what a web page of somebody else could make a browser on this machine send: requests under another name
// that was pointed here (DNS rebinding), and commands from another origin.
func (a *API) admit(r *http.Request) *wire.Problem {
	if !a.answersTo(r.Host) {
		return problem(http.StatusForbidden, "foreign-host", "this server does not answer to that name: use the address that it printed at its start")
	}
	if err := a.origins.Check(r); err != nil {
		return problem(http.StatusForbidden, "cross-origin", "a page of another web site cannot send commands here")
	}
	return nil
}

// answersTo reports whether a Host header names this machine, or a name that the operator gave.
func (a *API) answersTo(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	// A request without a name is of an old program; browsers always send one.
	if name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") || slices.Contains(a.Hosts, name) {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && (a.AnyAddress || addr.Unmap().IsLoopback())
}

// route hands the request to its handler, and turns the mux's own plain answers into problems.
func (a *API) route(w http.ResponseWriter, r *http.Request) {
	if n := attemptOf(r.Context()); n != nil && n.pattern != "" {
		a.mux.ServeHTTP(w, r) // which looks the route up once more, for the values in its path
		return
	}
	own, _ := a.mux.Handler(r)
	plain := &discarded{header: http.Header{}}
	own.ServeHTTP(plain, r)
	allow := plain.header.Get("Allow")
	if plain.status != http.StatusMethodNotAllowed || allow == "" {
		answerProblem(w, problem(http.StatusNotFound, "not-found", "there is nothing at %q: /openapi.json lists what there is", clip(r.URL.Path))) // said to readers only
		return
	}
	p := problem(http.StatusMethodNotAllowed, "method-not-allowed", "%s is not allowed here; allowed: %s", clip(r.Method), allow).With("Allow", allow)
	p.Allowed = strings.Split(allow, ", ")
	answerProblem(w, p)
}

// A recorder remembers the status of an answer, and the code of a problem that is all of it.
type recorder struct {
	http.ResponseWriter
	status   int
	code     string
	signedIn bool // perhaps: a cookie came along
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
		r.keep()
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
		r.keep()
	}
	return r.ResponseWriter.Write(p)
}

// keep says who may keep the answer: nobody where nothing was said, and the browser alone where it is for somebody who has signed in. A
// cache between is kept from what a token opens by the header Authorization; a cookie says nothing to it.
func (r *recorder) keep() {
	switch said := r.Header().Get("Cache-Control"); {
	case said == "":
		r.Header().Set("Cache-Control", "no-store")
	case r.signedIn && !strings.Contains(said, "no-store"):
		r.Header().Set("Cache-Control", "private, "+said)
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// sent is the status that the caller sees.
func (r *recorder) sent() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// discarded takes an answer that is not sent.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }
func (d *discarded) WriteHeader(status int)      { d.status = status }
