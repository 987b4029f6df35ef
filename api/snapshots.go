package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// snapshotsBody names what a backup takes from a running server.
type snapshotsBody struct {
	Items []string `json:"items" doc:"Names of files in the data folder that the server has open."`
}

type snapshotsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         snapshotsBody
}

type snapshotInput struct {
	Name string `path:"name" doc:"One of the names of /v1/admin/snapshots."`
}

// snapshotRoutes are those of truce backup.
func (a *API) snapshotRoutes() {
	get(a, huma.Operation{
		OperationID: "list-snapshots", Path: "/v1/admin/snapshots", Tags: []string{"operation"},
		Summary: "The files of the data folder that a backup takes from the server, because it has them open",
	}, func(context.Context, *nothing) (*snapshotsOutput, error) {
		return &snapshotsOutput{CacheControl: "no-store", Body: snapshotsBody{Items: slices.Sorted(maps.Keys(a.Snapshots))}}, nil
	})
	raw[snapshotInput](a, huma.Operation{
		OperationID: "get-snapshot", Path: "/v1/admin/snapshots/{name}", Tags: []string{"operation"},
		Summary: "A consistent copy of such a file, as it stands now", Description: "It is cut off where the copy fails. For operators alone: it may hold hashes of tokens, and secrets of subscriptions.",
	}, "application/octet-stream", a.snapshot)
}

func (a *API) snapshot(w http.ResponseWriter, r *http.Request) {
	write, ok := a.Snapshots[r.PathValue("name")]
	if !ok {
		p := problem(http.StatusNotFound, "not-found", "there is no such snapshot: /v1/admin/snapshots lists them")
		answerProblem(w, p)
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // it may be long; the caller may be slow
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	if err := write(w); err != nil {
		a.log.ErrorContext(r.Context(), "a snapshot broke off", "name", r.PathValue("name"), "err", err)
		panic(http.ErrAbortHandler) // half a file must not pass for a whole one
	}
}
