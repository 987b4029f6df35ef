package api

import (
	"strings"
	"testing"
	"testing/fstest"
)

func folderOfTiles(terms string) fstest.MapFS {
	return fstest.MapFS{"tiles.json": {Data: []byte(terms)}, "6/38/24.png": {Data: []byte("picture")}, "secret.png": {Data: []byte("secret")}}
}

const surveyed = `{"title":"Survey","disclaimer":"Claims nothing.","minzoom":5,"maxzoom":7}`

func TestTilesAreHandedOutByTheServerItself(t *testing.T) {
	l, err := OpenTiles(folderOfTiles(surveyed))
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, func(o *Options) { o.Layers = []Layer{l} })
	page := string(w.get("/").body)
	for _, want := range []string{"Survey</label>: Claims nothing.", `data-layer="/layers/1" data-ending=".png" data-minzoom="5" data-maxzoom="7"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for path, want := range map[string]int{
		"/layers/1/6/38/24.png": 200, "/layers/1/6/38/25.png": 204, "/layers/1": 404, "/layers/2/6/38/24.png": 404, "/layers/1/6/38/24.jpg": 404,
		"/layers/1/6/38/024.png": 404, "/layers/1/6/..%2f../secret.png": 404, "/layers/1/..%2f..%2f..%2fsecret/1/1.png": 404, "/layers/1/%2e/%2e/secret.png": 404,
	} {
		if a := w.get(path); a.StatusCode != want || strings.Contains(string(a.body), "secret") && want == 200 {
			t.Errorf("%s: got %d, want %d", path, a.StatusCode, want)
		} else if want == 200 && a.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s is sent as %s", path, a.Header.Get("Content-Type"))
		}
	}
}

func TestALayerSaysWhoseItIs(t *testing.T) {
	for terms, want := range map[string]string{
		`{`: "tiles.json", `{"title":"Survey","minzoom":1,"maxzoom":2}`: "disclaimer", `{"title":"a","disclaimer":"b"}`: "maxzoom",
		`{"title":"a","disclaimer":"b","minzoom":3,"maxzoom":2}`: "minzoom", `{"title":"a","disclaimer":"b","maxzoom":40}`: "maxzoom", `{"title":"a","disclaimer":"b","maxzoom":4,"format":"svg"}`: "format",
	} {
		if _, err := OpenTiles(folderOfTiles(terms)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error that names %s", terms, err, want)
		}
	}
	if _, err := OpenTiles(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "tiles.json") {
		t.Errorf("an empty folder: got %v", err)
	}
}
