package main

import (
"context"
"truceledger/domain"
"truceledger/projections"
	"log/slog"
	"net/http"

	"truceledger/api"
	"truceledger/cmd/truce/bench"
)

func handler(n *bench.Node, logger *slog.Logger) http.Handler {
	return api.New(api.Options{Ledger: n.Ledger, Queries: stub{n.Models}, Log: n.Log, Logger: logger})
}

type stub struct{ *projections.Projections }

func (stub) Calendar(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CalendarItem], error) {
	panic("no")
}
func (stub) History(context.Context, domain.Ref, projections.Point, projections.Paging) (projections.Page[projections.HistoryItem], error) {
	panic("no")
}
