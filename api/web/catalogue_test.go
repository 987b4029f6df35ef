package web

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"truceledger/api/schema"
	"truceledger/eventstore"
)

var plurals = map[string][]string{"en": {"one", "other"}, "fr": {"one", "other"}, "ru": {"one", "few", "many", "other"}, "ar": {"zero", "one", "two", "few", "many", "other"}}

// Every message is there in every language, with all its plural forms and the same things to fill in.
func TestTheCatalogueIsComplete(t *testing.T) {
	holes := regexp.MustCompile(`\{\{\.\w+\}\}`)
	for key, byLang := range catalogue {
		for _, lang := range Languages {
			forms := byLang[lang]
			if forms["other"] == "" {
				t.Errorf("%s says nothing in %s", key, lang)
			}
			if len(byLang["en"]) > 1 {
				for _, form := range plurals[lang] {
					if forms[form] == "" {
						t.Errorf("%s has no form %q in %s", key, form, lang)
					}
				}
			}
			want, got := holes.FindAllString(byLang["en"]["other"], -1), holes.FindAllString(forms["other"], -1)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s in %s fills in %v, want %v", key, lang, got, want)
			}
		}
	}
}

// Every message that a template names is there, and so is a name for every command.
func TestEveryWordOfTheTemplatesIsInTheCatalogue(t *testing.T) {
	entries, _ := templates.ReadDir("templates")
	for _, e := range entries {
		text, _ := templates.ReadFile("templates/" + e.Name())
		for _, m := range regexp.MustCompile(`[{(]t "([a-z0-9._-]+)"`).FindAllStringSubmatch(string(text), -1) {
			if catalogue[m[1]] == nil {
				t.Errorf("%s says %q, which is not in the catalogue", e.Name(), m[1])
			}
		}
	}
	for _, verb := range eventstore.Verbs() {
		if catalogue["verb."+verb] == nil {
			t.Errorf("the command %s has no name", verb)
		}
	}
}

// A translated sentence keeps what no language translates: numbers, durations, names of formats and commands.
func TestSentencesKeepWhatIsNotTranslated(t *testing.T) {
	fixed := regexp.MustCompile(`P[0-9T]\w+|ISO 8601|SHA-256|SHA256:\.\.\.|RFC \d+|WGS 84|UUID|BCP 47|command_id|truce \w+ \w+|image/jpeg|GeoJSON|\.pub|sk-ssh\S+com|\b\d+\b`)
	for english, byLang := range sentences {
		for _, lang := range Languages[1:] {
			if byLang[lang] == "" {
				t.Errorf("%q says nothing in %s", english, lang)
			}
			for _, part := range fixed.FindAllString(english, -1) {
				if !strings.Contains(byLang[lang], part) {
					t.Errorf("%q in %s does not say %q: %s", english, lang, part, byLang[lang])
				}
			}
		}
	}
}

// The axis has whole words or abbreviations, no words that were cut.
func TestTicksAbbreviateTheMonth(t *testing.T) {
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for lang, want := range map[string]string{"en": "20 Nov", "fr": "20 nov.", "ru": "20 нояб.", "ar": "20 تشرين الثاني/نوفمبر"} {
		if got := (Frame{Lang: lang}).tick(Tick{At: at}, "UTC"); got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
}

func TestPluralFormsAreChosenByTheLanguage(t *testing.T) {
	for _, c := range []struct {
		lang string
		n    int
		want string
	}{
		{"en", 1, "1 day left"}, {"en", 2, "2 days left"}, {"ru", 21, "остался 21 день"}, {"ru", 3, "осталось 3 дня"}, {"ru", 11, "осталось 11 дней"},
		{"ar", 2, "بقي يومان"}, {"ar", 3, "بقيت 3 أيام"}, {"ar", 11, "بقي 11 يومًا"}, {"fr", 1, "encore 1 jour"}, {"fr", 5, "encore 5 jours"},
	} {
		if got := say(c.lang, "js.left.days", "Count", c.n); got != c.want {
			t.Errorf("%s %d: got %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

// Every field that a form can show has a name and a hint in every language, and so has every word that it offers.
func TestEveryFieldOfTheFormsHasAName(t *testing.T) {
	var named func(verb string, fields []Field)
	named = func(verb string, fields []Field) {
		for _, f := range fields {
			if catalogue["field."+f.Label] == nil {
				t.Errorf("the field %s of %s has no name", f.Label, verb)
			}
			for _, lang := range Languages {
				if text, ok := Translated(lang, f.Doc); f.Doc != "" && (!ok || text == "") {
					t.Errorf("the hint %q of %s of %s is not told in %s", f.Doc, f.Label, verb, lang)
				}
			}
			for _, o := range f.Options {
				if catalogue["word."+o] == nil {
					t.Errorf("the word %s of %s of %s is not in the catalogue", o, f.Label, verb)
				}
			}
			named(verb, f.Fields)
		}
	}
	for _, verb := range eventstore.Verbs() {
		s, _ := schema.Command(verb)
		now, more := FieldsOf(s)
		named(verb, append(now, more...))
	}
}
