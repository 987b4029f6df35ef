package browser

import (
	"fmt"

	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The whole story of the demonstration, walked through with the sliders: what happened, and what was known of it.
func TestTheStoryOfAleppoThroughThePage(t *testing.T) {
	t.Parallel()
	s := demo(t)
	p := open(t, desk)
	p.visit(s.url("/?lang=en"))
	p.sees("#c-syria-cessation .status", "in force")
	for _, c := range []struct{ at, card, want string }{
		{"2016-04-20T09:00:00Z", "syria-cessation", "in force"},
		{"2016-05-01T09:00:00Z", "ghouta-silence", "in force"},
		{"2016-05-01T09:00:00Z", "aleppo-silence", "proposed"},
		{"2016-05-02T09:00:00Z", "ghouta-silence", "indeterminate"},
		{"2016-05-03T09:00:00Z", "aleppo-plan-3-may", "thwarted"},
		{"2016-05-04T09:00:00Z", "aleppo-silence", "scheduled"},
		{"2016-05-06T09:00:00Z", "aleppo-silence", "in force"},
		{"2016-05-09T21:02:00Z", "aleppo-silence", "lapsed"},
	} {
		p.slide("effective", c.at)
		p.await(fmt.Sprintf(`document.body.dataset.effective.startsWith(%q)`, c.at[:16]))
		p.sees("#c-"+c.card+" .state .status", c.want)
	}
	p.slide("effective", "2016-05-04T09:00:00Z")
	p.sees("#c-aleppo-silence .contested", "contested")
	p.sees("#c-aleppo-silence .views", "United States says: in force")
	p.sees("#c-aleppo-silence .views", "Russian Ministry of Defence says: not in force")
	if url := js[string](p, `location.search`); !strings.Contains(url, "effective_at=2016-05-04T09%3A00%3A00Z") {
		t.Errorf("the view is no link: %s", url)
	}
	p.quiet()
}

// On 6 May, by what had been published on 5 May, the silence of Aleppo had another end than it has now.
func TestThenAndNowSideBySide(t *testing.T) {
	t.Parallel()
	s := demo(t)
	p := open(t, desk)
	p.visit(s.url("/?lang=en"))
	p.slide("effective", "2016-05-06T09:00:00Z")
	p.await(`document.body.dataset.effective.startsWith("2016-05-06T09:00")`)
	p.slide("known", "2016-05-06T00:00:00Z")
	p.sees("#c-aleppo-silence .then", "7 May 2016, 01:00")
	p.sees("#c-aleppo-silence .now", "10 May 2016, 00:01")
	p.sees("#c-aleppo-silence .differs mark", "end")
	p.slide("known", "2016-05-02T12:00:00Z")
	p.sees("#c-aleppo-silence .then", "proposed")
	p.sees("#c-latakia-silence-7-may .then", "Not known then")
	// As the ledger recorded it: entry by entry.
	js[bool](p, `(() => { const k = document.getElementById("known-by"); k.value = "as_of_sequence"; k.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`)
	p.do(chromedp.Focus("#known"), chromedp.KeyEvent(kb.PageDown))
	p.await(`/as_of_sequence=\d+/.test(location.search)`)
	p.sees("#foot", "From entries 1 to 200 of 210")
	p.do(chromedp.Navigate(s.url("/ceasefires/aleppo-silence?lang=en&effective_at=2016-05-06T09:00:00Z&reported_by=2016-05-06T00:00:00Z")))
	p.sees(".pair .then", "7 May 2016, 01:00")
	p.sees(".pair .now mark", "10 May 2016, 00:01")
	p.quiet()
}

// Playing moves time by itself; what was known moves along; list, map, counts and stories follow.
func TestPlayingApril(t *testing.T) {
	t.Parallel()
	s := demo(t)
	p := open(t, desk)
	p.visit(s.url("/?lang=en&effective_at=2016-04-30T12:00:00Z"))
	before := p.text("#summary")
	js[string](p, `document.getElementById("speed").value = "86400"`)
	p.click("#together")
	p.click("#play")
	p.await(`document.body.dataset.effective > "2016-05-02"`)
	p.await(`document.querySelector("#map .place.thwarted, #map .place.proposed")`)
	p.click("#play")
	if after := p.text("#summary"); after == before {
		t.Errorf("the counts stand still: %q", after)
	}
	p.await(`/reported_by=/.test(location.search)`)
	p.await(`[...document.querySelectorAll("#story li")].length > 3`)
	p.quiet()
}

// Two negotiators, each with their own page: a proposal comes into force, and both see it come.
func TestFromAFormToInForce(t *testing.T) {
	t.Parallel()
	s := scratch(t)
	a, b, watcher := open(t, desk), open(t, desk), open(t, desk)
	a.signIn(s)
	b.signIn(s)
	watcher.visit(s.url("/?lang=en"))
	from := time.Now().UTC().Add(-time.Hour).Format("2006-01-02T15:04Z")
	a.visit(s.url("/act/propose?lang=en"))
	a.fill("ceasefire", "ford-truce")
	a.fill("title", "Truce at the Ford")
	a.fill("by", "russia")
	a.fill("from.at", from)
	a.fill("lasting", "PT48H")
	a.fill("class", "local_truce")
	for _, id := range []string{"russia", "united-states"} {
		a.click(`input[name="parties"][value="` + id + `"]`)
	}
	a.click(`input[name="area"][value="aleppo-city"]`)
	a.click(".send-row button")
	a.sees(".reads", "Russia proposed the ceasefire “Truce at the Ford”")
	a.sees(".preview", "local truce")
	a.sees(".preview dd", "United States")
	a.click(".send")
	a.sees(".recorded", "On the record as entry")
	watcher.sees("#c-ford-truce .status", "proposed")
	for i, who := range []struct {
		p  *tab
		id string
	}{{a, "russia"}, {b, "united-states"}} {
		who.p.visit(s.url("/ceasefires/ford-truce?lang=en"))
		who.p.click(`a.act[href*="/act/agree"]`)
		who.p.await(`document.querySelector('input[name="by"]')`)
		who.p.fill("by", who.id)
		who.p.click(`.send-row button`)
		who.p.sees(".reads", "agreed")
		who.p.click(".send")
		who.p.sees(".recorded", "On the record")
		watcher.sees("#c-ford-truce .status", []string{"proposed", "in force"}[i])
	}
	watcher.sees("#c-ford-truce .left", "hours left")
	before := watcher.text("#c-ford-truce .left")
	watcher.await(fmt.Sprintf(`document.querySelector("#c-ford-truce .left").textContent !== %q`, before))
	for _, p := range []*tab{a, b, watcher} {
		p.quiet()
	}
}

// A refusal stands next to the field that it is about, in its own words; what changed meanwhile is told.
func TestRefusalsAndConflicts(t *testing.T) {
	t.Parallel()
	s := scratch(t)
	p, other := open(t, desk), open(t, desk)
	p.signIn(s)
	other.signIn(s)
	p.visit(s.url("/act/agree?lang=en&ceasefire=aleppo-silence&by=nusra-front"))
	p.click(".send-row button")
	p.sees("#f-by-wrong", "excludes cannot take part")
	if js[bool](p, `Boolean(document.querySelector(".send"))`) {
		t.Error("what the rules refuse can be sent")
	}
	if got := js[string](p, `document.querySelector('[name="by"]').getAttribute("aria-invalid")`); got != "true" {
		t.Error("the field is not marked")
	}
	p.visit(s.url("/act/extend?lang=en&ceasefire=syria-cessation&by=russia&lasting=P"))
	p.click(".send-row button")
	p.await(`document.querySelector("#f-lasting-wrong")?.textContent.length > 10`)

	p.visit(s.url("/act/reaffirm?lang=en&ceasefire=syria-cessation&by=russia"))
	p.click(".send-row button")
	p.sees(".reads", "reaffirmed")
	other.visit(s.url("/act/reaffirm?lang=en&ceasefire=syria-cessation&by=united-states"))
	other.click(".send-row button")
	other.sees(".reads", "reaffirmed")
	other.click(".send")
	other.sees(".recorded", "On the record")
	p.click(".send")
	p.sees(".refusal", "The record has changed meanwhile")
	p.sees(".refusal .sentence", "United States reaffirmed")
	p.sees(".reads", "Russia reaffirmed")
	p.axe("what changed meanwhile")
	p.click(".send")
	p.sees(".recorded", "On the record")
	p.axe("what was put on the record")
}

// The stream survives a restart of the server: the banner says that the connection is lost, and then nothing was missed.
func TestLiveThroughARestart(t *testing.T) {
	t.Parallel()
	s := start(t, "demo")
	p := open(t, desk)
	p.visit(s.url("/?lang=en"))
	p.sees("#live", "Live")
	s.down()
	p.sees("#lost", "The connection is lost since")
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
	p.sees("#lost", "nothing was missed")
	s.command(t, "propose", `{"ceasefire":"after","by":"russia","title":"After the restart","area":"damascus","parties":["russia","united-states"]}`)
	p.sees("#c-after h3", "After the restart")
	if heard := js[string](p, `document.documentElement.dataset.heard`); heard != "211" {
		t.Errorf("heard of %s, want 211", heard)
	}
}
