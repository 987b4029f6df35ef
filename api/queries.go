package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/projections"
)

// oneInput asks for one record.
type oneInput struct {
	ID          string `path:"id" doc:"The record's id."`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of your copy. Answered 304 only where effective_at and known_at are both given and past, because all other answers change with time alone."`
	Clocks
}

// Conditional lets a caller keep its copy of a page.
type Conditional struct {
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of your copy: the newest sequence that it was answered from. Answered 304 only where effective_at and known_at are both given and past."`
}

// ListInput asks for one page of a collection.
type ListInput struct {
	Clocks
	Paging
	Conditional
}

// stateOutput is the state of a record.
type stateOutput[V any] struct {
	Status       int
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         V
}

// pageOutput is one page of a collection.
type pageOutput[V any] struct {
	Status       int
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         projections.Page[V]
}

const noCache = "no-cache"

// one registers the route of single records of a kind.
func one[V any](a *API, kind domain.Kind, ask func(context.Context, string, projections.Point) (V, error), version func(V) uint64) {
	get(a, huma.Operation{
		OperationID: "get-" + string(kind), Path: "/v1/" + wire.Collection(kind) + "/{id}",
		Summary: "One record: " + string(kind), Tags: []string{tag(kind)},
	}, func(ctx context.Context, in *oneInput) (*stateOutput[V], error) {
		return state(ctx, a, in, domain.Ref{Kind: kind, ID: in.ID}, ask, version)
	})
}

func state[V any](ctx context.Context, a *API, in *oneInput, r domain.Ref, ask func(context.Context, string, projections.Point) (V, error), version func(V) uint64) (*stateOutput[V], error) {
	if !domain.IsSlug(r.ID) {
		return nil, problem(http.StatusNotFound, "not-found", "%q is not an id: lower-case letters, digits and hyphens, at most 64", clip(r.ID))
	}
	at, err := a.at(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	view, err := ask(ctx, r.ID, at)
	if err != nil {
		return nil, err
	}
	out := &stateOutput[V]{Status: http.StatusOK, ETag: versionTag(version(view)), CacheControl: noCache, Body: view}
	if a.settled(in.Clocks) && unchanged(in.IfNoneMatch, version(view)) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

// settled reports whether an answer at these clocks can never change again.
func (a *API) settled(c Clocks) bool {
	clock, err := c.clock()
	now := a.Clock()
	return err == nil && clock.Effective != nil && clock.KnownAt != nil && clock.Effective.Before(now) && clock.KnownAt.Before(now)
}

// many registers the route of a collection.
func many[V any](a *API, kind domain.Kind, ask func(context.Context, projections.Point, projections.Paging) (projections.Page[V], error)) {
	get(a, huma.Operation{
		OperationID: "list-" + wire.Collection(kind), Path: "/v1/" + wire.Collection(kind),
		Summary: "A page of records: " + wire.Collection(kind), Tags: []string{tag(kind)},
	}, func(ctx context.Context, in *ListInput) (*pageOutput[V], error) {
		return list(ctx, a, *in, ask)
	})
}

// list answers one page at the asked clocks.
func list[V any](ctx context.Context, a *API, in ListInput, ask func(context.Context, projections.Point, projections.Paging) (projections.Page[V], error)) (*pageOutput[V], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	at, err := a.at(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	answer, err := ask(ctx, at, page)
	if err != nil {
		return nil, err
	}
	if answer.Items == nil {
		answer.Items = []V{} // an empty list, not null
	}
	out := &pageOutput[V]{Status: http.StatusOK, ETag: versionTag(at.Prefix), CacheControl: noCache, Body: answer}
	if a.settled(in.Clocks) && unchanged(in.IfNoneMatch, at.Prefix) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

// historyInput asks for a page of a record's history.
type historyInput struct {
	ID string `path:"id" doc:"The record's id."`
	ListInput
}

// history registers the route of the entries that touch a record.
func history(a *API, kind domain.Kind) {
	get(a, huma.Operation{
		OperationID: "get-" + string(kind) + "-history", Path: "/v1/" + wire.Collection(kind) + "/{id}/history",
		Summary: "Every entry that touches the record, each in one sentence: " + string(kind), Tags: []string{tag(kind)},
	}, func(ctx context.Context, in *historyInput) (*pageOutput[projections.HistoryItem], error) {
		ref := domain.Ref{Kind: kind, ID: in.ID}
		if !domain.IsSlug(in.ID) {
			return nil, &domain.NotFound{Record: domain.Ref{Kind: kind, ID: clip(in.ID)}}
		}
		return list(ctx, a, in.ListInput, func(ctx context.Context, at projections.Point, p projections.Paging) (projections.Page[projections.HistoryItem], error) {
			return a.queries.History(ctx, ref, at, p)
		})
	})
}

func tag(kind domain.Kind) string {
	switch kind {
	case domain.KindCeasefire, domain.KindIncident:
		return wire.Collection(kind)
	}
	return "records"
}

// recordRoutes are those of the kinds that have no filters of their own.
func (a *API) recordRoutes() {
	q := a.queries
	one(a, domain.KindTalks, q.Talk, func(v projections.TalksView) uint64 { return v.Version })
	one(a, domain.KindTally, q.Tally, func(v projections.TallyView) uint64 { return v.Version })
	one(a, domain.KindStatement, q.Statement, func(v projections.StatementView) uint64 { return v.Version })
	one(a, domain.KindActor, q.Actor, func(v projections.ActorView) uint64 { return v.Version })
	one(a, domain.KindPlace, q.Place, func(v projections.PlaceView) uint64 { return v.Version })
	one(a, domain.KindSource, q.Source, func(v projections.SourceView) uint64 { return v.Version })
	many(a, domain.KindTalks, q.Talks)
	many(a, domain.KindTally, q.Tallies)
	many(a, domain.KindStatement, q.Statements)
	many(a, domain.KindActor, q.Actors)
	many(a, domain.KindPlace, q.Places)
	many(a, domain.KindSource, q.Sources)
	for _, kind := range domain.Kinds {
		history(a, kind)
	}
}
