package domain

import (
	"reflect"
	"strings"
	"sync"
)

// A field is what one field of a command says of itself by its type and its tags. It is read once for each type: looking
// the tags up takes longer than all that is checked by them.
type field struct {
	name       string // on the wire
	anonymous  bool   // its fields belong to the struct that embeds it
	byRequired bool   // an embedded Header without which actor the command cannot be
	required   bool
	doc        string
	format     string
	ref        string // the kinds that it names, joined by "|", or "record"
	kinds      []Kind // of ref
	vocabulary []string
	when       bool // it is a stated time, or holds some
}

var shapes sync.Map // of []field, by reflect.Type

// shapeOf returns the fields of a struct type, by their index.
func shapeOf(t reflect.Type) []field {
	if s, ok := shapes.Load(t); ok {
		return s.([]field)
	}
	shape := make([]field, t.NumField())
	for i := range shape {
		shape[i] = newField(t.Field(i))
	}
	shapes.Store(t, shape)
	return shape
}

func newField(f reflect.StructField) field {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	shape := field{
		name: name, anonymous: f.Anonymous, byRequired: f.Type == headerType && f.Tag.Get("by") == "required",
		required: f.Tag.Get("required") == "true" && f.Type.Kind() != reflect.Int, // a count may be zero
		doc:      f.Tag.Get("doc"), format: f.Tag.Get("format"), ref: f.Tag.Get("ref"),
	}
	if shape.ref != "" && shape.ref != refToRecord {
		for kind := range strings.SplitSeq(shape.ref, "|") {
			shape.kinds = append(shape.kinds, Kind(kind))
		}
	}
	shape.when = statesTime(f.Type)
	text := f.Type
	if text.Kind() == reflect.Slice {
		text = text.Elem()
	}
	if w, ok := reflect.Zero(text).Interface().(interface{ Values() []string }); ok && text.Kind() == reflect.String {
		shape.vocabulary = w.Values()
	}
	return shape
}

// statesTime reports whether values of a type may hold a stated time.
func statesTime(t reflect.Type) bool {
	switch {
	case t == whenType || t == commandType:
		return true
	case t.Kind() == reflect.Slice:
		return statesTime(t.Elem())
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if statesTime(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// refToRecord is the ref of a field that names a record of any kind, as kind/id.
const refToRecord = "record"
