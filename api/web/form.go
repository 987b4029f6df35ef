package web

import (
	"cmp"
	"slices"
	"strings"

	"truceledger/projections"
)

// An Act is the page that lists what can be put on the record.
type Act struct {
	Frame
	Groups   []VerbGroup
	Recorded string
}

// A VerbGroup are the commands for one kind of record.
type VerbGroup struct {
	Kind  string
	Verbs []string
}

// A Form is the page on which a command is written, read back in words, and sent.
type Form struct {
	Frame
	Verb      string
	Fields    []Field
	More      []Field // those that are seldom needed
	Lists     map[string][]Choice
	CommandID string
	Expect    string

	Now *projections.CeasefireView // how the ceasefire that the command is about stands

	Reads   string     // the sentence that the history will hold
	Preview []Sentence // the same field by field

	CanSign   bool       // the server takes what is signed
	HasKey    bool       // a key stands on the record of the actor who acts
	Statement *Statement // the bytes to sign
	SignKey   string     // the fingerprint of the key that signs
	Signature string     // as ssh-keygen wrote it
	SignWrong string     // why what was signed is refused

	Refusal   string // the refusal's own sentence
	Code      string
	Field     string // the field that the refusal is about
	Stale     bool   // the record has changed meanwhile
	Meanwhile []HistoryEntry
	Before    *projections.CeasefireView // what the record amounted to when it was read back, and now
	After     *projections.CeasefireView
	Diff      map[string]bool // in what the two differ
	ReadOnly  bool
}

// A Statement is what a party signs with its own key.
type Statement struct {
	Bytes   string // exactly what is signed
	Words   string // the same to be read
	Number  uint64
	Until   string
	File    string
	Command string // to be typed where the file is
}

// A Sentence is one line of what is read back.
type Sentence struct {
	Label  string
	Text   []Part
	Filled bool // by the ledger, not by who wrote it
}

// A Part is a piece of a sentence. Kind and ID name a record whose name is told, a word, or a message; else Text stands as
// it is.
type Part struct {
	Kind, ID, Text string
	Label          string // of a part of a row
	Ends           bool   // a row
}

// A Field is one field of a form, as the schema of the command describes it.
type Field struct {
	Name     string // its path, such as from or sources.0.source
	Label    string // its key in the catalogue
	Kind     string // text, area, select, bool, number, when, ref, refs, list, json, names, group, rows
	Ref      string // the kind of record that a ref names
	Options  []string
	Doc      string
	Required bool
	Fields   []Field // of a group, and of each row
	Rows     [][]Field
	Value    string
	Values   []string
	Parts    map[string]string // of a when: at, zone, phrase; of names: by language
	Wrong    string            // why it was refused
}

// ID is the field's id in the page.
func (f Field) ID() string { return "f-" + strings.ReplaceAll(f.Name, ".", "-") }

// Has reports whether a value is among those chosen.
func (f Field) Has(id string) bool { return slices.Contains(f.Values, id) }

// first are the fields that forms begin with, in this order. The schema has no order of its own.
var first = []string{"ceasefire", "incident", "talks", "tally", "statement", "actor", "place", "source", "record", "sequence", "by", "with", "occurred",
	"title", "name", "kind", "class", "area", "parties", "guarantors", "from", "until", "lasting", "to_total", "terms", "text", "reason",
	"ceasefires", "at", "type", "accused", "casualties", "unit", "outcome", "qualifier", "best", "about", "statement_kind", "status", "zone", "sources", "note"}

// common are the fields that a form shows at once, besides the required ones; the others wait behind a summary.
var common = []string{"by", "occurred", "title", "name", "class", "area", "parties", "guarantors", "from", "until", "lasting", "to_total", "terms", "text", "reason",
	"ceasefires", "at", "place", "type", "accused", "casualties", "description", "best", "low", "high", "qualifier", "as_of", "statement_kind", "about", "in_force", "through",
	"actor", "role", "kind", "performance", "status", "characterisation", "right", "condition", "finding", "record", "replacement", "modality", "obligor", "zone", "sources",
	"publisher", "published", "url", "point", "parent", "track", "confidence", "successor"}

