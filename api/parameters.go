package api

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/projections"
)

// An instant is a query parameter that holds an RFC 3339 instant.
type instant string

// Schema implements huma.SchemaProvider.
func (instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2016-05-06T09:00:00Z"}}
}

// rfc3339 is the form of an instant. Package time reads more than the RFC allows: a comma for the point, an hour of one
// digit, an offset of 24 hours; and less: not a small t or z.
var rfc3339 = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

// parse reads the instant, strictly; nil where it is not given. The ledger counts years from 1.
func (i instant) parse(name string) (*time.Time, *wire.Problem) {
	if i == "" {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, strings.ToUpper(string(i)))
	if err != nil || !rfc3339.MatchString(string(i)) || t.Year() < 1 || t.UTC().Year() < 1 {
		return nil, badClock(name, string(i))
	}
	t = t.UTC()
	return &t, nil
}

func badClock(name, given string) *wire.Problem {
	p := problem(http.StatusBadRequest, "bad-clock",
		"%s: %q is not an RFC 3339 instant: write it like 2016-05-06T12:00:00+03:00 or 2016-05-06T09:00:00.5Z", name, clip(given))
	p.Parameter = name
	return p
}

// A count is a query parameter that holds a whole number, zero or more.
type count string

// Schema implements huma.SchemaProvider.
func (count) Schema(huma.Registry) *huma.Schema {
	zero := 0.0
	return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &zero}
}

// parse reads the number; nil where it is not given.
func (c count) parse(name string) (*uint64, *wire.Problem) {
	if c == "" {
		return nil, nil
	}
	n, err := strconv.ParseUint(string(c), 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != string(c) {
		return nil, badParameter(name, "%s: %s is not a whole number, zero or more", name, strconv.Quote(clip(string(c))))
	}
	return &n, nil
}

// Clocks are the parameters of every question that is answered at clocks. Like the other sets of parameters it is exported
// only because huma looks into no others.
type Clocks struct {
	EffectiveAt  instant `query:"effective_at" doc:"Keep what had happened by then, by the word of who acted or reported; by default now."`
	KnownAt      instant `query:"known_at" doc:"Keep what the ledger had recorded by then; by default everything."`
	ReportedBy   instant `query:"reported_by" doc:"Keep what its earliest source had published by then; by default no limit."`
	AsOfSequence count   `query:"as_of_sequence" doc:"Keep the log up to this sequence; replaces known_at."`
	Fresh
}

// Fresh is the parameter that lets a caller read its own write.
type Fresh struct {
	MinSequence count `query:"min_sequence" doc:"Wait, at most five seconds, until the answer holds this sequence."`
}

// Paging are the parameters of a collection.
type Paging struct {
	Cursor string `query:"cursor" doc:"Where to go on: next_cursor of the page before."`
	Limit  count  `query:"limit" doc:"How many items a page holds, from 1 to 1000; by default 100."`
}

// clock reads the clocks.
func (c Clocks) clock() (projections.Clock, error) {
	effective, p1 := c.EffectiveAt.parse("effective_at")
	known, p2 := c.KnownAt.parse("known_at")
	reported, p3 := c.ReportedBy.parse("reported_by")
	prefix, p4 := c.AsOfSequence.parse("as_of_sequence")
	for _, p := range []*wire.Problem{p1, p2, p3, p4} {
		if p != nil {
			return projections.Clock{}, p
		}
	}
	if known != nil && prefix != nil {
		return projections.Clock{}, &projections.ClockError{Parameter: "as_of_sequence", Problem: "give known_at or as_of_sequence, not both: each says which part of the log is kept"}
	}
	return projections.Clock{Effective: effective, KnownAt: known, AsOfSequence: prefix, ReportedBy: reported}, nil
}

// at fixes the clocks of one question.
func (a *API) at(ctx context.Context, c Clocks) (projections.Point, error) {
	clock, err := c.clock()
	if err != nil {
		return projections.Point{}, err
	}
	return a.queries.Resolve(ctx, clock)
}

// page reads which page is wanted.
func (p Paging) page() (projections.Paging, error) {
	limit, bad := p.Limit.parse("limit")
	switch {
	case bad != nil:
		return projections.Paging{}, bad
	case limit == nil:
		return projections.Paging{Cursor: p.Cursor}, nil
	case *limit < 1 || *limit > 1000:
		return projections.Paging{}, badParameter("limit", "limit: %d is not from 1 to 1000", *limit)
	}
	return projections.Paging{Cursor: p.Cursor, Limit: int(*limit)}, nil
}

// oneOf checks a parameter that takes one of a few words.
func oneOf(name, value string, allowed []string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	p := badParameter(name, "%s: %q is none of %s", name, clip(value), strings.Join(allowed, ", "))
	p.Allowed = allowed
	return p
}

// slug checks a parameter that names a record by its id.
func slug(name, value string) error {
	if value == "" || domain.IsSlug(value) {
		return nil
	}
	return badParameter(name, "%s: %q is not an id: lower-case letters, digits and hyphens, at most 64", name, clip(value))
}

// strictQuery refuses unknown, repeated, empty and unreadable query parameters: a slip in a filter's name must not look
// like an answer to it.
func (a *API) strictQuery(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	_, form := ctx.Operation().Metadata[isForm]
	clean, p := checkQuery(r.URL.RawQuery, ctx.Operation().Parameters, form)
	if p != nil {
		refuseOn(ctx, p)
		return
	}
	r.URL.RawQuery = clean
	next(ctx)
}

// checkQuery reads a query against the parameters of a route. It returns the query with every plus sign in an instant
// kept a plus sign: forms write a space as "+", and no instant holds a space. A form sends what was left empty too.
func checkQuery(query string, params []*huma.Param, form bool) (clean string, bad *wire.Problem) {
	if query == "" {
		return "", nil
	}
	known := map[string]*huma.Param{}
	var allowed []string
	for _, p := range params {
		if p.In == "query" {
			known[p.Name], allowed = p, append(allowed, p.Name)
		}
	}
	var pairs []string
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(rawName)
		value, err2 := url.QueryUnescape(rawValue)
		param, ok := known[name]
		switch {
		case err1 != nil || err2 != nil:
			return "", badParameter(clip(rawName), "the query cannot be read at %q: a percent sign is written %%25", clip(pair))
		case !ok:
			return "", unknownParameter(name, allowed)
		case form && value == "":
			continue
		case seen[name]:
			p := problem(http.StatusBadRequest, "duplicate-parameter", "%s stands twice in the query: give it once", name)
			p.Parameter = name
			return "", p
		case param.Schema.Format == "date-time":
			rawValue = strings.ReplaceAll(rawValue, "+", "%2B")
			if value == "" {
				return "", badClock(name, "")
			}
		case value == "":
			return "", badParameter(name, "%s has no value: give it one or leave it out", name)
		}
		seen[name] = true
		pairs = append(pairs, rawName+"="+rawValue)
	}
	return strings.Join(pairs, "&"), nil
}

