package interchange

import (
	"context"
	"iter"

	"truceledger/projections"
)

// Answers are what exports ask of the read models.
type Answers interface {
	Incidents(context.Context, projections.IncidentFilter, projections.Point, projections.Paging) (projections.Page[projections.IncidentView], error)
	Ceasefires(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CeasefireView], error)
	Calendar(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CalendarItem], error)
	Place(context.Context, string, projections.Point) (projections.PlaceView, error)
	Actor(context.Context, string, projections.Point) (projections.ActorView, error)
	Source(context.Context, string, projections.Point) (projections.SourceView, error)
}

// All yields every item of a question, page after page, at one point: what is recorded meanwhile does not show.
func All[V any](ask func(projections.Paging) (projections.Page[V], error)) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for p := (projections.Paging{Limit: 1000}); ; {
			page, err := ask(p)
			if err != nil {
				var none V
				yield(none, err)
				return
			}
			for _, v := range page.Items {
				if !yield(v, nil) {
					return
				}
			}
			if page.NextCursor == "" {
				return
			}
			p.Cursor = page.NextCursor
		}
	}
}

// Locate adds to incidents where they were.
func Locate(ctx context.Context, q Answers, at projections.Point, incidents iter.Seq2[projections.IncidentView, error]) iter.Seq2[Located, error] {
	places := &atlas{ctx: ctx, q: q, at: at}
	return func(yield func(Located, error) bool) {
		for v, err := range incidents {
			l := Located{IncidentView: v}
			if err == nil && v.Place != "" {
				err = places.locate(&l)
			}
			if v.Near != nil {
				l.Point = v.Near.Point // what its reporter chose to let everybody know
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// An atlas remembers the places that it was asked for.
type atlas struct {
	ctx   context.Context
	q     Answers
	at    projections.Point
	known map[string]projections.PlaceView
}

func (a *atlas) place(id string) (projections.PlaceView, error) {
	if v, ok := a.known[id]; ok {
		return v, nil
	}
	v, err := a.q.Place(a.ctx, id, a.at)
	if err != nil {
		return v, err
	}
	if a.known == nil || len(a.known) > 50_000 {
		a.known = map[string]projections.PlaceView{}
	}
	a.known[id] = v
	return v, nil
}

// locate climbs 64 steps at most, like everything that follows parents.
func (a *atlas) locate(l *Located) error {
	v, err := a.place(l.Place)
	if err != nil {
		return err
	}
	l.PlaceName, l.Point = v.Name, v.Point
	for range 64 {
		if v.Parent == "" {
			break
		}
		if v, err = a.place(v.Parent); err != nil {
			return err
		}
		l.Within = append(l.Within, v)
	}
	return nil
}
