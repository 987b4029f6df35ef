package domain

import (
	"reflect"
	"strings"
	"sync"
)

// A field is what one field of a command says of itself by its type and its tags. It is read once for each type: looking
// the tags up takes longer than all that is checked by them.
type field struct {
	index      int
	name       string // on the wire
	anonymous  bool   // its fields belong to the struct that embeds it
	byRequired bool   // an embedded Header without which actor the command cannot be
	required   bool
	doc        string
	format     string
	ref        string // the kinds that it names, joined by "|", or "record"
	kinds      []Kind // of ref
	vocabulary []string
}

// A shape lists the fields of a struct type in their order, those only in which a walk over it can find something.
type shape struct {
	checked   []field // Prepare
	times     []field // completeZones
	referring []field // CheckReferences
}

var shapes sync.Map // of *shape, by reflect.Type

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := &shape{}
	for i := range t.NumField() {
		f, of := newField(t.Field(i)), t.Field(i).Type
		f.index = i
		if f.required || f.byRequired || f.isChecked(of) {
			s.checked = append(s.checked, f)
		}
		if statesTime(of) {
			s.times = append(s.times, f)
		}
		if f.refers(of) {
			s.referring = append(s.referring, f)
		}
	}
	shapes.Store(t, s)
	return s
}

// isChecked reports whether a value of the field can be wrong by itself.
func (f *field) isChecked(t reflect.Type) bool {
	switch {
	case t == whenType || t == commandType:
		return true
	case t.Kind() == reflect.String:
		return f.vocabulary != nil || f.ref != "" || f.format != ""
	case t.Kind() == reflect.Slice:
		return t.Elem().Kind() == reflect.String || t.Elem().Kind() == reflect.Struct && len(shapeOf(t.Elem()).checked) > 0
	}
	return t.Kind() == reflect.Struct && len(shapeOf(t).checked) > 0
}

// refers reports whether a value of the field can name other records.
func (f *field) refers(t reflect.Type) bool {
	switch {
	case t == correctionTargetType || t == recordTargetType:
		return false // addressed, and found: one whose beginning is retracted can still be mended, though others may not name it
	case f.anonymous:
		return len(shapeOf(t).referring) > 0
	case t == commandType:
		return true
	case t.Kind() == reflect.Slice:
		return f.ref != "" || t.Elem().Kind() == reflect.Struct && len(shapeOf(t.Elem()).referring) > 0
	}
	return f.ref != "" && t.Kind() == reflect.String
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
