package projections

import (
	"context"

	"truceledger/domain"
	"truceledger/domain/statement"
)

// Statement answers for one statement.
func (q *Queries) Statement(_ context.Context, id string, p Point) (StatementView, error) {
	return one(q, p, domain.Ref{Kind: domain.KindStatement, ID: id}, statementView)
}

// Statements lists the statements, by id.
func (q *Queries) Statements(ctx context.Context, p Point, pg Paging) (Page[StatementView], error) {
	return listed(ctx, q, domain.KindStatement, p, pg, nil, statementView)
}

func statementView(r *reader, id string) (v StatementView, found bool, err error) {
	readings, version, err := r.happened(domain.Ref{Kind: domain.KindStatement, ID: id})
	if err != nil || version == 0 {
		return v, false, err
	}
	s := statement.Fold(readings)
	return StatementView{
		ID: s.ID, By: s.By, Kind: string(s.Kind), Text: s.Text, About: some(s.About), Occurred: bounds(s.Occurred),
		Sources: some(s.Sources), Version: version,
	}, s.Exists(), nil
}
