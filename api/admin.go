package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/projections"
)

// projectionsBody is how far the projections have come, with their digests.
type projectionsBody struct {
	Projections []projections.ProjectionState `json:"projections" doc:"One for each projection."`
}

type projectionsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         projectionsBody
}

// digestsInput lets a caller wait for its own write. All rows are read, which may take long.
type digestsInput struct {
	Fresh
	lasting
}

// adminRoutes are those of the operator's commands replay and rebuild, where the server offers them.
func (a *API) adminRoutes() {
	if a.Admin == nil {
		return
	}
	get(a, huma.Operation{
		OperationID: "get-digests", Path: "/v1/admin/digests", Tags: []string{"operation"},
		Summary: "The digest of every serving projection, and the sequence that it stands at",
	}, func(ctx context.Context, in *digestsInput) (*projectionsOutput, error) {
		in.lasts()
		return a.digests(ctx)
	})
	serve(a, huma.Operation{
		OperationID: "rebuild", Method: http.MethodPost, Path: "/v1/admin/rebuild", Tags: []string{"operation"},
		Summary:     "Rebuild the projections beside the serving ones, swap them, and tell the new ones' digests",
		Description: "Answers when the new ones serve. A caller who leaves earlier does not stop it.",
	}, a.rebuild)
	a.snapshotRoutes()
}

// rebuild may take longer than any other request, and goes on when its caller leaves.
func (a *API) rebuild(ctx context.Context, in *lasting) (*projectionsOutput, error) {
	in.lasts()
	ctx = context.WithoutCancel(ctx)
	began := time.Now()
	a.log.InfoContext(ctx, "rebuilding the projections")
	if err := a.Admin.Rebuild(ctx, nil); err != nil {
		return nil, err
	}
	a.log.InfoContext(ctx, "the projections are rebuilt", "took", time.Since(began))
	return a.digests(ctx)
}

func (a *API) digests(ctx context.Context) (*projectionsOutput, error) {
	states, err := a.Admin.Digests(ctx)
	if err != nil {
		return nil, err
	}
	return &projectionsOutput{CacheControl: "no-store", Body: projectionsBody{Projections: states}}, nil
}
