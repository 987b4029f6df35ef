package projections

import (
	"context"
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
)

// NextChange returns the next instant after the given one at which some ceasefire's status, what it could be, or whether it
// is contested changes because time passes, and the ceasefires that change then. It is zero where nothing on record lies
// ahead. What entries that are still to come will change, nobody can say.
func (q *Queries) NextChange(ctx context.Context, after time.Time, p Point) (next time.Time, ids []string, err error) {
	return q.nextChange(ctx, p, func(*reader, string) (time.Time, error) { return after, nil })
}

// NextPassing is NextChange for whoever is told of entries as they are recorded: what a ceasefire's newest entry changed,
// and what lay behind it when it was recorded, was told with it, and is no doing of time.
func (q *Queries) NextPassing(ctx context.Context, after time.Time, p Point) (next time.Time, ids []string, err error) {
	return q.nextChange(ctx, p, func(r *reader, id string) (time.Time, error) {
		h, err := r.record(domain.Ref{Kind: domain.KindCeasefire, ID: id})
		if err != nil {
			return after, err
		}
		for _, s := range slices.Backward(h.Steps) {
			if s.Sequence <= r.Prefix && s.RecordedAt.After(after) {
				return s.RecordedAt, nil
			}
		}
		return after, nil
	})
}

func (q *Queries) nextChange(ctx context.Context, p Point, since func(*reader, string) (time.Time, error)) (next time.Time, ids []string, err error) {
	err = q.view(p, func(r *reader) error {
		return r.each(ctx, domain.KindCeasefire, "", nil, func(id string) (bool, error) {
			after, err := since(r, id)
			if err != nil {
				return false, err
			}
			t, changes, err := r.nextChange(id, after)
			switch {
			case err != nil || !changes:
			case next.IsZero() || t.Before(next):
				next, ids = t, []string{id}
			case t.Equal(next):
				ids = append(ids, id)
			}
			return false, err
		})
	})
	return next, ids, err
}

func (r *reader) nextChange(id string, after time.Time) (at time.Time, changes bool, err error) {
	c := r.Clocks
	c.Effective = after
	now, found, err := r.picture(id, c)
	if err != nil {
		return at, false, err
	}
	points := slices.DeleteFunc(r.turningPoints(pictured(now, id)), func(t time.Time) bool { return !t.After(after) })
	slices.SortFunc(points, time.Time.Compare)
	for _, t := range slices.CompactFunc(points, time.Time.Equal) {
		c.Effective = t
		then, exists, err := r.picture(id, c)
		if err != nil {
			return at, false, err
		}
		if exists != found || !sameAnswer(now, then) {
			return t, true, nil
		}
	}
	return at, false, nil
}

// pictured makes sure that the id is there for a ceasefire that is proposed only later.
func pictured(p ceasefire.Picture, id string) ceasefire.Picture {
	p.ID = id
	return p
}

func sameAnswer(a, b ceasefire.Picture) bool {
	return a.Status == b.Status && a.Gap == b.Gap && a.Contested == b.Contested && slices.Equal(a.CouldBe, b.CouldBe) &&
		slices.EqualFunc(a.Views, b.Views, func(x, y ceasefire.View) bool { return x.By == y.By && x.Status == y.Status })
}