func unknownParameter(name string, allowed []string) *wire.Problem {
	slices.Sort(allowed)
	list := strings.Join(allowed, ", ")
	if list == "" {
		list = "none"
	}
	p := problem(http.StatusBadRequest, "unknown-parameter", "%q is not a parameter of this route; it knows: %s", clip(name), list)
	p.Parameter, p.Allowed = clip(name), allowed
	return p
}

// isAtOnce marks the routes that tell nothing of the record, and answer also before the read models can.
const isAtOnce = "at once"

// awaitSequence holds a question back until the read models can answer it: they have caught up since the start, and hold
// what min_sequence asks for.
func (a *API) awaitSequence(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	asks := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "min_sequence" })
	if atOnce := op.Metadata[isAtOnce] != nil; !asks || atOnce && ctx.Query("min_sequence") == "" {
		next(ctx)
		return
	}
	if p := a.await(ctx.Context(), count(ctx.Query("min_sequence"))); p != nil {
		refuseOn(ctx, p)
		return
	}
	next(ctx)
}

func (a *API) await(ctx context.Context, least count) *wire.Problem {
	n, p := least.parse("min_sequence")
	if p != nil {
		return p
	}
	if p := a.readiness.check(ctx, a); p != nil {
		return p
	}
	a.awaitWritten(ctx)
	if n == nil || *n <= a.queries.Applied() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.limits.wait)
	defer cancel()
	if err := a.queries.WaitFor(ctx, *n); err != nil {
		return later("behind", "min_sequence: the read models have reached %d, not %d yet: try again in a moment", a.queries.Applied(), *n)
	}
	return nil
}

// A mark is the highest sequence that this server has answered a command with.
type mark struct{ atomic.Uint64 }

func (m *mark) note(n uint64) {
	for seen := m.Load(); n > seen && !m.CompareAndSwap(seen, n); seen = m.Load() {
	}
}

// awaitWritten lets the read models come up to what this server has acknowledged, a few milliseconds at most. Without it
// whoever writes and then asks, as people do at a terminal, could miss their own entry. Models that are further behind
// answer as they are: a question is not refused for it.
func (a *API) awaitWritten(ctx context.Context) {
	n := a.written.Load()
	if n <= a.queries.Applied() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, a.limits.own)
	defer cancel()
	_ = a.queries.WaitFor(ctx, n)
}

// clip shortens what a caller sent before it is repeated.
func clip(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
