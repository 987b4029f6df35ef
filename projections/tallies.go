package projections

import (
	"context"
	"slices"

	"truceledger/domain"
	"truceledger/domain/tally"
)

// Tally answers for one series of counts.
func (q *Queries) Tally(_ context.Context, id string, p Point) (TallyView, error) {
	return one(q, p, domain.Ref{Kind: domain.KindTally, ID: id}, tallyView)
}

// Tallies lists the series, by id. No two of them are ever added up.
func (q *Queries) Tallies(ctx context.Context, p Point, pg Paging) (Page[TallyView], error) {
	return listed(ctx, q, domain.KindTally, p, pg, nil, tallyView)
}

func tallyView(r *reader, id string) (v TallyView, found bool, err error) {
	readings, version, err := r.happened(domain.Ref{Kind: domain.KindTally, ID: id})
	if err != nil || version == 0 {
		return v, false, err
	}
	s := tally.Fold(readings)
	if !s.Exists() {
		return v, false, nil
	}
	v = TallyView{
		ID: s.ID, Source: s.Source, Unit: string(s.Unit), Outcome: string(s.Outcome), Area: some([]string(s.Area)),
		About: some(s.About), Points: []TallyPoint{}, Version: version,
	}
	points := slices.Clone(s.Points)
	slices.SortStableFunc(points, func(a, b tally.Point) int {
		if c := a.Occurred.Earliest.Compare(b.Occurred.Earliest); c != 0 {
			return c
		}
		return int(a.Sequence) - int(b.Sequence)
	})
	for _, x := range points {
		v.Points = append(v.Points, pointView(x))
	}
	if latest, ok := s.Latest(); ok {
		x := pointView(latest)
		v.Latest = &x
	}
	return v, true, nil
}

func pointView(x tally.Point) TallyPoint {
	v := TallyPoint{
		Best: x.Best, Qualifier: string(x.Qualifier), Low: x.Low, High: x.High, AsOf: bounds(x.AsOf), Area: x.Area,
		Sources: x.Sources, RecordedAt: x.Recorded, Sequence: x.Sequence,
	}
	if !x.Period.From.IsZero() || !x.Period.Until.IsZero() {
		v.Period = &TermView{From: bounds(x.Period.From), Until: bounds(x.Period.Until), Sequence: x.Sequence}
	}
	for _, part := range x.Including {
		v.Including = append(v.Including, PartView{Unit: string(part.Unit), Best: part.Best})
	}
	return v
}
