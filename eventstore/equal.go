package eventstore

import (
	"math"
	"reflect"
	"slices"
	"time"

	"truceledger/domain"
)

// alike reports whether two commands with their events and defaults are certainly written alike. false says nothing: then
// both must be written.
func alike(a, b *Entry) bool {
	if !slices.Equal(a.Defaults, b.Defaults) || len(a.Events) != len(b.Events) || a.Command.Verb() != b.Command.Verb() {
		return false
	}
	for i := range a.Events {
		if !alikeEvents(a.Events[i], b.Events[i]) {
			return false
		}
	}
	return same(reflect.ValueOf(a.Command), reflect.ValueOf(b.Command))
}

func alikeEvents(a, b domain.Event) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	return x.Type() == y.Type() && same(x, y)
}

var timeType = reflect.TypeFor[time.Time]()

// same compares two values of one type. What has no plan, such as a filled map, is never the same.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.String:
		return a.String() == b.String()
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.Int, reflect.Int64:
		return a.Int() == b.Int()
	case reflect.Uint64:
		return a.Uint() == b.Uint()
	case reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && same(a.Elem(), b.Elem())
	case reflect.Map:
		return a.IsNil() && b.IsNil()
	case reflect.Slice:
		return sameItems(a, b)
	case reflect.Struct:
		return sameFields(a, b)
	}
	return false
}

func sameItems(a, b reflect.Value) bool {
	if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
		return false
	}
	for i := range a.Len() {
		if !same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

func sameFields(a, b reflect.Value) bool {
	if a.Type() == timeType {
		x, okX := a.Interface().(time.Time)
		y, okY := b.Interface().(time.Time)
		return okX && okY && x.Equal(y) && x.Location() == y.Location()
	}
	for i := range a.NumField() {
		if !same(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}
