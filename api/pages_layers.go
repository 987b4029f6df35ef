package api

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"truceledger/api/web"
)

// A Layer is a layer of the map that the operator supplies: GeoJSON with, beside its features, a title and a disclaimer; or
// tiles, which this server hands out itself, so that no reader's browser asks anybody else. Where borders run is somebody's
// claim, and the page says whose.
type Layer struct {
	Title, Disclaimer string
	GeoJSON           []byte

	Tiles            fs.FS // nil for GeoJSON; holds z/x/y with the ending
	Ending           string
	MinZoom, MaxZoom int
}

// ParseLayer reads a layer of GeoJSON.
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
	return Layer{Title: l.Title, Disclaimer: l.Disclaimer, GeoJSON: raw}, nil
}

// tileMedia are the pictures that a tile can be.
var tileMedia = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}

// deepest is how far in tiles may go: a pixel of it is 4 cm wide.
const deepest = 22

// OpenTiles reads a folder of tiles in the Web Mercator projection: z/x/y.png, or .jpg or .webp, and a tiles.json that says
// whose they are.
func OpenTiles(folder fs.FS) (Layer, error) {
	raw, err := fs.ReadFile(folder, "tiles.json")
	if err != nil {
		return Layer{}, fmt.Errorf("a folder of tiles needs a tiles.json that says whose they are: %w", err)
	}
	l := struct {
		Title      string `json:"title"`
		Disclaimer string `json:"disclaimer"`
		Format     string `json:"format"`
		MinZoom    int    `json:"minzoom"`
		MaxZoom    *int   `json:"maxzoom"`
	}{Format: "png"}
	err = json.Unmarshal(raw, &l)
	switch {
	case err != nil:
		return Layer{}, fmt.Errorf("tiles.json: %w", err)
	case l.Title == "" || l.Disclaimer == "":
		return Layer{}, fmt.Errorf("tiles.json: give the tiles a title and a disclaimer")
	case tileMedia["."+l.Format] == "":
		return Layer{}, fmt.Errorf("tiles.json: format: %q is none of png, jpg, webp", l.Format)
	case l.MaxZoom == nil || l.MinZoom < 0 || *l.MaxZoom < l.MinZoom || *l.MaxZoom > deepest:
		return Layer{}, fmt.Errorf("tiles.json: minzoom and maxzoom say which zooms there are, from 0 to %d", deepest)
	}
	return Layer{Title: l.Title, Disclaimer: l.Disclaimer, Tiles: folder, Ending: "." + l.Format, MinZoom: l.MinZoom, MaxZoom: *l.MaxZoom}, nil
}

func (a *API) layers() (all []web.LayerInfo) {
	for i, l := range a.Layers {
		info := web.LayerInfo{Title: l.Title, Disclaimer: l.Disclaimer, Address: "/layers/" + strconv.Itoa(i+1)}
		if l.Tiles != nil {
			info.Tiles, info.Ending, info.MinZoom, info.MaxZoom = true, l.Ending, l.MinZoom, l.MaxZoom
		}
		all = append(all, info)
	}
	return all
}

// layerOf is the layer that a request names.
func (a *API) layerOf(r *http.Request) (i int, ok bool) {
	n, err := strconv.Atoi(r.PathValue("n"))
	return n - 1, err == nil && n >= 1 && n <= len(a.Layers)
}

// layer sends a layer of GeoJSON.
func (a *API) layer(w http.ResponseWriter, r *http.Request) {
	i, ok := a.layerOf(r)
	if !ok || a.Layers[i].Tiles != nil {
		answerProblem(w, problem(http.StatusNotFound, "not-found", "there is no layer %q of the map", clip(r.PathValue("n"))))
		return
	}
	a.layerFiles[i]().ServeHTTP(w, r)
}

// tilePicture sends one tile. A tile that the operator does not have is an empty answer, not an error: maps have holes.
func (a *API) tilePicture(w http.ResponseWriter, r *http.Request) {
	i, ok := a.layerOf(r)
	var number string
	if ok = ok && a.Layers[i].Tiles != nil; ok {
		number, ok = strings.CutSuffix(r.PathValue("y"), a.Layers[i].Ending)
	}
	if !ok || !numbers(r.PathValue("z"), r.PathValue("x"), number) {
		answerProblem(w, problem(http.StatusNotFound, "not-found", "there is no such tile of the map"))
		return
	}
	body, err := fs.ReadFile(a.Layers[i].Tiles, path.Join(r.PathValue("z"), r.PathValue("x"), r.PathValue("y")))
	w.Header().Set("Cache-Control", "max-age=86400")
	if err != nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", tileMedia[a.Layers[i].Ending])
	_, _ = w.Write(body)
}

// numbers reports whether all are plain numbers: nothing else may become part of a path.
func numbers(all ...string) bool {
	for _, s := range all {
		if n, err := strconv.ParseUint(s, 10, 32); err != nil || strconv.FormatUint(n, 10) != s {
			return false
		}
	}
	return true
}
