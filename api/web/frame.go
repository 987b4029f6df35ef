package web

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Frame is what every page has: in which language, at which clocks, and where the page is.
type Frame struct {
	Title     string
	Lang      string // of the frame: menus, headings, statuses
	Content   string // of names that the record has in several languages; "" for each record's own
	Zone      string // in which times are told; "" for each record's own
	Path      string
	Query     url.Values // as asked, without what is empty
	Effective time.Time
	Live      bool   // no clock is set: the page follows what happens
	Past      bool   // a clock of knowledge is set: then and now may differ
	Prefix    uint64 // the newest entry that is shown
	Applied   uint64 // the newest entry that there is
	Names     Names
	Span      *Span
	Here      string // the entry of the menu
	Caller    string // who is signed in; "" for nobody
	MaySend   bool   // the caller may put something on the record, or may sign in to do so
	MaySignIn bool
}

// A Span is what the time sliders run over.
type Span struct {
	From      time.Time   `json:"from"`
	Until     time.Time   `json:"until"`
	Focus     time.Time   `json:"focus"`     // when the last term ends: what came to be recorded years later lies beyond
	Marks     []time.Time `json:"marks"`     // when something happens
	Published []time.Time `json:"published"` // when sources were published
	Last      uint64      `json:"last"`      // the newest entry
	Zone      string      `json:"zone"`      // in which most of the record is told
}

// kept are the parameters that stay from page to page.
var kept = []string{"effective_at", "known_at", "reported_by", "as_of_sequence", "lang", "content", "zone"}

// Link is the address of another page at the same clocks and in the same words; pairs are added.
func (f Frame) Link(path string, pairs ...string) string {
	q := url.Values{}
	for _, name := range kept {
		if v := f.Query.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	return address(path, q, pairs)
}

// With is the address of this page with some parameters changed; an empty value takes one away, and the page of a list is
// the first again.
func (f Frame) With(pairs ...string) string {
	q := url.Values{}
	for name, values := range f.Query {
		if name != "cursor" && name != "min_sequence" {
			q[name] = slices.Clone(values)
		}
	}
	return address(f.Path, q, pairs)
}

func address(path string, q url.Values, pairs []string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Del(pairs[i]); pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// SignIn is the address of the form to sign in, which leads back to this page.
func (f Frame) SignIn() string {
	q := url.Values{"next": {f.With()}}
	if f.Query.Get("lang") != "" {
		q.Set("lang", f.Lang)
	}
	return "/login?" + q.Encode()
}

// Data is the address of an answer for programs, at the same clocks and with the same filters.
func (f Frame) Data(path string) string {
	q := url.Values{}
	for name, values := range f.Query {
		if !slices.Contains([]string{"lang", "content", "zone", "cursor", "min_sequence"}, name) {
			q[name] = values
		}
	}
	return address(path, q, nil)
}

// Get is a parameter as asked.
func (f Frame) Get(name string) string { return f.Query.Get(name) }

// Hidden are the parameters that a form with the given fields sends along.
func (f Frame) Hidden(fields ...string) []Parameter {
	var all []Parameter
	for name, values := range f.Query {
		if !slices.Contains(fields, name) && name != "cursor" && name != "min_sequence" {
			all = append(all, Parameter{name, values[0]})
		}
	}
	slices.SortFunc(all, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// A Parameter is one of an address.
type Parameter struct{ Name, Value string }

// HomeZone is the zone of what belongs to no single record.
func (f Frame) HomeZone() string {
	if f.Zone == "" && f.Span != nil {
		return f.Span.Zone
	}
	return f.Zone
}

// Dir is the direction of the frame's script.
func (f Frame) Dir() string {
	if f.Lang == "ar" {
		return "rtl"
	}
	return "ltr"
}

// Messages are the words that the scripts say, in the frame's language.
func (f Frame) Messages() map[string]map[string]string { return messagesFor(f.Lang, "js.") }

// Languages lists what the frame is told in.
func (Frame) Languages() []string { return Languages }

// Zones are what the choice of zones offers.
func (f Frame) Zones() []string {
	zones := []string{"UTC", "Asia/Damascus", "Europe/Moscow", "Europe/Paris", "America/New_York"}
	if f.Zone != "" && !slices.Contains(zones, f.Zone) {
		zones = append(zones, f.Zone)
	}
	return zones
}

// Names are what people call the records that a page names, by kind/id.
type Names map[string]Name

// A Name is the name of a record in its own language, and in others where it has them.
type Name struct {
	Own   string
	Other map[string]string
}

// Of tells a name in the language of the content. What is not on the register is told by its id.
func (f Frame) Of(kind, id string) (name, lang string) {
	n := f.Names[kind+"/"+id]
	if other := n.Other[f.Content]; other != "" {
		return other, f.Content
	}
	if n.Own != "" {
		return n.Own, ""
	}
	return id, ""
}

func (f Frame) bdi(kind, id string) template.HTML {
	name, lang := f.Of(kind, id)
	attr := ""
	if lang != "" {
		attr = ` lang="` + template.HTMLEscapeString(lang) + `"`
	}
	return template.HTML(`<bdi` + attr + ` title="` + template.HTMLEscapeString(id) + `">` + template.HTMLEscapeString(name) + `</bdi>`) //nolint:gosec // every part is escaped
}
