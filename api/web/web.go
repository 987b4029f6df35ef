// Package web turns answers into pages for people: plain HTML that a phone shows and a printer prints, with one style
// sheet and no script. Whatever comes from the record is escaped.
//
// It asks nothing and computes nothing: what a page shows is in the value that it is made from.
package web

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"

	"truceledger/domain/when"
	"truceledger/projections"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed assets
var assets embed.FS

// Asset returns a file that the pages refer to, and its media type.
func Asset(name string) (content []byte, mediaType string, ok bool) {
	types := map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
	mediaType, ok = types[name]
	if !ok {
		return nil, "", false
	}
	content, err := assets.ReadFile("assets/" + name)
	return content, mediaType, err == nil
}

// A Frame is what every page has.
type Frame struct {
	Title     string
	Clocks    Clocks
	Effective time.Time // the effective time that is answered for
	Applied   uint64    // the newest entry that is shown
	Names     Names
}

// Clocks are the clocks as the reader set them; empty where left open.
type Clocks struct{ EffectiveAt, KnownAt, ReportedBy, AsOfSequence string }

// Query is the clocks as the end of an address, with its question mark; empty where none is set.
func (c Clocks) Query(more ...string) string {
	q := url.Values{}
	pairs := append([]string{"effective_at", c.EffectiveAt, "known_at", c.KnownAt, "reported_by", c.ReportedBy, "as_of_sequence", c.AsOfSequence}, more...)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// Names are what people call the records that a page names, by kind/id. What is not there is shown by its id.
type Names map[string]string

// A List is the page of ceasefires.
type List struct {
	Frame
	Ceasefires []projections.CeasefireView
	NextCursor string
}

// A Ceasefire is the page of one ceasefire.
type Ceasefire struct {
	Frame
	View       projections.CeasefireView
	History    []projections.HistoryItem
	NextCursor string // of the history
}

// A Problem is the page that says why there is no other.
type Problem struct {
	Frame
	Status int
	Reason string
	Detail string
}

// Render writes the page.
func (p List) Render(w io.Writer) error      { return render(w, "list", p) }
func (p Ceasefire) Render(w io.Writer) error { return render(w, "ceasefire", p) }
func (p Problem) Render(w io.Writer) error   { return render(w, "problem", p) }

func render(w io.Writer, name string, page any) error {
	var b strings.Builder
	if err := pages[name].Execute(&b, page); err != nil {
		return err
	}
	_, err := turns.WriteString(w, b.String())
	return err
}

// turns makes visible the characters that turn the direction of the text around them: one in a source's words could make
// the dates and names beside them read backwards. Letters have a direction of their own, and the pages isolate texts, so
// that no language needs them here.
var turns = strings.NewReplacer(
	"\u202a", "\ufffd", "\u202b", "\ufffd", "\u202c", "\ufffd", "\u202d", "\ufffd", "\u202e", "\ufffd",
	"\u2066", "\ufffd", "\u2067", "\ufffd", "\u2068", "\ufffd", "\u2069", "\ufffd")

// pages are the templates, each with the frame around it.
var pages = parse("list", "ceasefire", "problem")

func parse(names ...string) map[string]*template.Template {
	frame := template.Must(template.New("frame.html").Funcs(words).ParseFS(templates, "templates/frame.html", "templates/parts.html"))
	all := map[string]*template.Template{}
	for _, name := range names {
		all[name] = template.Must(template.Must(frame.Clone()).ParseFS(templates, "templates/"+name+".html"))
	}
	return all
}

// words are what the templates say things with.
var words = template.FuncMap{
	"word":      func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
	"moment":    moment,
	"instant":   instant,
	"machine":   func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	"ceasefire": func(f Frame, id string) string { return f.Names.of("ceasefire/" + id) },
	"place":     func(f Frame, id string) string { return f.Names.of("place/" + id) },
	"actor":     func(f Frame, id string) string { return f.Names.of("actor/" + id) },
	"pair":      func(f Frame, v any) map[string]any { return map[string]any{"Frame": f, "It": v} },
	"people": func(f Frame, label string, ids []string) map[string]any {
		return map[string]any{"Frame": f, "Label": label, "IDs": ids}
	},
}

func (n Names) of(ref string) string {
	if name := n[ref]; name != "" {
		return name
	}
	_, id, _ := strings.Cut(ref, "/")
	return id
}

// moment tells bounds in the zone of their ceasefire, with the source's own words where there are some.
func moment(b *when.Bounds, zone string) string {
	if b == nil || b.IsZero() {
		return ""
	}
	told := *b
	if zone != "" {
		told.Zone = zone
	}
	s := told.String()
	if b.ZoneAssumed {
		s += " (zone assumed)"
	}
	if b.Phrase != "" {
		s += " (“" + b.Phrase + "”)"
	}
	return s
}

// instant tells an exact moment in a zone.
func instant(t time.Time, zone string) string {
	b := when.At(t.Truncate(time.Second))
	return moment(&b, zone)
}
