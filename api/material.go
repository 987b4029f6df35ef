package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/projections"
)

// materialRoutes tell what belongs to a record beside what it says.
func (a *API) materialRoutes() {
	for _, kind := range domain.Kinds {
		get(a, huma.Operation{
			OperationID: "get-" + string(kind) + "-material", Path: "/v1/" + wire.Collection(kind) + "/{id}/material", Tags: []string{"material"},
			Summary: "The record's files with their chains of custody, its sealed values with who read them, and of a restricted one the actors that may know of it: " + string(kind),
		}, func(ctx context.Context, in *oneInput) (*stateOutput[projections.MaterialView], error) {
			ref := domain.Ref{Kind: kind, ID: in.ID}
			return state(ctx, a, in, ref, func(ctx context.Context, id string, at projections.Point) (projections.MaterialView, error) {
				return a.queries.Material(ctx, ref, at)
			}, func(v projections.MaterialView) uint64 { return v.Version })
		})
	}
}
