package browser

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The first load is small and soon usable. A busy machine delays any page: the quickest of some loads counts, and where one
// line of text takes more than a fifth of the time allowed, the page may take as many times longer.
func TestTheFirstLoadIsSmallAndSoonUsable(t *testing.T) {
	t.Parallel()
	s := demo(t)
	const most, little = 1000.0, 200.0 // ms, of the page and of a line of text
	bytes, interactive, line := 0.0, 1e9, 1e9
	for range 8 {
		p := open(t, desk) // with nothing kept from before
		p.visit(s.url("/?lang=en"))
		bytes = js[float64](p, `performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation")).reduce((n, e) => n + e.transferSize, 0)`)
		interactive = min(interactive, js[float64](p, `performance.getEntriesByType("navigation")[0].domInteractive`))
		p.do(chromedp.Navigate(s.url("/healthz")))
		line = min(line, js[float64](p, `performance.getEntriesByType("navigation")[0].domInteractive`))
		if interactive < most {
			break
		}
	}
	t.Logf("first load: %.0f bytes, interactive after %.0f ms; a line of text after %.0f ms", bytes, interactive, line)
	if bytes > 200_000 {
		t.Errorf("the first load takes %.0f bytes", bytes)
	}
	if interactive > most*max(1, line/little) {
		t.Errorf("interactive after %.0f ms", interactive)
	}
}

// A ceasefire prints as a clean document: no controls, no dark ground, everything unfolded.
func TestPrint(t *testing.T) {
	t.Parallel()
	s := demo(t)
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
	t.Parallel()
	s := demo(t)
	p := open(t, desk)
	p.signIn(s)
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.still = true
	p.do(chromedp.Navigate(s.url("/?lang=en")))
	p.click(".exact summary")
	p.fill("effective_at", "2016-05-04T09:00:00Z")
	p.click("#exact button")
	p.sees("#c-aleppo-silence .status", "scheduled")
	p.sees(".count", "contested")
	p.do(chromedp.Navigate(s.url("/act/agree?lang=en&ceasefire=aleppo-silence&by=nusra-front")))
	p.click(".send-row button")
	p.sees("#f-by-wrong", "excludes cannot take part")
}
