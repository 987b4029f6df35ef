package projections

import (
	"context"

	"truceledger/domain"
	"truceledger/domain/talks"
)

// Talk answers for one track of talks.
func (q *Queries) Talk(_ context.Context, id string, p Point) (TalksView, error) {
	return one(q, p, domain.Ref{Kind: domain.KindTalks, ID: id}, talksView)
}

// Talks lists the tracks of talks, by id.
func (q *Queries) Talks(ctx context.Context, p Point, pg Paging) (Page[TalksView], error) {
	return listed(ctx, q, domain.KindTalks, p, pg, nil, talksView)
}

func talksView(r *reader, id string) (v TalksView, found bool, err error) {
	readings, version, err := r.happened(domain.Ref{Kind: domain.KindTalks, ID: id})
	if err != nil || version == 0 {
		return v, false, err
	}
	s := talks.Fold(readings)
	v = TalksView{
		ID: s.ID, Track: s.Track, Participants: some(s.Participants), About: some(s.About), Status: string(s.Status),
		Statuses: []TalksStatusView{}, Reservations: []ReservationView{}, Version: version,
	}
	for _, x := range s.Statuses {
		v.Statuses = append(v.Statuses, TalksStatusView{
			Status: string(x.Status), Characterisation: x.Characterisation, Condition: x.Condition, By: x.By,
			Sources: x.Sources, Occurred: bounds(x.Occurred), Sequence: x.Sequence,
		})
		if x.Characterisation != "" {
			v.Characterisation = x.Characterisation
		}
	}
	for _, x := range s.Reservations {
		v.Reservations = append(v.Reservations, ReservationView{
			By: x.By, Right: x.Right, Condition: x.Condition, Sources: x.Sources, Occurred: bounds(x.Occurred), Sequence: x.Sequence,
		})
	}
	return v, s.Exists(), nil
}
