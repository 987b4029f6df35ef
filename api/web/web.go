// Package web turns answers into pages for people: HTML that a phone shows without a script and a printer prints, and the
// scripts that make the same pages follow the clock, the ledger and the hand. Whatever comes from the record is escaped.
//
// It asks nothing and decides nothing: what a page shows is in the value that it is made from. The scripts compute no
// status either; they ask for the page again.
package web

import (
	"embed"
	"html/template"
	"io"
	"strings"
)

//go:embed templates/*.html
var templates embed.FS

// pages are the templates by language and name, each with the frame around it.
var pages = parseAll("overview", "ceasefire", "incidents", "incident", "sources", "act", "form", "problem", "login")

func parseAll(names ...string) map[string]map[string]*template.Template {
	all := map[string]map[string]*template.Template{}
	for _, lang := range Languages {
		frame := template.Must(template.New("frame.html").Funcs(words(lang)).ParseFS(templates, "templates/frame.html", "templates/parts.html", "templates/time.html"))
		all[lang] = map[string]*template.Template{}
		for _, name := range names {
			all[lang][name] = template.Must(template.Must(frame.Clone()).ParseFS(templates, "templates/"+name+".html"))
		}
	}
	return all
}

func (f Frame) render(w io.Writer, name string, page any) error {
	var b strings.Builder
	if err := pages[f.Lang][name].Execute(&b, page); err != nil {
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

// Render writes the page.
func (p Overview) Render(w io.Writer) error     { return p.render(w, "overview", p) }
func (p Ceasefire) Render(w io.Writer) error    { return p.render(w, "ceasefire", p) }
func (p IncidentList) Render(w io.Writer) error { return p.render(w, "incidents", p) }
func (p Incident) Render(w io.Writer) error     { return p.render(w, "incident", p) }
func (p Sources) Render(w io.Writer) error      { return p.render(w, "sources", p) }
func (p Act) Render(w io.Writer) error          { return p.render(w, "act", p) }
func (p Form) Render(w io.Writer) error         { return p.render(w, "form", p) }
func (p Login) Render(w io.Writer) error        { return p.render(w, "login", p) }
func (p Problem) Render(w io.Writer) error      { return p.render(w, "problem", p) }
