package api

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestThePageShowsTheCeasefires(t *testing.T) {
	w := open(t)
	w.everything()
	a := w.get("/?effective_at=2016-05-05T12:00:00Z&known_at=&reported_by=", "Accept", "text/html")
	page := string(a.body)
	for _, want := range []string{
		`<html lang="en">`, `name="viewport"`, `>River</a>`, `<strong class="status in_force">in force</strong>`,
		`2016-05-05 00:01 Asia/Damascus`, `2016-05-07 00:01 Asia/Damascus`, `<bdi title="town">Town</bdi>`, `value="2016-05-05T12:00:00Z"`,
		`href="/ceasefires/river?effective_at=2016-05-05T12%3A00%3A00Z"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if got := a.Header.Get("Content-Type"); a.StatusCode != 200 || got != "text/html; charset=utf-8" {
		t.Errorf("got %d, %s", a.StatusCode, got)
	}
	one := string(w.get("/ceasefires/river").body)
	for _, want := range []string{"<h1 dir=\"auto\">River</h1>", "North", "agreed to version 1", "History", "lapsed", `<li value="5"`, "/v1/entries/5"} {
		if !strings.Contains(one, want) {
			t.Errorf("the ceasefire's page lacks %s", want)
		}
	}
}

func TestThePageShowsWhatIsContestedAndExtended(t *testing.T) {
	w := open(t)
	w.river()
	w.must("extend", `{"ceasefire":"river","by":"north","occurred":"2016-05-06T10:00Z","lasting":"PT24H"}`)
	w.must("attest", `{"ceasefire":"river","by":"south","from":"2016-05-04T06:00Z","occurred":"2016-05-04T06:00Z"}`)
	w.must("propose", `{"ceasefire":"hazy","by":"north","area":"town","parties":["north","south"],"from":"2016-05","until":{"at":"2016-06-02","phrase":"into \"Monday\""}}`)
	w.settle()
	page := string(w.get("/ceasefires/river?effective_at=2016-05-06T12:00:00Z").body)
	for _, want := range []string{"Extensions", "2016-05-08 00:01 Asia/Damascus", "As others see it", "South"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	list := string(w.get("/?effective_at=2016-05-04T12:00:00Z").body)
	for _, want := range []string{`<strong class="contested">contested</strong>`, "<bdi>South</bdi> says: <strong class=\"status in_force\">"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	if page := string(w.get("/ceasefires/hazy").body); !strings.Contains(page, "2016-06-02 (zone assumed) (“into &#34;Monday&#34;”)") {
		t.Error("neither the assumed zone nor the source's own words are told")
	}
}

// TestPagesEscapeEverything puts markup into every text that a page shows.
func TestPagesEscapeEverything(t *testing.T) {
	w := open(t)
	const evil = `<script>alert(1)</script>\" onload=\"x`
	w.must("register-actor", `{"actor":"north","name":"`+evil+`","kind":"state"}`)
	w.must("register-place", `{"place":"town","name":"`+evil+`"}`)
	w.must("propose", `{"ceasefire":"river","by":"north","title":"`+evil+`","terms":"`+evil+`","note":"`+evil+`","area":"town","parties":["north"],`+
		`"obligations":[{"obligation":"o","text":"`+evil+`","obligor":"north"}],"from":{"at":"2016-05-05","phrase":"`+evil+`"}}`)
	w.must("agree", `{"ceasefire":"river","by":"north"}`)
	w.must("terminate", `{"ceasefire":"river","by":"north","reason":"`+evil+`"}`)
	w.settle()
	for _, path := range []string{"/", "/ceasefires/river", "/?x=" + "%3Cscript%3E", "/?effective_at=%3Cscript%3Ealert(1)%3C/script%3E"} {
		a := w.get(path, "Accept", "text/html")
		page := string(a.body)
		if strings.Contains(page, "<script") || strings.Contains(page, `" onload="`) {
			t.Errorf("%s: markup gets through", path)
		}
		if strings.Contains(path, "river") && strings.Count(page, "&lt;script&gt;") < 5 {
			t.Errorf("%s: the texts are not shown", path)
		}
	}
}

func TestPagesRunNothing(t *testing.T) {
	w := open(t)
	w.river()
	for _, path := range []string{"/", "/ceasefires/river", "/?x=1", "/v1/ceasefires", "/assets/style.css"} {
		a := w.get(path, "Accept", "text/html")
		csp := a.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: got the policy %q", path, csp)
		}
		if a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: sniffing is allowed", path)
		}
		if inline := regexp.MustCompile(`(?i)<style|<script|\sstyle=|\son[a-z]+=|https?://`).FindString(string(a.body)); inline != "" && path != "/v1/ceasefires" {
			t.Errorf("%s: the page needs %q, which the policy forbids", path, inline)
		}
	}
}

func TestPeopleGetTheirProblemsAsAPage(t *testing.T) {
	w := open(t)
	for path, status := range map[string]int{"/ceasefires/nowhere": 404, "/?effective_at=x": 400, "/?colour=red": 400} {
		a := w.get(path, "Accept", "text/html,*/*")
		if a.StatusCode != status || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(a.body), "<h1>") {
			t.Errorf("%s: got %d %s", path, a.StatusCode, a.body)
		}
		if p := w.get(path); p.StatusCode != status || p.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s for a program: got %d %s", path, p.StatusCode, p.body)
		}
	}
}

func TestAssetsAreCached(t *testing.T) {
	w := open(t)
	a := w.get("/assets/style.css")
	if again := w.get("/assets/style.css", "If-None-Match", a.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("got %d", again.StatusCode)
	}
}

// A source's words may turn the direction of a text, and must not turn what stands beside them.
func TestPagesLetNoTextTurnItsNeighbours(t *testing.T) {
	w := open(t)
	w.river()
	turning := "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069"
	w.must("propose", `{"ceasefire":"turned","by":"north","area":"town","title":"T`+turning+`","terms":"W`+turning+`","parties":["north","south"],"from":{"at":"2016-05-01T00:00Z","phrase":"P`+turning+`"},"note":"N`+turning+`"}`)
	w.settle()
	for _, path := range []string{"/", "/ceasefires/turned"} {
		page := string(w.get(path).body)
		if strings.ContainsAny(page, turning+"\u202c") || !strings.Contains(page, "T\ufffd") {
			t.Errorf("%s: a text turns the page", path)
		}
	}
}

func TestAnotherCeasefireIsNamedWithItsID(t *testing.T) {
	w := open(t)
	w.river()
	w.must("propose", `{"ceasefire":"brook","by":"north","area":"town","parent":"river","parties":["north","south"],"from":"2016-05-05T00:00Z"}`)
	w.settle()
	if page := string(w.get("/ceasefires/brook").body); !strings.Contains(page, `<bdi>River</bdi></a> <span class="id"><bdi>river</bdi></span>`) {
		t.Error("the page does not say under which ceasefire it stands by title and id")
	}
}

// A word is broken only where it does not fit on a line of its own: "anywhere" would let a narrow column break all of them.
func TestTheStyleKeepsWordsWhole(t *testing.T) {
	w := open(t)
	if css := string(w.get("/assets/style.css").body); strings.Contains(css, "anywhere") || !strings.Contains(css, "overflow-wrap: break-word") {
		t.Error("a narrow column breaks words")
	}
}