// long are texts that need more than a line.
var long = []string{"terms", "text", "reason", "note", "description", "right", "condition", "characterisation"}

// FieldsOf reads the fields of a command from its schema.
func FieldsOf(schema map[string]any) (now, more []Field) {
	defs, _ := schema["$defs"].(map[string]any)
	for _, f := range fieldsOf(schema, defs, "") {
		switch {
		case f.Name == "command" || f.Name == "command_id" || f.Name == "expect":
		case f.Required || slices.Contains(common, f.Name) || slices.Contains(first[:8], f.Name):
			now = append(now, f)
		default:
			more = append(more, f)
		}
	}
	return now, more
}

func fieldsOf(schema, defs map[string]any, prefix string) (all []Field) {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]string)
	for name, p := range properties {
		property, _ := p.(map[string]any)
		f := fieldOf(property, defs, prefix+name, name)
		f.Required = slices.Contains(required, name)
		all = append(all, f)
	}
	slices.SortFunc(all, func(x, y Field) int {
		return cmp.Or(cmp.Compare(place(x), place(y)), strings.Compare(x.Name, y.Name))
	})
	return all
}

// place is where a field stands: the order of first, then the rest.
func place(f Field) int {
	if i := slices.Index(first, f.Label); i >= 0 {
		return i
	}
	return len(first)
}

// fieldOf reads one field. What no kind fits is written as JSON: nothing that a command can say is beyond the form.
func fieldOf(p, defs map[string]any, path, name string) Field {
	doc, _ := p["description"].(string)
	f := Field{Name: path, Label: name, Doc: doc, Kind: "json"}
	if ref, ok := p["$ref"].(string); ok {
		shared, _ := defs[ref[strings.LastIndex(ref, "/")+1:]].(map[string]any)
		if shared["title"] == "when" {
			f.Kind = "when"
			return f
		}
		p = shared
	}
	f.Ref, _ = p["x-ref"].(string)
	if options, ok := p["enum"].([]string); ok {
		f.Kind, f.Options = "select", options
		return f
	}
	if _, either := p["oneOf"]; either && name == "area" {
		f.Kind, f.Ref = "refs", "place"
		return f
	}
	return f.typed(p, defs)
}

func (f Field) typed(p, defs map[string]any) Field {
	switch p["type"] {
	case "string":
		f.Kind = "text"
		if slices.Contains(long, f.Label) {
			f.Kind = "area"
		}
		if f.Ref != "" {
			f.Kind = "ref"
		}
	case "boolean":
		f.Kind = "bool"
	case "integer", "number":
		f.Kind = "number"
	case "array":
		return f.array(p, defs)
	case "object":
		_, named := p["additionalProperties"].(map[string]any)
		_, fields := p["properties"]
		switch {
		case named && f.Label == "names":
			f.Kind = "names"
		case fields && f.Label != "replacement" && f.Label != "geometry":
			f.Kind, f.Fields = "group", fieldsOf(p, defs, f.Name+".")
		}
	}
	return f
}

func (f Field) array(p, defs map[string]any) Field {
	items, _ := p["items"].(map[string]any)
	inner := fieldOf(items, defs, f.Name, f.Label)
	switch {
	case items["properties"] != nil || inner.Kind == "group":
		shape := items
		if ref, ok := items["$ref"].(string); ok {
			shape, _ = defs[ref[strings.LastIndex(ref, "/")+1:]].(map[string]any)
		}
		f.Kind, f.Fields = "rows", fieldsOf(shape, defs, "")
	case inner.Kind == "ref":
		f.Kind, f.Ref = "refs", inner.Ref
	case inner.Kind == "text" || inner.Kind == "area" || inner.Kind == "select":
		f.Kind = "list"
	}
	return f
}

// Choices are what a field that names a record of this kind offers.
func (f Form) Choices(kind string) []Choice { return f.Lists[kind] }
