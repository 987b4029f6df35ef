package api

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"truceledger/api/web"
	"truceledger/eventstore"
)

// statementName is what a file of bytes to sign may be called.
var statementName = regexp.MustCompile(`^[a-z0-9-]{1,80}\.json$`)

// readBack tells a command field by field, as it would be stored, with the names of what it names. What the ledger has
// filled in says so.
func readBack(form *web.Form, e eventstore.Entry) ([]web.Sentence, error) {
	raw, err := eventstore.EncodeCommand(e.Command)
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	var all []web.Sentence
	for _, f := range slices.Concat(form.Fields, form.More) {
		if v, ok := body[f.Name]; ok {
			all = append(all, web.Sentence{Label: "field." + f.Label, Text: inWords(f, v), Filled: slices.Contains(e.Defaults, f.Name)})
		}
	}
	return all, nil
}

// inWords tells the value of a field.
func inWords(f web.Field, v any) (parts []web.Part) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			parts = append(parts, inWords(f, item)...)
		}
	case map[string]any:
		return row(f, v)
	case string:
		kind := f.Ref
		if f.Kind == "select" {
			kind = "word"
		}
		parts = append(parts, web.Part{Kind: kind, ID: v, Text: v})
	case bool:
		parts = append(parts, web.Part{Kind: "say", ID: map[bool]string{true: "yes", false: "no"}[v]})
	default:
		raw, _ := json.Marshal(v)
		parts = append(parts, web.Part{Text: string(raw)})
	}
	return parts
}

// row tells a value that has fields of its own: a time as it was written, anything else field by field.
func row(f web.Field, v map[string]any) (parts []web.Part) {
	if f.Kind == "when" {
		return []web.Part{{Text: whenInWords(v)}}
	}
	for _, inner := range f.Fields {
		name := inner.Name[strings.LastIndex(inner.Name, ".")+1:]
		if x, ok := v[name]; ok {
			told := inWords(inner, x)
			if len(told) > 0 {
				told[0].Label = "field." + inner.Label
			}
			parts = append(parts, told...)
		}
	}
	if len(parts) == 0 { // a replacement, an outline: as it will be stored
		raw, _ := json.Marshal(v)
		parts = []web.Part{{Text: string(raw)}}
	}
	parts[len(parts)-1].Ends = true
	return parts
}

func whenInWords(v map[string]any) string {
	var words []string
	for _, name := range []string{"at", "zone", "phrase"} {
		text, _ := v[name].(string)
		switch {
		case text == "":
		case name == "phrase":
			words = append(words, "“"+text+"”")
		default:
			words = append(words, text)
		}
	}
	return strings.Join(words, " ")
}
