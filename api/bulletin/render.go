package bulletin

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A paper is a bulletin in one language: headings, tables, sentences. Markdown and HTML are two ways to set it.
type paper struct {
	Lang, Dir, Title string
	Lead             []string
	Sections         []section
}

type section struct {
	Title string
	Head  []string
	Rows  [][]string
	None  string // what to say where there are no rows
	Note  string
}

// A setter puts a bulletin into one language.
type setter struct {
	Bulletin
	lang string
	zone *time.Location
}

func (b Bulletin) in(lang string) (setter, error) {
	if !slices.Contains(Languages, lang) {
		return setter{}, fmt.Errorf("%w: language %q is none of %s", ErrRequest, lang, strings.Join(Languages, ", "))
	}
	zone, err := when.LoadZone(b.Zone)
	return setter{b, lang, zone}, err
}

// say is a word or sentence of the catalogue.
func (s setter) say(key string, args ...any) string {
	text, ok := catalogue[key][s.lang]
	if !ok {
		text = plain(key)
	}
	if len(args) > 0 {
		return fmt.Sprintf(text, args...)
	}
	return text
}

func (s setter) clock(t time.Time) string { return t.In(s.zone).Format("2006-01-02 15:04") }

// span is a time, with both of its edges where it is not known exactly.
func (s setter) span(b *when.Bounds) string {
	switch {
	case b == nil || b.IsZero():
		return "–"
	case b.IsInstant():
		return s.clock(b.Earliest)
	case b.Zone == s.Zone && b.Precision != when.Interval:
		return b.String() // a day, a month: as it was stated
	}
	return s.clock(b.Earliest) + " / " + s.clock(b.Latest)
}

func (s setter) actor(id string) string { return s.names.actorName(id, s.lang) }

func (s setter) title(id string) string {
	for _, c := range s.Ceasefires {
		if c.ID == id && c.Title != "" {
			return c.Title
		}
	}
	return id
}

func (s setter) paper() paper {
	p := paper{Lang: s.lang, Dir: "ltr", Title: s.say("title", s.Date)}
	if s.lang == "ar" {
		p.Dir = "rtl"
	}
	p.Lead = append(p.Lead, s.say("window", s.clock(s.From), s.clock(s.Until), s.Zone))
	if r := s.Recommitment; r != nil {
		p.Lead = append(p.Lead, s.say("recommitment", s.clock(r.At), domain.InOrder(s.title(r.Ceasefire)))) // what follows it is not to be turned
	}
	p.Sections = []section{s.status(), s.counts(), s.acts(), s.inquiries("opened", s.Opened), s.inquiries("closed", s.Closed), s.ahead()}
	if len(s.Compared) == 2 {
		p.Sections = append(p.Sections, s.compared())
	}
	return p
}

func (s setter) status() section {
	t := section{Title: s.say("ceasefires"), Head: []string{s.say("ceasefire"), s.say("status"), s.say("until")}, None: s.say("none")}
	for _, c := range s.Ceasefires {
		status := s.say(c.Status)
		if len(c.CouldBe) > 0 {
			var could []string
			for _, x := range c.CouldBe {
				could = append(could, s.say(x))
			}
			status += " (" + strings.Join(could, " / ") + ")"
		}
		if c.Contested {
			status += " – " + s.say("contested")
		}
		t.Rows = append(t.Rows, []string{s.title(c.ID), status, s.span(c.Until)})
	}
	return t
}

func (s setter) counts() section {
	t := section{
		Title: s.say("incidents"), None: s.say("none"), Note: s.say("alleged"),
		Head: []string{s.say("area"), s.say("type"), s.say("this_window"), s.say("possible"), s.say("previous"), s.say("since")},
	}
	for _, c := range s.Incidents {
		t.Rows = append(t.Rows, append([]string{s.names.placeName(c.Area, s.lang), s.say(c.Type)}, figures(c)...))
	}
	if len(t.Rows) > 0 {
		t.Rows = append(t.Rows, append([]string{s.say("total"), ""}, figures(s.Total)...))
	}
	return t
}

func figures(c Count) []string {
	return []string{strconv.Itoa(c.Window), strconv.Itoa(c.Possible), strconv.Itoa(c.Previous), strconv.Itoa(c.Since)}
}

