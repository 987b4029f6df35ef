package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"time"
	"truceledger/api/web"
	"truceledger/domain/when"
	"truceledger/projections"
)

// weight orders statuses by how much a map has to show them: where several ceasefires cover a place, the strongest shows.
var weight = []string{"in_force", "suspended", "indeterminate", "scheduled", "agreed", "proposed", "collapsed", "terminated", "lapsed", "thwarted", "superseded", "withdrawn", "rejected"}

// placeRows are the places that a ceasefire covers or an incident happened in, wider ones first.
func placeRows(register []projections.PlaceView, all []projections.CeasefireView, counts []projections.CountRow) []web.PlaceRow {
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
			r.Statuses = append(r.Statuses, web.PlaceStatus{Ceasefire: v.ID, Title: v.Title, Status: v.Status})
			r.Contested = r.Contested || v.Contested
			if r.Strongest == "" || slices.Index(weight, v.Status) < slices.Index(weight, r.Strongest) {
				r.Strongest = v.Status
			}
		}
	}
	for _, c := range counts {
		if id := c.Key["place"]; id != "" {
			of(id).Incidents = c.Events
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

// A Layer is a layer of the map that the operator supplies: GeoJSON with, beside its features, a title and a disclaimer.
// Where borders run is somebody's claim, and the page says whose.
type Layer struct {
	Title, Disclaimer string
	GeoJSON           []byte
}

// ParseLayer reads a layer.
func ParseLayer(raw []byte) (Layer, error) {
	var l struct {
		Type       string `json:"type"`
		Title      string `json:"title"`
		Disclaimer string `json:"disclaimer"`
	}
	err := json.Unmarshal(raw, &l)
	switch {
	case err != nil:
		return Layer{}, fmt.Errorf("a layer of the map is a GeoJSON FeatureCollection: %w", err)
	case l.Type != "FeatureCollection":
		return Layer{}, fmt.Errorf("a layer of the map is a GeoJSON FeatureCollection, not a %q", l.Type)
	case l.Title == "" || l.Disclaimer == "":
		return Layer{}, fmt.Errorf("a layer of the map says whose it is: give it a title and a disclaimer beside its features")
	}
	return Layer{l.Title, l.Disclaimer, raw}, nil
}

func (a *API) layers() (all []web.LayerInfo) {
	for i, l := range a.Layers {
		all = append(all, web.LayerInfo{Title: l.Title, Disclaimer: l.Disclaimer, Address: "/layers/" + strconv.Itoa(i+1)})
	}
	return all
}

// layer sends a layer of the map.
func (a *API) layer(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > len(a.Layers) {
		answerProblem(w, problem(http.StatusNotFound, "not-found", "there is no layer %q of the map", clip(r.PathValue("n"))))
		return
	}
	a.layerFiles[n-1]().ServeHTTP(w, r)
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
