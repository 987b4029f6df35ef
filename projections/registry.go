package projections

import (
	"context"

	"truceledger/domain"
)

// Actor answers for one registered actor.
func (q *Queries) Actor(_ context.Context, id string, p Point) (ActorView, error) {
	return one(q, p, domain.Ref{Kind: domain.KindActor, ID: id}, actorView)
}

// Actors lists the registered actors.
func (q *Queries) Actors(ctx context.Context, p Point, pg Paging) (Page[ActorView], error) {
	return listed(ctx, q, domain.KindActor, p, pg, nil, actorView)
}

func actorView(r *reader, id string) (ActorView, bool, error) {
	a := r.actor(id)
	_, version := r.registered(domain.KindActor, id)
	return ActorView{
		ID: a.ID, Name: a.Name, Kind: string(a.Kind), Aliases: some(a.Aliases), Names: someNames(a.Names), Version: version,
	}, a.Exists(), r.err
}

// Place answers for one registered place.
func (q *Queries) Place(_ context.Context, id string, p Point) (PlaceView, error) {
	return one(q, p, domain.Ref{Kind: domain.KindPlace, ID: id}, placeView)
}

// Places lists the registered places.
func (q *Queries) Places(ctx context.Context, p Point, pg Paging) (Page[PlaceView], error) {
	return listed(ctx, q, domain.KindPlace, p, pg, nil, placeView)
}

func placeView(r *reader, id string) (PlaceView, bool, error) {
	x := r.place(id)
	_, version := r.registered(domain.KindPlace, id)
	v := PlaceView{
		ID: x.ID, Name: x.Name, Parent: x.Parent, Point: x.Point, Aliases: some(x.Aliases), Names: someNames(x.Names), Version: version,
	}
	if x.Geometry != nil {
		v.Geometry = x.Geometry
	}
	return v, x.Exists(), r.err
}

// Source answers for one registered source.
func (q *Queries) Source(_ context.Context, id string, p Point) (SourceView, error) {
	return one(q, p, domain.Ref{Kind: domain.KindSource, ID: id}, sourceView)
}

// Sources lists the registered sources.
func (q *Queries) Sources(ctx context.Context, p Point, pg Paging) (Page[SourceView], error) {
	return listed(ctx, q, domain.KindSource, p, pg, nil, sourceView)
}

func sourceView(r *reader, id string) (SourceView, bool, error) {
	s := r.source(id)
	_, version := r.registered(domain.KindSource, id)
	return SourceView{
		ID: s.ID, Title: s.Title, Publisher: s.Publisher, Published: bounds(s.Published), URL: s.URL, SHA256: s.SHA256,
		Cites: some(s.Cites), Version: version,
	}, s.Exists(), r.err
}
