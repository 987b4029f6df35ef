package api

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"truceledger/api/access"
	"truceledger/api/schema"
	"truceledger/api/web"
	"truceledger/eventstore"
)

// What a page says as a heading of a problem is told in every language, and no translation is left of a sentence that
// nobody says any more.
func TestEverySentenceIsTranslatedAndSaid(t *testing.T) {
	said := map[string]bool{problem(400, "some-rule", "").Title: true, unauthenticated().Detail: true}
	for _, title := range titles {
		said[title] = true
	}
	for sentence := range said {
		for _, lang := range web.Languages {
			if _, ok := web.Translated(lang, sentence); !ok {
				t.Errorf("%q is not told in %s", sentence, lang)
			}
		}
	}
	said[access.ErrUnknownToken.Error()+": take another one"] = true
	var hints func([]web.Field)
	hints = func(fields []web.Field) {
		for _, f := range fields {
			said[f.Doc] = true
			hints(f.Fields)
		}
	}
	for _, verb := range eventstore.Verbs() {
		s, _ := schema.Command(verb)
		now, more := web.FieldsOf(s)
		hints(slices.Concat(now, more))
	}
	for _, sentence := range web.Sentences() {
		if !said[sentence] {
			t.Errorf("nobody says %q any more", sentence)
		}
	}
}

// A form says in the reader's language what its fields are for, and shows how the ceasefire stands that it is about.
func TestAFormShowsHowItsCeasefireStands(t *testing.T) {
	w := open(t)
	w.river()
	page := string(w.get("/act/extend?ceasefire=river&lang=ru", "Accept", "text/html").body)
	for _, want := range []string{`id="stands-title"`, ">River</", `<strong class="status`, "Новый конец."} {
		if !strings.Contains(page, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if strings.Contains(page, "The new end.") {
		t.Error("a hint is left in English")
	}
	if page := string(w.get("/act/extend?ceasefire=nowhere&lang=ru", "Accept", "text/html").body); strings.Contains(page, "stands-title") {
		t.Error("the form shows how a ceasefire stands that there is not")
	}
}

// Each link under a list gives what the list shows: with its filters, at its clocks.
func TestWhatIsCarriedAwayIsWhatIsShown(t *testing.T) {
	w := open(t)
	w.everything()
	links := regexp.MustCompile(`<a href="(/v1/[^"]+)">`)
	for _, c := range []struct {
		path, has string
		formats   int
	}{{"/?effective_at=2016-05-05T12:00:00Z&status=in_force&area=town", "river", 4}, {"/?effective_at=2016-05-05T12:00:00Z&status=lapsed&area=town", "", 4}, {"/incidents?effective_at=2016-05-05T12:00:00Z&status=alleged", "", 3}} {
		page := string(w.get(c.path, "Accept", "text/html").body)
		_, exports, _ := strings.Cut(page, `<p class="exports">`)
		exports, _, _ = strings.Cut(exports, "</p>")
		found := links.FindAllStringSubmatch(exports, -1)
		if len(found) != c.formats {
			t.Errorf("%s offers %d formats, want %d: %s", c.path, len(found), c.formats, exports)
		}
		for _, m := range found {
			a := w.get(html.UnescapeString(m[1]))
			if a.StatusCode != 200 {
				t.Errorf("%s: %d %s", m[1], a.StatusCode, a.body)
			}
			if strings.Contains(c.path, "/?") && !strings.Contains(m[1], ".atom") && strings.Contains(string(a.body), "river") != (c.has == "river") {
				t.Errorf("%s: %s", m[1], a.body)
			}
		}
	}
}
