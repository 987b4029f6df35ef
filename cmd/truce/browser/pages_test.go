package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Every page in every language: complete in that language, without a fault that axe finds, by day and by night, and no wider
// than a small phone. A page is opened once for all of it.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	s := demo(t)
	for _, lang := range []string{"en", "ar", "fr", "ru"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := open(t, desk)
			p.signIn(s)
			for _, path := range pages {
				p.visit(s.url(in(lang, path)))
				p.inspect(lang, path)
			}
			p.states(s, lang)
			p.allForms(s, lang)
		})
	}
}

// inspect looks at the page that is open in every way.
func (p *tab) inspect(lang, path string) {
	p.t.Helper()
	path += " in " + lang
	p.complete(lang, path)
	switch lang {
	case "en", "ar":
		p.axe(path)
		p.look(night) // in the dark only the colours differ
		p.await(`matchMedia("(prefers-color-scheme: dark)").matches`)
		p.axe(path+" in the dark", "color-contrast", "link-in-text-block")
		p.look(phone)
	case "fr":
		p.look(phone)
		js[bool](p, `(() => { for (const d of document.querySelectorAll("details")) d.open = true; return true; })()`)
		p.axe(path + ", everything opened on a phone")
	default:
		p.look(phone)
	}
	if wide := js[float64](p, `document.documentElement.scrollWidth`); wide > 360 {
		who := js[string](p, `[...document.querySelectorAll("main *, header *")].filter((e) => e.getBoundingClientRect().right > 361 && !e.closest(".scroll, svg")).slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")`)
		p.t.Errorf("%s is %v wide: %s", path, wide, who)
	}
	p.look(desk)
}

// states are what a page becomes in the course of its use: a wrong token, a refusal beside its field, a form read back and
// refused once more.
func (p *tab) states(s *server, lang string) {
	p.t.Helper()
	p.visit(s.url("/act/agree?ceasefire=aleppo-silence&by=nusra-front&lang=" + lang))
	p.click(".send-row button")
	p.await(`document.querySelector("#f-by-wrong")`)
	p.inspect(lang, "a refusal")
	p.visit(s.url("/act/reaffirm?ceasefire=syria-cessation&by=russia&lang=" + lang))
	p.click(".send-row button")
	p.await(`document.querySelector(".reads")`)
	p.inspect(lang, "a form read back")
	p.click(`button[value="state"]`)
	p.await(`document.querySelector("#f-sign-wrong")`)
	p.inspect(lang, "a form without a key to sign with")
	p.visit(s.url("/login?lang=" + lang))
	p.do(chromedp.SetValue("#token", "truce_nobody"), chromedp.Click(".login button"))
	p.await(`document.querySelector("#login-wrong")`)
	p.inspect(lang, "a wrong token")
}

// theForms reads each form into the page that is open, and lists what axe or the eye for untranslated words finds. The forms
// are made of the same few kinds of fields, whose colours other pages have shown.
const theForms = `(async (english, latin, checked) => {
	const links = [...document.querySelectorAll(".verbs a")].map((a) => a.href), found = [];
	const read = (link) => new Promise((come, fail) => {
		const request = new XMLHttpRequest(); // the policy lets no script make a page of a text
		request.open("GET", link);
		request.setRequestHeader("Accept", "text/html");
		request.responseType = "document";
		request.onload = () => (request.status === 200 ? come(request.response) : fail(new Error(link + ": " + request.status)));
		request.onerror = () => fail(new Error(link));
		request.send();
	});
	for (const link of links) {
		const page = await read(link);
		document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
		for (const d of document.querySelectorAll("main details")) d.open = true;
		const left = english ? LEFT(english, latin) : "[]";
		if (left !== "[]") found.push(link + " is left in English: " + left);
		const key = keyShown();
		if (key) found.push(link + " shows the key " + key);
		if (!checked) continue;
		const r = await axe.run("main", { resultTypes: ["violations"], rules: { "color-contrast": { enabled: false } } });
		for (const v of r.violations) found.push(link + ": " + v.id + ": " + v.nodes[0].html.slice(0, 160));
	}
	return JSON.stringify({ links: links.length, found });
})`

// allForms looks at the form of every command.
func (p *tab) allForms(s *server, lang string) {
	p.t.Helper()
	p.visit(s.url("/act?lang=" + lang))
	checked := lang == "en" || lang == "ar"
	if checked && !js[bool](p, `typeof axe !== "undefined"`) {
		js[bool](p, axe+"; true")
	}
	english := "null"
	if lang != "en" {
		raw, _ := json.Marshal(translations(p.t, lang))
		english = string(raw)
	}
	script := "(() => { const keyShown = " + keyShown + "; return " + strings.Replace(theForms, "LEFT", leftInEnglish, 1) + fmt.Sprintf("(%s, %t, %t); })()", english, lang == "fr", checked)
	var got struct {
		Links int
		Found []string
	}
	if err := json.Unmarshal([]byte(js[string](p, script)), &got); err != nil {
		p.t.Fatal(err)
	}
	for _, f := range got.Found {
		p.t.Error(f)
	}
	if got.Links < 40 {
		p.t.Errorf("only %d forms were looked at: the test looks away", got.Links)
	}
}

// notPages are what the server answers that nobody reads as a page.
var notPages = []string{"/assets/{name}", "/layers/{n}", "/layers/{n}/{z}/{x}/{y}", "/ceasefires/{id}/badge.svg"}

// No page is forgotten: each route for people, as the server registers it, is one that the tests open.
func TestEveryRouteOfAPageIsLookedAt(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "api", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	registered := regexp.MustCompile(`(?:page\(a, "|HandleFunc\("GET )(/[^"]*)"`)
	routes := 0
	for _, file := range files {
		if !strings.HasPrefix(filepath.Base(file), "pages") && filepath.Base(file) != "session.go" {
			continue // answers for programs
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range registered.FindAllStringSubmatch(string(text), -1) {
			if slices.Contains(notPages, m[1]) {
				continue
			}
			routes++
			like := regexp.MustCompile("^" + regexp.MustCompile(`\\\{[^}]*\}`).ReplaceAllString(strings.ReplaceAll(regexp.QuoteMeta(m[1]), `/\{\$\}`, "/"), "[^/]+") + "$")
			if !slices.ContainsFunc(pages, func(p string) bool { path, _, _ := strings.Cut(p, "?"); return like.MatchString(path) }) {
				t.Errorf("no test opens %s", m[1])
			}
		}
	}
	if routes < 8 {
		t.Errorf("only %d routes were found: the test looks away", routes)
	}
}
