package api

import (
	"slices"
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
