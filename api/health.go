package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/wire"
	"truceledger/projections"
)

// nothing declares a route without parameters but the one that every GET takes. It answers at once where that is not given,
// whatever state the read models are in.
type nothing struct {
	MinSequence count `query:"min_sequence" doc:"Wait, at most five seconds, until the read models hold this sequence."`
}

// A readiness is whether the read models have caught up with the log since the start. Until then an answer would be one
// about the past that looks like one about now. Once reached it stays.
type readiness struct {
	mu     sync.Mutex
	ready  bool
	target uint64 // the log's end when it was first seen
}

// check says why nothing can be answered yet, nil where something can.
func (r *readiness) check(ctx context.Context, a *API) *wire.Problem {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ready {
		return nil
	}
	if r.target == 0 {
		last, err := a.Log.Last(ctx)
		if err != nil {
			return later("not-ready", "the log cannot be reached yet: try again in a moment")
		}
		r.target = last
	}
	if applied := a.queries.Applied(); applied < r.target && a.queries.Stalled() == 0 {
		return later("not-ready", "the read models have reached %d of %d entries: try again in a moment", applied, r.target)
	}
	r.ready = true
	return nil
}

// healthBody is the answer of /healthz.
type healthBody struct {
	Status  string `json:"status" doc:"ok"`
	Version string `json:"version" doc:"The program's version."`
}

// readyBody is the answer of /readyz.
type readyBody struct {
	Ready    bool   `json:"ready" doc:"Whether questions are answered."`
	Writable bool   `json:"writable" doc:"Whether commands are taken."`
	Problem  string `json:"problem,omitempty" doc:"Why commands are not taken, or questions not answered, for the operator."`
	Sequence uint64 `json:"sequence" doc:"How far the read models have come."`
	Last     uint64 `json:"last" doc:"The log's newest sequence."`
	Lag      uint64 `json:"lag" doc:"How many entries the read models are behind."`
	Version  string `json:"version" doc:"The program's version."`
	// Filling is left out while nothing long is done.
	Filling *fillingBody `json:"filling,omitempty" doc:"What the read models are busy with for longer: catching up after a start, or a rebuild beside those that serve."`

	SignIn *signInBody `json:"sign_in,omitempty" doc:"On a server where people sign in with an account: the issuer that keeps it. Tokens let in whatever it does."`

	Origin *originBody `json:"origin,omitempty" doc:"On a server that takes no commands: the log that its own is a copy of."`
}

// signInBody is whether people can sign in with an account.
type signInBody struct {
	Issuer  string `json:"issuer" doc:"Who keeps the accounts."`
	Ready   bool   `json:"ready" doc:"Whether it answers as it should, as far as is known."`
	Problem string `json:"problem,omitempty" doc:"Why nobody can sign in by it; the server's log says more."`
}

func (a *API) signInState() *signInBody {
	if a.Access == nil || a.Access.Issuer == nil {
		return nil
	}
	b := &signInBody{Issuer: a.Access.Issuer.SignIn.Issuer, Ready: true}
	if err := a.Access.Issuer.Trouble(); err != nil {
		b.Ready, b.Problem = false, err.Error()
	}
	return b
}

// originBody is how far a copy of the log is behind.
type originBody struct {
	Known bool    `json:"known" doc:"Whether the origin was heard of since the start."`
	Lag   uint64  `json:"lag" doc:"How many entries answers may lack, as far as was known then."`
	Heard float64 `json:"heard_seconds" doc:"How long ago the origin was last heard of. While the line is down this grows and lag does not."`
}

// fillingBody is how far the read models have come with something long.
type fillingBody struct {
	Doing       string  `json:"doing" enum:"catching up,rebuilding" doc:"What is being done."`
	Done        uint64  `json:"done" doc:"Entries done."`
	Of          uint64  `json:"of" doc:"Entries in all."`
	PerSecond   float64 `json:"per_second" doc:"Entries a second, so far."`
	SecondsLeft float64 `json:"seconds_left" doc:"About how long the rest takes."`
}

func (a *API) filling() *fillingBody {
	if a.Admin == nil {
		return nil
	}
	p, busy := a.Admin.Progress()
	if !busy {
		return nil
	}
	return &fillingBody{Doing: p.Doing, Done: p.Done, Of: p.Of, PerSecond: math.Round(p.Rate()), SecondsLeft: math.Round(p.Left().Seconds())}
}

type healthOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         healthBody
}

type readyOutput struct {
	Status       int
	RetryAfter   string `header:"Retry-After"`
	CacheControl string `header:"Cache-Control"`
	Body         readyBody
}

func (a *API) healthRoutes() {
	atOnce := map[string]any{isAtOnce: true}
	get(a, huma.Operation{
		OperationID: "healthz", Metadata: atOnce, Path: "/healthz", Tags: []string{"operation"}, Summary: "Whether the server is alive",
	}, func(context.Context, *nothing) (*healthOutput, error) {
		return &healthOutput{CacheControl: "no-store", Body: healthBody{Status: "ok", Version: a.version()}}, nil
	})
	get(a, huma.Operation{
		OperationID: "readyz", Metadata: atOnce, Path: "/readyz", Tags: []string{"operation"}, Summary: "Whether the server answers, and how far its read models are behind",
		Description: "503 with the same body until the read models have caught up, when the log cannot be reached, and while the server stops.",
	}, a.ready)
	raw[nothing](a, huma.Operation{
		OperationID: "metrics", Metadata: atOnce, Path: "/metrics", Tags: []string{"operation"}, Summary: "Figures for Prometheus",
	}, "text/plain", a.metrics.ServeHTTP)
}

// halt is why no command can be stored at the moment, nil while one can.
func (a *API) halt() error { return cmp.Or(a.ledger.Stopped(), a.Halted()) }

func (a *API) ready(ctx context.Context, _ *nothing) (*readyOutput, error) {
	last, err := a.Log.Last(ctx)
	applied := a.queries.Applied()
	_, unready := a.queries.Resolve(ctx, projections.Clock{}) // a refill makes it unready again
	body := readyBody{
		Ready:    err == nil && unready == nil && a.readiness.check(ctx, a) == nil && a.life.Err() == nil,
		Writable: !a.ReadOnly && err == nil && a.halt() == nil,
		Sequence: applied, Last: max(last, applied), Version: a.version(), Filling: a.filling(), SignIn: a.signInState(),
	}
	body.Lag = body.Last - applied
	if why := cmp.Or(a.halt(), err, unready); why != nil {
		body.Problem = why.Error()
	}
	if at := a.queries.Stalled(); at != 0 {
		body.Writable = false
		body.Problem = fmt.Sprintf("message %d of the log is no entry that this program can read: answers are as of entry %d, and nothing is written; "+
			"either somebody else can write to the stream, or this program is too old", at, applied)
	}
	if a.Behind != nil {
		entries, heard, known := a.behindOrigin()
		body.Origin = &originBody{Known: known, Lag: entries, Heard: max(0, heard.Seconds())}
	}
	out := &readyOutput{Status: http.StatusOK, CacheControl: "no-store", Body: body}
	if !body.Ready {
		out.Status, out.RetryAfter = http.StatusServiceUnavailable, "1"
	}
	return out, nil
}
