package browser

import (
	_ "embed"
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axe is the checker of axe-core, an unchanged file of the npm package; see api/web/vendor.sh.
//
//go:embed testdata/axe.min.js
var axe string

// pages are all kinds of pages that there are: a test compares them with the routes.
var pages = []string{
	"/?effective_at=2016-05-04T09:00:00Z", "/?effective_at=2016-05-06T09:00:00Z&reported_by=2016-05-05T12:00:00Z",
	"/ceasefires/aleppo-silence?effective_at=2016-05-06T09:00:00Z", "/ceasefires/aleppo-silence?effective_at=2016-05-06T09:00:00Z&reported_by=2016-05-06T00:00:00Z",
	"/incidents?effective_at=2016-05-10T09:00:00Z", "/incidents/nusra-attacks-3-may?x", "/sources?x", "/act?x", "/act/propose?x", "/act/violate?x", "/ceasefires/nowhere?x", "/login?x",
	"/?effective_at=yesterday", "/act/extend?ceasefire=aleppo-silence&by=russia",
}

func in(lang, path string) string {
	if base, bare := strings.CutSuffix(path, "?x"); bare {
		return base + "?lang=" + lang
	}
	return path + "&lang=" + lang
}

// axe fails for every rule that the page breaks: of those named, or of all.
func (p *tab) axe(path string, rules ...string) {
	p.t.Helper()
	if !js[bool](p, `typeof axe !== "undefined"`) {
		js[bool](p, axe+"; true")
	}
	only := ""
	if len(rules) > 0 {
		only = `, runOnly: ["` + strings.Join(rules, `", "`) + `"]`
	}
	found := js[string](p, `axe.run(document, { resultTypes: ["violations"]`+only+` }).then((r) => JSON.stringify(r.violations.map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " | " + (n.failureSummary ?? "").slice(0, 200)) }))))`)
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		p.t.Fatal(err)
	}
	for _, v := range violations {
		p.t.Errorf("%s: %s: %s\n  %s", path, v.ID, v.Help, strings.Join(v.Nodes, "\n  "))
	}
}

// Arabic is laid out from right to left; what the record says keeps its own direction.
func TestArabic(t *testing.T) {
	t.Parallel()
	s := demo(t)
	p := open(t, desk)
	p.visit(s.url("/ceasefires/aleppo-silence?lang=ar&content=ar&effective_at=2016-05-06T09:00:00Z"))
	if dir := js[string](p, `getComputedStyle(document.body).direction`); dir != "rtl" {
		t.Errorf("the page runs %s", dir)
	}
	p.sees("#page .lead .status", "ساري")
	p.sees("#page", "روسيا")
	if dir := js[string](p, `getComputedStyle(document.querySelector(".history .sentence")).direction`); dir != "ltr" {
		t.Errorf("an English sentence runs %s", dir)
	}
	p.sees(".left", "بقيت 3 أيام")
	left := js[bool](p, `document.querySelector(".brand").getBoundingClientRect().left > innerWidth / 2 && document.querySelector(".settings").getBoundingClientRect().left < innerWidth / 2`)
	if !left {
		t.Error("the head of the page is not mirrored")
	}
	p.quiet()
}

// All of it can be done without a mouse: reach the slider, move it, walk the map, follow a link, open the settings.
func TestTheKeyboard(t *testing.T) {
	t.Parallel()
	s := demo(t)
	p := open(t, desk)
	p.visit(s.url("/?lang=en&effective_at=2016-05-04T09:00:00Z"))
	reached := map[string]bool{}
	for range 140 {
		p.do(chromedp.KeyEvent(kb.Tab))
		what := js[string](p, `(() => { const e = document.activeElement; return e.closest("#map") ? (e.closest(".place") ? "place of the map" : "button of the map") : e.id || e.className || e.tagName; })()`)
		reached[what] = true
		visible := js[bool](p, `document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== "none" || document.activeElement.closest("svg") !== null`)
		if !visible {
			t.Errorf("the focus on %s cannot be seen", what)
		}
	}
	for _, want := range []string{"skip", "brand", "effective", "known", "known-by", "play", "together", "next", "place of the map", "button of the map"} {
		if !reached[want] {
			t.Errorf("Tab never reaches %s", want)
		}
	}
	p.do(chromedp.Focus("#effective"), chromedp.KeyEvent(kb.ArrowRight))
	p.await(`location.search.includes("2016-05-04T10%3A00")`)
	p.do(chromedp.KeyEvent(kb.PageUp))
	p.await(`location.search.includes("2016-05-05T10%3A00")`)
	p.sees("#c-aleppo-silence .status", "in force")
	if id := js[string](p, `document.activeElement.id`); id != "effective" {
		t.Errorf("the focus has gone to %q", id)
	}
	p.quiet()
}
