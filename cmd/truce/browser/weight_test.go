package browser

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The first load is small, soon usable, and asks nobody but the server: the page works without the rest of the world.
func TestTheFirstLoadIsSmallAndStaysAtHome(t *testing.T) {
	s := start(t, "demo")
	p := open(t, desk)
	p.visit(s.url("/?lang=en"))
	bytes := js[float64](p, `performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation")).reduce((n, e) => n + e.transferSize, 0)`)
	interactive := js[float64](p, `performance.getEntriesByType("navigation")[0].domInteractive`)
	t.Logf("first load: %.0f bytes, interactive after %.0f ms", bytes, interactive)
	if bytes > 200_000 {
		t.Errorf("the first load takes %.0f bytes", bytes)
	}
	if interactive > 1000 {
		t.Errorf("interactive after %.0f ms", interactive)
	}
	for _, path := range pages {
		p.visit(s.url(in("en", path)))
		abroad := js[string](p, `performance.getEntriesByType("resource").map((e) => e.name).filter((n) => new URL(n).origin !== location.origin).join(" ")`)
		if abroad != "" {
			t.Errorf("%s asks %s", path, abroad)
		}
	}
}

// A ceasefire prints as a clean document: no controls, no dark ground, everything unfolded.
func TestPrint(t *testing.T) {
	s := start(t, "demo")
	p := open(t, night)
	p.visit(s.url("/ceasefires/aleppo-silence?lang=en&effective_at=2016-05-06T09:00:00Z"))
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF())
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		t.Fatalf("print: %v, %d bytes", err, len(pdf))
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	shown := js[string](p, `[".top", ".time", ".acts", ".exports", "footer a"].filter((s) => [...document.querySelectorAll(s)].some((e) => e.checkVisibility())).join(" ")`)
	if shown != "" {
		t.Errorf("on paper there is %s", shown)
	}
	if ground := js[string](p, `getComputedStyle(document.documentElement).backgroundColor`); ground != "rgb(255, 255, 255)" {
		t.Errorf("the paper is %s", ground)
	}
	for _, want := range []string{"Terms", "Consents", "Extensions", "History", "Statements"} {
		if !strings.Contains(p.text("#page h2"), want) {
			t.Errorf("on paper there is no %s", want)
		}
	}
}

// Without a script the page is the same, standing still.
func TestWithoutAScript(t *testing.T) {
	s := start(t, "demo")
	p := open(t, desk)
	p.signIn(s)
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate(s.url("/?lang=en")), chromedp.Click(".exact summary"), chromedp.SetValue("#x-effective", "2016-05-04T09:00:00Z"), chromedp.Click("#exact button"))
	p.sees("#c-aleppo-silence .status", "scheduled")
	p.sees(".count", "contested")
	p.do(chromedp.Navigate(s.url("/act/agree?lang=en&ceasefire=aleppo-silence&by=nusra-front")), chromedp.Click(".send-row button"))
	p.sees(".preview", "Nusra Front")
	p.click(".send")
	p.sees("#f-by-wrong", "excludes cannot take part")
}
