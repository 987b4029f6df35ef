package api

import (
	"context"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/projections"
)

// CeasefireFilter are the parameters that choose among ceasefires.
type CeasefireFilter struct {
	Status    string `query:"status" doc:"Only those with this status." enum:"proposed,rejected,withdrawn,agreed,scheduled,in_force,suspended,thwarted,lapsed,terminated,collapsed,superseded,indeterminate"`
	Area      string `query:"area" doc:"Only those that cover this place or a place in it."`
	Actor     string `query:"actor" doc:"Only those in which this actor has a role."`
	Class     string `query:"class" doc:"Only those of this class."`
	Contested string `query:"contested" doc:"Only those that are, or are not, contested." enum:"true,false"`
}

func (f CeasefireFilter) filter() (projections.CeasefireFilter, error) {
	out := projections.CeasefireFilter{Status: f.Status, Area: f.Area, Actor: f.Actor, Class: f.Class}
	if f.Contested != "" {
		contested := f.Contested == "true"
		out.Contested = &contested
	}
	return out, firstError(
		oneOf("status", f.Status, ceasefire.Status("").Values()), oneOf("class", f.Class, ceasefire.Class("").Values()),
		oneOf("contested", f.Contested, []string{"true", "false"}), slug("area", f.Area), slug("actor", f.Actor),
	)
}

type ceasefiresInput struct {
	CeasefireFilter
	ListInput
}

func (a *API) ceasefireRoutes() {
	one(a, domain.KindCeasefire, a.ceasefire, func(v ceasefireJSON) uint64 { return v.version })
	get(a, huma.Operation{
		OperationID: "list-ceasefires", Path: "/v1/ceasefires", Summary: "A page of ceasefires", Tags: []string{"ceasefires"},
	}, a.ceasefires)
	get(a, huma.Operation{
		OperationID: "get-calendar", Path: "/v1/calendar", Summary: "Coming starts, ends, lapses, gaps and overlaps", Tags: []string{"ceasefires"},
	}, a.calendar)
}

// ceasefireJSON is a CeasefireView that is encoded already.
type ceasefireJSON struct {
	raw     []byte
	version uint64
}

// Schema implements huma.SchemaProvider: to callers it is the view.
func (ceasefireJSON) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[projections.CeasefireView](), true, "CeasefireView")
}

func (v ceasefireJSON) encoded() []byte { return v.raw }

func (a *API) ceasefire(ctx context.Context, id string, at projections.Point) (v ceasefireJSON, err error) {
	v.raw, v.version, err = a.queries.CeasefireJSON(ctx, id, at)
	return v, err
}

func (a *API) ceasefires(ctx context.Context, in *ceasefiresInput) (*pageOutput[projections.CeasefireView], error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	return list(ctx, a, in.ListInput, func(ctx context.Context, at projections.Point, p projections.Paging) (projections.Page[projections.CeasefireView], error) {
		return a.queries.Ceasefires(ctx, filter, at, p)
	})
}

func (a *API) calendar(ctx context.Context, in *ceasefiresInput) (*pageOutput[projections.CalendarItem], error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	return list(ctx, a, in.ListInput, func(ctx context.Context, at projections.Point, p projections.Paging) (projections.Page[projections.CalendarItem], error) {
		return a.queries.Calendar(ctx, filter, at, p)
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