func (s setter) acts() section {
	t := section{Title: s.say("acts"), Head: []string{s.say("time"), s.say("act"), s.say("by"), s.say("ceasefire")}, None: s.say("none")}
	for _, a := range s.Acts {
		t.Rows = append(t.Rows, []string{s.span(a.Occurred), acts[a.Act][s.lang], s.actor(a.By), s.title(a.Ceasefire)})
	}
	return t
}

func (s setter) inquiries(key string, list []Inquiry) section {
	t := section{Title: s.say(key), Head: []string{s.say("time"), s.say("incident"), s.say("by"), s.say("finding")}, None: s.say("none")}
	for _, i := range list {
		finding := "–"
		if i.Finding != "" {
			finding = s.say(i.Finding)
		}
		t.Rows = append(t.Rows, []string{s.clock(i.At), i.Incident, s.actor(i.By), finding})
	}
	return t
}

func (s setter) ahead() section {
	t := section{Title: s.say("ahead"), Head: []string{s.say("time"), s.say("ceasefire")}, None: s.say("none")}
	for _, e := range s.Ahead {
		t.Rows = append(t.Rows, []string{s.span(&e.At), s.title(e.Ceasefire)})
	}
	return t
}

// compared sets two bodies' counts side by side; which of them is right is not for a table to say.
func (s setter) compared() section {
	a, b := s.Compared[0], s.Compared[1]
	t := section{Title: s.say("compared"), Head: []string{s.say("area"), s.say("type"), s.actor(a.By), s.actor(b.By)}, None: s.say("none")}
	keys := map[[2]string]bool{}
	of := func(body Body, key [2]string) string {
		for _, r := range body.Rows {
			if r.Area == key[0] && r.Type == key[1] {
				return strconv.Itoa(r.Window)
			}
		}
		return "0"
	}
	for _, r := range slices.Concat(a.Rows, b.Rows) {
		key := [2]string{r.Area, r.Type}
		if r.Window == 0 || keys[key] {
			continue
		}
		keys[key] = true
		t.Rows = append(t.Rows, []string{s.names.placeName(r.Area, s.lang), s.say(r.Type), of(a, key), of(b, key)})
	}
	if len(t.Rows) > 0 {
		t.Rows = append(t.Rows, []string{s.say("total"), "", strconv.Itoa(a.Total), strconv.Itoa(b.Total)})
	}
	return t
}

// Markdown sets the bulletin in a language.
func (b Bulletin) Markdown(lang string) ([]byte, error) {
	s, err := b.in(lang)
	if err != nil {
		return nil, err
	}
	p := s.paper()
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n\n%s\n", p.Title, strings.Join(cells(p.Lead), "\n\n"))
	for _, t := range p.Sections {
		fmt.Fprintf(&out, "\n## %s\n\n", t.Title)
		if len(t.Rows) == 0 {
			fmt.Fprintln(&out, t.None)
			continue
		}
		fmt.Fprintf(&out, "| %s |\n|%s\n", strings.Join(cells(t.Head), " | "), strings.Repeat(" --- |", len(t.Head)))
		for _, row := range t.Rows {
			fmt.Fprintf(&out, "| %s |\n", strings.Join(cells(row), " | "))
		}
		if t.Note != "" {
			fmt.Fprintf(&out, "\n%s\n", t.Note)
		}
	}
	return out.Bytes(), nil
}

// cells are texts in Markdown, with the names of records in them.
func cells(texts []string) (safe []string) {
	for _, text := range texts {
		safe = append(safe, escapeMarkdown(domain.InOrder(text)))
	}
	return safe
}

// escapeMarkdown keeps a name from breaking out of its cell or from becoming a link or markup. A backslash before a bar would undo
// the bar's own.
var escapeMarkdown = strings.NewReplacer(`\`, `\\`, "|", `\|`, "\n", " ", "\r", " ", "[", `\[`, "]", `\]`, "<", "&lt;", "*", `\*`, "`", "\\`").Replace

//go:embed bulletin.html
var layout embed.FS

var page = template.Must(template.ParseFS(layout, "bulletin.html"))

// HTML sets the bulletin as a page that prints well, without a script and without anything from elsewhere.
func (b Bulletin) HTML(lang string) ([]byte, error) {
	s, err := b.in(lang)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, s.paper())
	return out.Bytes(), err
}
