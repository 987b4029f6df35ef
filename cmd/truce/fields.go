package main

import (
	"reflect"
	"strings"

	"truceledger/domain"
	"truceledger/domain/when"
	"truceledger/eventstore"
)

// A field is one field of a command, as its struct declares it.
type field struct {
	path     []string // its names in the command's JSON, from the outside in
	typ      reflect.Type
	doc      string
	format   string
	ref      string
	usual    []string // the words that are usual where any may stand
	required bool
	within   string // the optional field that it is a part of: it is required only with that
	header   bool   // one that every command has
}

var (
	whenType      = reflect.TypeFor[when.When]()
	headerType    = reflect.TypeFor[domain.Header]()
	sourceRefType = reflect.TypeFor[domain.SourceRef]()
	commandType   = reflect.TypeFor[domain.Command]()
)

// commandFields lists the fields of a verb's command: its own in the order of their declaration, then those that every
// command has.
func commandFields(verb string) []field {
	c, _ := eventstore.NewCommand(verb)
	var own, header []field
	for _, f := range structFields(reflect.TypeOf(c).Elem()) {
		if f.header {
			header = append(header, f)
		} else {
			own = append(own, f)
		}
	}
	return append(own, header...)
}

// structFields lists the fields of a struct; those of the structs that it embeds count as its own.
func structFields(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name := jsonName(f)
		switch {
		case f.Anonymous && name == "":
			fields = append(fields, embedded(f)...)
		case name == "" || name == "-" || !f.IsExported():
		case f.Type.Kind() == reflect.Struct && f.Type != whenType:
			for _, inner := range structFields(f.Type) {
				inner.path = append([]string{name}, inner.path...)
				if f.Tag.Get("required") != "true" {
					inner.within = name
				}
				fields = append(fields, inner)
			}
		default:
			fields = append(fields, field{
				path: []string{name}, typ: f.Type, doc: f.Tag.Get("doc"), format: f.Tag.Get("format"), ref: f.Tag.Get("ref"),
				required: f.Tag.Get("required") == "true", usual: strings.Fields(f.Tag.Get("usual")),
			})
		}
	}
	return fields
}

// embedded lists the fields of an embedded struct. A Header with the tag by:"required" needs its actor.
func embedded(f reflect.StructField) []field {
	fields := structFields(f.Type)
	if f.Type == headerType {
		for i := range fields {
			fields[i].header = true
			fields[i].required = fields[i].required || fields[i].path[0] == "by" && f.Tag.Get("by") == "required"
		}
	}
	return fields
}

// name is the field's path as errors show it.
func (f field) name() string { return strings.Join(f.path, ".") }

// flag is the name of the field's flag: its own name in kebab-case.
func (f field) flag() string { return strings.ReplaceAll(strings.Join(f.path, "-"), "_", "-") }

// values lists what the field may hold, nil where it is free.
func values(t reflect.Type) []string {
	if w, ok := reflect.Zero(t).Interface().(interface{ Values() []string }); ok {
		return w.Values()
	}
	return nil
}

// idField is the name of the field that holds the id of the record that a command addresses.
func idField(verb string) string {
	c, _ := eventstore.NewCommand(verb)
	if kind := c.Target().Kind; kind != "" {
		return string(kind)
	}
	return "record" // of any kind
}

// jsonName is the name of a struct's field in JSON, "" where it has none of its own.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
