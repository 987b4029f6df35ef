package api

import (
	"os"
	"testing"
)

func TestFirst(t *testing.T) {
	w := open(t)
	w.river()
	w.must("propose", `{"ceasefire":"evil","by":"north","title":"<script>alert(1)</script> الهدنة","area":"town","parties":["north","south"],"from":"2016-05","until":{"at":"2016-06-02","phrase":"into \"Monday\""}}`)
	w.settle()
	for i, p := range []string{"/?effective_at=2016-05-06T00:00:00%2B03:00&known_at=", "/ceasefires/river", "/?effective_at=x", "/?foo=1"} {
		a := w.get(p, "Accept", "text/html")
		t.Log(p, a.StatusCode, len(a.body), a.Header.Get("Content-Type"))
		os.WriteFile("/tmp/p"+string(rune('0'+i))+".html", a.body, 0o644)
	}
	t.Log(w.logged.String())
}
