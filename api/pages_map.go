package api

import (
	"net/http"
	"slices"
	"time"

	"truceledger/api/web"
	"truceledger/domain/when"
	"truceledger/projections"
)

// weight orders statuses by how much a map has to show them: where several ceasefires cover a place, the strongest shows.
var weight = []string{"in_force", "suspended", "indeterminate", "scheduled", "agreed", "proposed", "collapsed", "terminated", "lapsed", "thwarted", "superseded", "withdrawn", "rejected"}

// mostNamed is how many of the ceasefires that cover a place are named beside it; a link leads to the rest.
const mostNamed = 12

// placeRows are the places that a ceasefire covers or an incident happened in, wider ones first.
func placeRows(register []projections.PlaceView, all []*projections.Standing, counts []projections.CountRow) []web.PlaceRow {
	rows := map[string]*web.PlaceRow{}
	of := func(id string) *web.PlaceRow {
		if rows[id] == nil {
			rows[id] = &web.PlaceRow{ID: id}
		}
		return rows[id]
	}
	for _, v := range all {
		for _, id := range v.Area {
			r := of(id)
			if r.Covered++; len(r.Statuses) < mostNamed {
				r.Statuses = append(r.Statuses, web.PlaceStatus{Ceasefire: v.ID, Title: v.Title, Status: v.Status})
			}
			r.Contested = r.Contested || v.Contested
			if r.Strongest == "" || slices.Index(weight, v.Status) < slices.Index(weight, r.Strongest) {
				r.Strongest = v.Status
			}
		}
	}
	for _, c := range counts {
		if id := c.Key["place"]; id != "" {
			of(id).Incidents += c.Events
		}
	}
	return inOrder(rows, register)
}

// inOrder puts the rows in the order of the register, by depth: a map draws the wider places first.
func inOrder(rows map[string]*web.PlaceRow, register []projections.PlaceView) (list []web.PlaceRow) {
	parents := map[string]string{}
	for _, p := range register {
		parents[p.ID] = p.Parent
	}
	for _, p := range register {
		r := rows[p.ID]
		if r == nil {
			continue
		}
		r.Imprecise = p.Geometry == nil
		for up := p.Parent; up != "" && r.Depth < 20; up = parents[up] {
			r.Depth++
		}
		list = append(list, *r)
	}
	slices.SortStableFunc(list, func(x, y web.PlaceRow) int { return x.Depth - y.Depth })
	return list
}

// hasRoute reports whether this server answers a path.
func (a *API) hasRoute(path string) bool {
	r, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return false
	}
	_, pattern := a.mux.Handler(r)
	return pattern != ""
}

func sameBounds(x, y *when.Bounds) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Equal(*y)
}

// bounds2 are the edges of the bounds that are set.
func bounds2(all ...*when.Bounds) (edges []time.Time) {
	for _, b := range all {
		if b != nil && !b.IsZero() {
			edges = append(edges, b.Earliest, b.Latest)
		}
	}
	return edges
}
