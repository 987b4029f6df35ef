package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	_ "embed"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Languages are what the frame of the pages can be told in. The first is the default.
var Languages = []string{"en", "ar", "fr", "ru"}

//go:embed catalogue.json
var catalogueJSON []byte

// catalogue holds every message by key, language and plural form; a message without plural forms has the form "other".
// The server and the scripts read the same one.
var catalogue = readCatalogue(catalogueJSON)

func readCatalogue(raw []byte) map[string]map[string]map[string]string {
	var mixed map[string]map[string]any
	if err := json.Unmarshal(raw, &mixed); err != nil {
		panic("web: catalogue.json: " + err.Error())
	}
	all := map[string]map[string]map[string]string{}
	for key, byLang := range mixed {
		all[key] = map[string]map[string]string{}
		for lang, v := range byLang {
			forms := map[string]string{}
			switch v := v.(type) {
			case string:
				forms["other"] = v
			case map[string]any:
				for form, text := range v {
					forms[form], _ = text.(string)
				}
			}
			all[key][lang] = forms
		}
	}
	return all
}

//go:embed sentences.json
var sentencesJSON []byte

// sentences are what schemas and problems say in English, in the other languages of the frame. The English is the key: a
// sentence that somebody rewords has no translation until it is translated again, and a test finds it.
var sentences = func() (all map[string]map[string]string) {
	if err := json.Unmarshal(sentencesJSON, &all); err != nil {
		panic("web: sentences.json: " + err.Error())
	}
	return all
}()

// Translated tells a sentence of a schema or a problem in another language, if there is a translation.
func Translated(lang, english string) (text string, ok bool) {
	if lang == Languages[0] {
		return english, true
	}
	text, ok = sentences[english][lang]
	return text, ok
}

// Sentences are the sentences that have translations.
func Sentences() []string { return slices.Sorted(maps.Keys(sentences)) }

// localizers choose plural forms and fill in, by language.
var localizers = func() map[string]*i18n.Localizer {
	bundle := i18n.NewBundle(language.English)
	all := map[string]*i18n.Localizer{}
	for _, lang := range Languages {
		var messages []*i18n.Message
		for key, byLang := range catalogue {
			f := byLang[lang]
			messages = append(messages, &i18n.Message{ID: key, Zero: f["zero"], One: f["one"], Two: f["two"], Few: f["few"], Many: f["many"], Other: f["other"]})
		}
		if err := bundle.AddMessages(language.MustParse(lang), messages...); err != nil {
			panic("web: catalogue.json: " + err.Error())
		}
		all[lang] = i18n.NewLocalizer(bundle, lang)
	}
	return all
}()

// say tells a message; pairs fill it in. A key that is not in the catalogue shows itself: a test finds it.
func say(lang, key string, pairs ...any) string {
	forms, ok := catalogue[key][lang]
	if !ok {
		return key
	}
	if len(pairs) == 0 {
		return forms["other"] // most messages: no template, no plural
	}
	data := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		data[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	config := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	if n, counted := data["Count"]; counted {
		config.PluralCount = n
	}
	text, err := localizers[lang].Localize(config)
	if err != nil {
		return key
	}
	return text
}

// word tells a word of the controlled vocabularies. One that the catalogue lacks is shown as the ledger has it.
func word(lang, value string) string {
	if forms, ok := catalogue["word."+value][lang]; ok {
		return forms["other"]
	}
	return strings.ReplaceAll(value, "_", " ")
}

// messagesFor are the messages whose key begins with prefix, with their plural forms.
func messagesFor(lang, prefix string) map[string]map[string]string {
	chosen := map[string]map[string]string{}
	for key, byLang := range catalogue {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			chosen[rest] = byLang[lang]
		}
	}
	return chosen
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Arabic, language.French, language.Russian})

// ChooseLanguage is the language of the frame: the one asked for, else what the browser prefers.
func ChooseLanguage(asked, accept string) string {
	if slices.Contains(Languages, asked) {
		return asked
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return Languages[0]
	}
	_, i, _ := matcher.Match(tags...)
	return Languages[i]
}

// Say tells a message without anything to fill in.
func Say(lang, key string) string { return say(lang, key) }

// Word tells a word of the controlled vocabularies.
func Word(lang, value string) string { return word(lang, value) }
