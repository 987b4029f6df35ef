package projections

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/when"
)

// A told field is one field of a command with what its struct says of it.
type toldField struct {
	name  string // in words: "period from"
	ref   string // the kind of record that it names
	value reflect.Value
}

// A difference is a field in which two commands differ; was or is holds nothing where one of them does not have it.
type difference struct {
	name    string
	was, is toldField
}

// differing lists in which fields two commands differ, in the order of their declaration.
func differing(before, after domain.Command) []difference {
	was, is := fieldsOf(before), fieldsOf(after)
	var d []difference
	for _, x := range was {
		i := slices.IndexFunc(is, func(y toldField) bool { return y.name == x.name })
		switch {
		case i < 0:
			d = append(d, difference{name: x.name, was: x})
		case !reflect.DeepEqual(x.value.Interface(), is[i].value.Interface()):
			d = append(d, difference{x.name, x, is[i]})
		}
	}
	for _, y := range is {
		if !slices.ContainsFunc(was, func(x toldField) bool { return y.name == x.name }) {
			d = append(d, difference{name: y.name, is: y})
		}
	}
	return d
}

// fieldsOf lists the fields of a command. Its id and the version that its sender had seen say nothing of the matter.
func fieldsOf(c domain.Command) []toldField {
	return slices.DeleteFunc(structFields("", reflect.ValueOf(c).Elem()), func(f toldField) bool {
		return f.name == "command id" || f.name == "expect"
	})
}

// structFields lists the fields of a struct; those of the structs in it count as its own.
func structFields(prefix string, v reflect.Value) (fields []toldField) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[when.When]()
		switch {
		case f.Anonymous && name == "" && inner:
			fields = append(fields, structFields(prefix, v.Field(i))...)
		case name == "" || name == "-" || !f.IsExported():
		case inner:
			fields = append(fields, structFields(prefix+plain(name)+" ", v.Field(i))...)
		default:
			fields = append(fields, toldField{prefix + plain(name), f.Tag.Get("ref"), v.Field(i)})
		}
	}
	return fields
}

// mostTold is how many letters of a value a sentence repeats.
const mostTold = 160

// value tells what a field holds, "" where it holds nothing.
func (t *teller) value(f toldField) string {
	if !f.value.IsValid() || f.value.IsZero() {
		return ""
	}
	text := []rune(t.saying(f))
	if len(text) > mostTold {
		return string(text[:mostTold]) + "…"
	}
	return string(text)
}

func (t *teller) saying(f toldField) string {
	switch x := f.value.Interface().(type) {
	case when.When:
		if b, err := x.Resolve("UTC"); err == nil { // a stored command names its zone
			return shown(b) + inWords(x.Phrase)
		}
		return x.At // unreachable: Prepare has resolved it
	case domain.Sealed:
		return "a sealed value"
	case domain.SourceRef:
		return strings.Trim(t.sourced([]domain.SourceRef{x}), " ()")
	case incident.Casualties:
		return figure(x.Qualifier, x.Low, x.Best, x.High, x.Unit, x.Outcome)
	case string:
		return t.named(f.ref, x)
	}
	switch v := f.value; v.Kind() {
	case reflect.Pointer:
		return t.saying(toldField{f.name, f.ref, v.Elem()})
	case reflect.Slice:
		var items []string
		for i := range v.Len() {
			items = append(items, t.saying(toldField{f.name, f.ref, v.Index(i)}))
		}
		return joined(items, asIs)
	case reflect.Struct:
		var parts []string
		for _, inner := range structFields("", v) {
			if said := t.value(inner); said != "" {
				parts = append(parts, inner.name+" "+said)
			}
		}
		return strings.Join(parts, ", ")
	case reflect.String:
		return plain(v.String()) // a word of a vocabulary
	}
	return fmt.Sprint(f.value.Interface())
}

// named tells a text: the name of what it refers to, or the words themselves.
func (t *teller) named(ref, s string) string {
	switch {
	case ref == "actor":
		return t.actorName(s)
	case ref == "place":
		return t.placeName(s)
	case ref == "source":
		return t.sourceName(s)
	case strings.ContainsAny(s, " \n"):
		return "“" + s + "”"
	}
	return s
}
