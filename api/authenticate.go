package api

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/eventstore"
)

// An attempt is what is remembered of one request for the line that tells of its refusal.
type attempt struct {
	caller  access.Caller
	code    string // of the problem that it ended with
	pattern string // of its route, "" where there is none or it was not looked up
}

type attemptKey struct{}

func attemptOf(ctx context.Context) *attempt {
	n, _ := ctx.Value(attemptKey{}).(*attempt)
	return n
}

// throttles hold callers to their rates.
type throttles struct {
	tokens, addresses, failures, accounts *access.Limiter
	atOnce                                *access.Counter
}

func newThrottles(r access.Rates) throttles {
	burst := func(perSecond float64) int { return int(math.Ceil(perSecond * r.Burst)) }
	return throttles{
		tokens: access.NewLimiter(r.PerToken, burst(r.PerToken)), addresses: access.NewLimiter(r.PerAddress, burst(r.PerAddress)),
		failures: access.NewLimiter(r.Failures, mostFailures), accounts: access.NewLimiter(r.Failures*mostFailures, mostAccounts), atOnce: access.NewCounter(r.AtOnce),
	}
}

const (
	// mostFailures is how many wrong tokens in a row are each answered with a reason.
	mostFailures = 10
	// mostAccounts is how many people of one address may sign in at once with an account. Each has this server ask the issuer.
	mostAccounts = 60
)

// receive finds out who sends a request and whether it may be answered. The request that it returns carries the caller; it
// ends with the caller's token. done must be called when it is answered.
func (a *API) receive(r *http.Request, n *attempt) (received *http.Request, done func(), p *wire.Problem) {
	ctx := context.WithValue(r.Context(), attemptKey{}, n)
	who, err := a.Access.Identify(r)
	if err != nil {
		return r.WithContext(ctx), func() {}, a.unknown(r)
	}
	n.caller = who.Caller
	ctx, cancel := context.WithCancel(access.With(ctx, who.Caller))
	if !who.Until.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, who.Until)
	}
	stop := context.AfterFunc(who.Life, cancel)
	r = asReader(r.WithContext(ctx))
	leave, p := a.throttle(r, who.Caller)
	if p == nil {
		p = a.permitted(r, who.Caller)
	}
	return r, func() { leave(); stop(); cancel() }, p
}

// throttle holds a caller to its rate: by its token, so that others at its address do not slow it down; by its address
// where it has none.
func (a *API) throttle(r *http.Request, c access.Caller) (leave func(), p *wire.Problem) {
	limiter, key := a.throttles.addresses, a.address(r)
	if c.Known() {
		limiter, key = a.throttles.tokens, "token "+c.Token+" "+c.Name
	}
	if wait, ok := limiter.Allow(key, time.Now()); !ok {
		return func() {}, tooMany(wait, "you ask faster than this server answers one caller")
	}
	leave, ok := a.throttles.atOnce.Begin(key)
	if !ok {
		return func() {}, tooMany(time.Second, "too many of your requests are under way: let some end first")
	}
	return leave, nil
}

func tooMany(wait time.Duration, reason string) *wire.Problem {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return problem(http.StatusTooManyRequests, "too-many-requests", "%s; come again in %d s", reason, seconds).With("Retry-After", strconv.Itoa(seconds))
}

// unknown refuses a token that lets nobody in.
func (a *API) unknown(r *http.Request) *wire.Problem {
	if wait, ok := a.throttles.failures.Allow(a.address(r), time.Now()); !ok {
		return tooMany(wait, "too many wrong tokens came from your address")
	}
	return problem(http.StatusUnauthorized, "unknown-token", "%s: take another one", access.ErrUnknownToken).
		With("WWW-Authenticate", `Bearer realm="truce", error="invalid_token"`)
}

// unauthenticated refuses a caller whom nobody knows.
func unauthenticated() *wire.Problem {
	return problem(http.StatusUnauthorized, "unauthenticated",
		"this needs a token: send it in the header Authorization: Bearer ..., or sign in at /login; the operator makes one with truce token create").
		With("WWW-Authenticate", `Bearer realm="truce"`)
}

// forbidden refuses a known caller.
func forbidden(c access.Caller, action access.Action) *wire.Problem {
	if !c.Known() {
		return unauthenticated()
	}
	return problem(http.StatusForbidden, "forbidden", "your role (%s) does not grant this (%s): docs/access.md has the table", rolesOf(c), action)
}

func rolesOf(c access.Caller) string {
	var names []string
	for _, r := range c.Roles {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// permitted looks the request's route up in the table. Where nothing is known of a route, nobody takes it; whether there is
// such a route at all is told to those who may read.
func (a *API) permitted(r *http.Request, c access.Caller) *wire.Problem {
	_, pattern := a.mux.Handler(r)
	if n := attemptOf(r.Context()); n != nil {
		n.pattern = pattern
	}
	action, ok := access.OfRoute(pattern)
	if pattern == "" {
		action, ok = access.Read, true
	}
	if !ok {
		a.log.ErrorContext(r.Context(), "a route stands in no row of the table of access and is closed", "route", pattern)
	}
	if !ok || c.May(action) == access.No {
		return forbidden(c, action)
	}
	return nil
}

// turnAway answers a request that is refused before any handler saw it: people are shown where to sign in.
func (a *API) turnAway(w http.ResponseWriter, r *http.Request, p *wire.Problem) {
	if n := attemptOf(r.Context()); n != nil {
		n.code = p.Code
	}
	if r.ContentLength != 0 {
		w.Header().Set("Connection", "close") // a body that comes slowly is not waited for
	}
	page := r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/v1/")
	switch {
	case page && p.Status == http.StatusUnauthorized && p.Code == "unauthenticated":
		w.Header().Set("Cache-Control", "no-store")
		to := url.Values{"next": {r.URL.RequestURI()}}
		if lang := r.URL.Query().Get("lang"); lang != "" {
			to.Set("lang", lang) // who reads Arabic signs in in Arabic
		}
		http.Redirect(w, r, "/login?"+to.Encode(), http.StatusSeeOther)
	case page:
		a.send(w, r, nil, 0, p)
	default:
		answerProblem(w, p)
	}
}

// audit writes a line for a refusal. It holds nothing that the caller sent: neither a token nor the name of a record.
func (a *API) audit(r *http.Request, status int, n *attempt) {
	if status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusTooManyRequests {
		return
	}
	args := []any{"status", status, "code", n.code, "method", knownMethod(r.Method), "route", r.Pattern, "address", a.address(r)}
	if verb := r.PathValue("command"); slices.Contains(eventstore.Verbs(), verb) {
		args = append(args, "command", verb)
	}
	if n.caller.Known() {
		args = append(args, "caller", n.caller.Name, "roles", rolesOf(n.caller), "token", n.caller.Token)
	}
	a.log.Log(context.WithoutCancel(r.Context()), slog.LevelWarn, "refused", args...)
}

// address is where a request comes from, as far as it is limited by it: the network of a caller with an IPv6 address, who has
// 2^64 of them.
func (a *API) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if forwarded := r.Header.Values("X-Forwarded-For"); a.BehindProxy && len(forwarded) > 0 {
		all := strings.Split(strings.Join(forwarded, ","), ",")
		host = strings.TrimSpace(all[len(all)-1]) // what the proxy itself has seen; what stands before is the caller's word
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return "none"
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		return addr.String()
	}
	network, _ := addr.Prefix(64) // 64 is in range
	return fmt.Sprint(network)
}
