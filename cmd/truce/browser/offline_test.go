package browser

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Every page works with the rest of the world cut off: the browser knows no name but this machine's, and asks for nothing
// elsewhere that it would miss.
func TestNoPageAsksTheWorld(t *testing.T) {
	t.Parallel()
	s := demo(t)
	p := open(t, desk)
	p.signIn(s)
	var mu sync.Mutex
	asked := map[string]bool{}
	if err := chromedp.Listen(p.ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok {
			mu.Lock()
			asked[e.Request.URL] = true
			mu.Unlock()
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(p.ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	for _, path := range pages {
		p.visit(s.url(in("en", path)))
		if js[bool](p, `document.getElementById("map") !== null`) {
			p.click(`[data-map="in"]`) // finer coastlines
			p.await(`performance.getEntriesByType("resource").some((e) => e.name.endsWith("land-50m.json"))`)
		}
	}
	if blocked := js[bool](p, `fetch("https://example.org/").then(() => false, () => true)`); !blocked {
		t.Error("the page may ask others")
	}
	mu.Lock()
	defer mu.Unlock()
	for url := range asked {
		if !strings.HasPrefix(url, s.url("/")) && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "https://example.org/") {
			t.Errorf("a page asks %s", url)
		}
	}
	if len(asked) < 20 || !slices.ContainsFunc(keys(asked), func(u string) bool { return strings.HasSuffix(u, "/assets/main.js") }) {
		t.Errorf("only %d requests were seen: the test looks away", len(asked))
	}
	p.mu.Lock()
	p.bad = slices.DeleteFunc(p.bad, func(b string) bool {
		return strings.Contains(b, "example.org") || strings.Contains(b, "404") || strings.Contains(b, "400")
	})
	p.mu.Unlock()
	p.quiet()
}

func keys(m map[string]bool) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// A reader whose network is gone is told so, keeps what is shown, and misses nothing once it is back.
func TestTheNetworkGoesAndComes(t *testing.T) {
	t.Parallel()
	s := scratch(t)
	p := open(t, desk)
	p.visit(s.url("/?lang=en"))
	p.sees("#live", "Live")
	p.offline(true)
	p.sees("#lost", "The connection is lost since")
	p.axe("a page that has lost its connection")
	if !strings.Contains(p.text("#list"), "Silence regime in Aleppo") {
		t.Error("what was shown is gone")
	}
	s.command(t, "propose", `{"command":"propose","ceasefire":"missed","by":"russia","title":"Proposed meanwhile","area":"damascus","parties":["russia","united-states"]}`)
	p.offline(false)
	p.sees("#lost", "nothing was missed")
	p.sees("#c-missed h3", "Proposed meanwhile")
}

func (p *tab) offline(off bool) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}); err != nil {
		p.t.Fatal(err)
	}
	rule := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}}}
	if _, err := chromedp.Call(p.ctx, network.EmulateNetworkConditionsByRule, rule); err != nil {
		p.t.Fatal(err)
	}
}
