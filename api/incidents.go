package api

import (
	"context"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/projections"
)

// IncidentFilter are the parameters that choose among incidents.
type IncidentFilter struct {
	Ceasefire string  `query:"ceasefire" doc:"Only those said to breach this ceasefire."`
	Place     string  `query:"place" doc:"Only those in this place or in one that lies in it."`
	Type      string  `query:"type" doc:"Only those of this type."`
	Status    string  `query:"status" doc:"Only those with this status." enum:"alleged,under_inquiry,inquiry_suspended,verified,unsubstantiated,inconclusive"`
	Accused   string  `query:"accused" doc:"Only those of which this actor is accused."`
	Since     instant `query:"since" doc:"Only those that may have happened after it."`
	Duplicate string  `query:"duplicate" doc:"Only those that are, or are not, a second report of what is counted as another incident." enum:"true,false"`
	Until     instant `query:"until" doc:"Only those that may have happened before it."`
}

func (f IncidentFilter) filter() (projections.IncidentFilter, error) {
	out := projections.IncidentFilter{Ceasefire: f.Ceasefire, Place: f.Place, Type: f.Type, Status: f.Status, Accused: f.Accused}
	since, bad := f.Since.parse("since")
	if bad != nil {
		return out, bad
	}
	until, bad := f.Until.parse("until")
	if bad != nil {
		return out, bad
	}
	out.Since, out.Until = since, until
	if f.Duplicate != "" {
		duplicate := f.Duplicate == "true"
		out.Duplicate = &duplicate
	}
	return out, firstError(
		oneOf("duplicate", f.Duplicate, []string{"true", "false"}),
		oneOf("status", f.Status, incident.Status("").Values()),
		slug("ceasefire", f.Ceasefire), slug("place", f.Place), slug("accused", f.Accused),
	)
}

type incidentsInput struct {
	IncidentFilter
	By string `query:"by" doc:"Only those that this actor alleges."`
	ListInput
}

// countsInput asks for counts; what lists call "by" is here called alleged_by, because by names the dimensions.
type countsInput struct {
	By string `query:"by" doc:"The dimensions of the counts, joined by commas: day, place, type, status, accused. Without it there is one row." example:"day,place"`
	IncidentFilter
	AllegedBy string `query:"alleged_by" doc:"Only those that this actor alleges."`
	Clocks
	Conditional
}

func (a *API) incidentRoutes() {
	one(a, domain.KindIncident, a.queries.Incident, func(v projections.IncidentView) uint64 { return v.Version })
	get(a, huma.Operation{
		OperationID: "list-incidents", Path: "/v1/incidents", Summary: "A page of incidents", Tags: []string{"incidents"},
	}, a.incidents)
	get(a, huma.Operation{
		OperationID: "count-incidents", Path: "/v1/incidents/counts", Summary: "Counts over the filtered incidents", Tags: []string{"incidents"},
		Description: "incidents counts records, of several reports of one incident only one; events counts what the records stand for. Casualties are never summed.",
	}, a.incidentCounts)
}

func (a *API) incidents(ctx context.Context, in *incidentsInput) (*pageOutput[projections.IncidentView], error) {
	filter, err := in.filter()
	if err := firstError(err, slug("by", in.By)); err != nil {
		return nil, err
	}
	filter.By = in.By
	return list(ctx, a, in.ListInput, func(ctx context.Context, at projections.Point, p projections.Paging) (projections.Page[projections.IncidentView], error) {
		return a.queries.Incidents(ctx, filter, at, p)
	})
}

func (a *API) incidentCounts(ctx context.Context, in *countsInput) (*pageOutput[projections.CountRow], error) {
	filter, err := in.filter()
	dimensions, badBy := dimensions(in.By)
	if err := firstError(err, slug("alleged_by", in.AllegedBy), badBy); err != nil {
		return nil, err
	}
	filter.By = in.AllegedBy
	return list(ctx, a, ListInput{Clocks: in.Clocks, Conditional: in.Conditional}, func(ctx context.Context, at projections.Point, _ projections.Paging) (projections.Page[projections.CountRow], error) {
		rows, err := a.queries.IncidentCounts(ctx, dimensions, filter, at)
		return projections.Page[projections.CountRow]{Items: rows}, err
	})
}

// dimensions reads the parameter by of counts.
func dimensions(by string) ([]string, error) {
	if by == "" {
		return nil, nil
	}
	allowed := []string{"day", "place", "type", "status", "accused"}
	names := strings.Split(by, ",")
	for i, name := range names {
		if err := oneOf("by", name, allowed); err != nil || name == "" || slices.Contains(names[:i], name) {
			p := badParameter("by", "by: name some of %s, each once, joined by commas", strings.Join(allowed, ", "))
			p.Allowed = allowed
			return nil, p
		}
	}
	return names, nil
}
