package web

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// emptyRows is how many rows of a list stand ready to be filled in.
const emptyRows = 1

// Fill puts what was typed into the fields.
func Fill(fields []Field, values url.Values) []Field {
	filled := slices.Clone(fields)
	for i := range filled {
		filled[i] = filled[i].fill(values)
	}
	return filled
}

func (f Field) fill(values url.Values) Field {
	f.Value = values.Get(f.Name)
	switch f.Kind {
	case "when":
		f.Parts = map[string]string{"at": values.Get(f.Name + ".at"), "zone": values.Get(f.Name + ".zone"), "phrase": values.Get(f.Name + ".phrase")}
		if f.Value != "" && f.Parts["at"] == "" {
			f.Parts["at"] = f.Value
		}
	case "names":
		f.Parts = map[string]string{}
		for _, lang := range Languages {
			f.Parts[lang] = values.Get(f.Name + "." + lang)
		}
	case "refs", "list":
		f.Values = listed(values[f.Name])
	case "group":
		f.Fields = Fill(f.Fields, values)
	case "rows":
		f.fillRows(values)
	}
	return f
}

// fillRows makes a row of fields for each that was typed, and an empty one.
func (f *Field) fillRows(values url.Values) {
	f.Rows = nil
	count := 0
	for name := range values {
		rest, ok := strings.CutPrefix(name, f.Name+".")
		index, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(index); ok && err == nil && n < 50 && values.Get(name) != "" {
			count = max(count, n+1)
		}
	}
	for i := range count + emptyRows {
		var row []Field
		for _, inner := range f.Fields {
			inner.Name = f.Name + "." + strconv.Itoa(i) + "." + inner.Name
			row = append(row, inner.fill(values))
		}
		f.Rows = append(f.Rows, row)
	}
}

// Forget takes out what was typed into the field that a path begins with: a page may be kept where it must not stand.
func Forget(fields []Field, path string) {
	name, _, _ := strings.Cut(path, ".")
	for i := range fields {
		if fields[i].Name == name {
			fields[i].Value, fields[i].Values, fields[i].Parts, fields[i].Rows = "", nil, nil, nil
		}
	}
}

// listed reads a list, whether each value was chosen or all were typed with commas between them.
func listed(values []string) (all []string) {
	for _, v := range values {
		for _, item := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == '\n' || r == '،' || r == ';' }) {
			if item = strings.TrimSpace(item); item != "" && !slices.Contains(all, item) {
				all = append(all, item)
			}
		}
	}
	return all
}

// Body is the command that filled fields amount to. What was left empty is not in it; what cannot be read stays as it was
// typed, so that the ledger's own error names the field.
func Body(fields []Field) map[string]any {
	body := map[string]any{}
	for _, f := range fields {
		name := f.Name[strings.LastIndex(f.Name, ".")+1:]
		if v := f.value(); v != nil {
			body[name] = v
		}
	}
	return body
}

func (f Field) value() any {
	switch f.Kind {
	case "when", "names":
		return parts(f.Parts)
	case "refs", "list":
		if len(f.Values) > 0 {
			return f.Values
		}
		return nil
	case "group":
		return some(Body(f.Fields))
	case "rows":
		var rows []any
		for _, row := range f.Rows {
			if v := some(Body(row)); v != nil {
				rows = append(rows, v)
			}
		}
		if len(rows) == 0 {
			return nil
		}
		return rows
	}
	return f.scalar()
}

func (f Field) scalar() any {
	text := strings.TrimSpace(f.Value)
	if text == "" {
		return nil
	}
	switch f.Kind {
	case "bool":
		return text == "true"
	case "number":
		if json.Valid([]byte(text)) {
			return json.Number(text)
		}
	case "json":
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
		if f.Label == "point" {
			return json.RawMessage("[" + text + "]")
		}
	}
	return text
}

func parts(typed map[string]string) any {
	all := map[string]any{}
	for name, v := range typed {
		if v = strings.TrimSpace(v); v != "" {
			all[name] = v
		}
	}
	return some(all)
}

func some(m map[string]any) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

// Blame puts a refusal next to the field that it is about, and reports whether there is one.
func Blame(fields []Field, path, sentence string) bool {
	path = strings.NewReplacer("[", ".", "]", "").Replace(path)
	for i := range fields {
		f := &fields[i]
		switch {
		case f.Name != path && !strings.HasPrefix(path, f.Name+"."):
			continue
		case f.Kind == "group" && Blame(f.Fields, path, sentence):
			return true
		case f.Kind == "rows":
			for _, row := range f.Rows {
				if Blame(row, path, sentence) {
					return true
				}
			}
		}
		f.Wrong = sentence
		return true
	}
	return false
}
