package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A tab is a page in the browser, as somebody with their screen and settings sees it.
type tab struct {
	t   testing.TB
	ctx context.Context
	mu  sync.Mutex
	bad []string // what the browser complained of
	// still is set where the page runs no scripts: nor does it call back when something has come true.
	still bool
}

// A sight is how somebody looks at a page.
type sight struct {
	width, height int64
	dark          bool
}

var (
	desk  = sight{1280, 900, false}
	night = sight{1280, 900, true}
	wide  = sight{1920, 1080, false}
	phone = sight{360, 740, false}
)

// open opens a tab.
func open(t testing.TB, as sight) *tab {
	t.Helper()
	needBrowser(t)
	ctx, cancel := chromedp.NewContext(shared.browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 12*time.Minute)
	t.Cleanup(stop)
	p := &tab{t: t, ctx: ctx}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	p.look(as)
	return p
}

// hear keeps the browser's complaints: errors of scripts, and whatever the policy refused.
func (p *tab) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.bad = append(p.bad, fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "ERR_CONNECTION") && !strings.Contains(e.Entry.Text, "ERR_INCOMPLETE") && !strings.Contains(e.Entry.Text, "ERR_EMPTY") {
			p.bad = append(p.bad, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// quiet fails where the browser complained.
func (p *tab) quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, complaint := range p.bad {
		p.t.Errorf("the browser complains: %s", complaint)
	}
	p.bad = nil
}

func (p *tab) look(as sight) {
	p.t.Helper()
	scheme := "light"
	if as.dark {
		scheme = "dark"
	}
	p.do(chromedp.EmulateViewport(as.width, as.height))
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("%v", err)
	}
}

// signIn signs in with the server's first token, by the form, as a person does.
func (p *tab) signIn(s *server) {
	p.t.Helper()
	p.visit(s.url("/login?lang=en"))
	p.do(chromedp.SetValue("#token", s.token(p.t)), chromedp.Click(".login button"))
	p.sees(".who", "operator")
}

// visit goes to a page and waits until its scripts have done their part.
func (p *tab) visit(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
	p.await(`document.documentElement.dataset.ready === "yes" && (!document.querySelector("#map") || document.querySelector("#map .land")) && true`)
}

// js evaluates an expression, awaiting it where it is a promise.
func js[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// await waits until an expression is true.
func (p *tab) await(expression string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, 60*time.Second) // the machine may be busy
	defer stop()
	ask := `new Promise((come) => { (function ask() { let v = false; try { v = Boolean(` + expression + `); } catch { /* not there yet */ } if (v) come(true); else setTimeout(ask, 8); })(); })`
	if p.still {
		ask = `(() => { try { return Boolean(` + expression + `); } catch { return false; } })()`
	}
	for {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[bool](ask, chromedp.EvalAwaitPromise))
		if err == nil && v {
			return
		}
		if ctx.Err() != nil { // any other error: the page went away under the question, and the next one is asked
			text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText.slice(0, 1500)`))
			p.t.Fatalf("never came true: %s (%v)\nthe page shows:\n%s", expression, err, text)
		}
	}
}

// click clicks what can be seen.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.await(fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (document.readyState !== "complete" || !e?.checkVisibility()) return false; e.click(); return true; })()`, selector))
}

// fill types into a field of a form.
func (p *tab) fill(name, value string) {
	p.t.Helper()
	p.await(fmt.Sprintf(`(() => { const e = document.querySelector("[name=" + %q + "]"); if (!e) return false; e.value = %q; e.dispatchEvent(new Event("input", { bubbles: true })); e.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`, fmt.Sprintf("%q", name), value))
}

// sees waits until a part of the page shows a text.
func (p *tab) sees(selector, text string) {
	p.t.Helper()
	p.await(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.textContent.includes(%q))`, selector, text))
}

func (p *tab) text(selector string) string {
	p.t.Helper()
	return js[string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.innerText).join("\n")`, selector))
}

// slide moves a slider to a moment, with the events that a hand makes.
func (p *tab) slide(id, moment string) {
	p.t.Helper()
	js[bool](p, fmt.Sprintf(`(() => {
		const asked = new CustomEvent("truce:range", { detail: {} });
		document.getElementById("time").dispatchEvent(asked);
		const [from, until] = asked.detail.range, slider = document.getElementById(%q);
		slider.value = String((Date.parse(%q) - from) / (until - from) * 1000);
		slider.dispatchEvent(new Event("input", { bubbles: true }));
		return true;
	})()`, id, moment))
}

// shoot keeps a picture of the whole page; in docs/screenshots where they are asked for.
func (p *tab) shoot(name string) {
	p.t.Helper()
	p.await(`!document.querySelector("#trend-chart") || document.querySelector("#trend-chart canvas, #trend-chart[hidden]")`)
	height := js[float64](p, `document.documentElement.scrollHeight`)
	width := js[float64](p, `innerWidth`)
	p.do(chromedp.EmulateViewport(int64(width), int64(min(height, 2400))))
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	dir := filepath.Join("..", "..", "..", "docs", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
