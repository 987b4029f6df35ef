package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"truceledger/domain/when"
	"truceledger/projections"
)

func esc(s string) string { return template.HTMLEscapeString(s) }

// words are what the templates of a language say things with.
func words(lang string) template.FuncMap {
	return template.FuncMap{
		"t":         func(key string, pairs ...any) string { return say(lang, key, pairs...) },
		"sentence":  func(english string) template.HTML { return sentenceHTML(lang, english) },
		"word":      func(v any) string { return word(lang, fmt.Sprint(v)) },
		"moment":    func(f Frame, b *when.Bounds, zone string) template.HTML { return f.moment(b, zone) },
		"instant":   func(f Frame, t time.Time, zone string) template.HTML { return f.instant(t, zone) },
		"machine":   func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"minute":    func(f Frame, t time.Time, zone string) string { return t.In(f.zoneOf(zone)).Format("2006-01-02 15:04") },
		"who":       func(f Frame, ids []string) template.HTML { return f.list("actor", ids) },
		"places":    func(f Frame, ids []string) template.HTML { return f.list("place", ids) },
		"actor":     func(f Frame, id string) template.HTML { return f.bdi("actor", id) },
		"place":     func(f Frame, id string) template.HTML { return f.bdi("place", id) },
		"title":     func(f Frame, id string) template.HTML { return f.bdi("ceasefire", id) },
		"plain":     func(f Frame, kind, id string) string { name, _ := f.Of(kind, id); return name },
		"status":    func(status string, couldBe []string) template.HTML { return statusHTML(lang, status, couldBe) },
		"figure":    func(p projections.TallyPoint) string { return figure(lang, p.Qualifier, p.Low, p.Best, p.High) },
		"casualty":  func(c projections.CasualtiesView) string { return casualty(lang, c) },
		"remaining": func(f Frame, b *when.Bounds) string { return f.remaining(b.Earliest) },
		"clipped":   clipped,
		"dict":      dict,
		"nothing":   func() map[string]bool { return map[string]bool{} },
		"tick":      func(f Frame, t Tick, zone string) string { return f.tick(t, zone) },
		"aboutone":  func(refs []string) string { return strings.Join(refs, ", ") },
		"native": func(lang string) string {
			return map[string]string{"en": "English", "ar": "العربية", "fr": "Français", "ru": "Русский"}[lang]
		},
		"short": func(sha string) string { return sha[:min(len(sha), 12)] + "…" },
		"pixel": func(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) },
		"add":   func(a, b int) int { return a + b },
	}
}

// sentenceHTML tells a sentence in the frame's language. One that only the ledger knows, such as a rule's own, stays English
// and says so: it would be read aloud and laid out wrongly otherwise.
func sentenceHTML(lang, english string) template.HTML {
	if text, ok := Translated(lang, english); ok {
		return template.HTML(esc(text)) //nolint:gosec // it is escaped
	}
	return template.HTML(`<span lang="en" dir="ltr">` + esc(english) + `</span>`) //nolint:gosec // it is escaped
}

// dict makes the value of a template that needs several.
func dict(pairs ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1]
	}
	return all
}

func (f Frame) list(kind string, ids []string) template.HTML {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = string(f.bdi(kind, id))
	}
	return template.HTML(strings.Join(parts, esc(say(f.Lang, "list.comma")))) //nolint:gosec // every part is escaped
}

// statusHTML tells a status in a word and a mark: colour alone would say nothing to many.
func statusHTML(lang, status string, couldBe []string) template.HTML {
	html := `<strong class="status ` + esc(status) + `">` + esc(word(lang, status)) + `</strong>`
	if len(couldBe) > 0 {
		candidates := make([]string, len(couldBe))
		for i, s := range couldBe {
			candidates[i] = word(lang, s)
		}
		html += ` <span class="could">` + esc(say(lang, "status.could", "List", strings.Join(candidates, say(lang, "list.or")))) + `</span>`
	}
	return template.HTML(html) //nolint:gosec // every part is escaped
}

// figure tells a number with what its source says of it: nearly 250 is not 250.
func figure(lang, qualifier string, low, best, high *int) string {
	number := "?"
	switch {
	case best != nil:
		number = strconv.Itoa(*best)
	case low != nil && high != nil:
		number = strconv.Itoa(*low) + "–" + strconv.Itoa(*high)
	case low != nil:
		number = strconv.Itoa(*low)
	case high != nil:
		number = strconv.Itoa(*high)
	}
	if qualifier == "" || qualifier == "exact" {
		return number
	}
	return say(lang, "figure."+qualifier, "Number", number)
}

func casualty(lang string, c projections.CasualtiesView) string {
	return figure(lang, c.Qualifier, c.Low, c.Best, c.High) + " " + word(lang, c.Unit) + " " + word(lang, c.Outcome)
}

// tick tells a mark of the axis, as short as it can be read: with the month's abbreviation as its language has it.
func (f Frame) tick(t Tick, zone string) string {
	local := t.At.In(f.zoneOf(zone))
	if t.Hour {
		return local.Format("15:04")
	}
	return strconv.Itoa(local.Day()) + " " + say(f.Lang, "month.short."+strconv.Itoa(int(local.Month())))
}

// clipped shortens a name to what has room beside the picture of the term.
func clipped(name string) string {
	const most = 36
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}
