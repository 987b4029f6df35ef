package eventstore

import (
	"math"
	"reflect"
	"slices"
	"sync"
	"time"
	"unsafe"

	"truceledger/domain"
)

// alike reports whether two commands with their events and defaults are certainly written alike. false says nothing: then
// both must be written.
func alike(a, b *Entry) bool {
	return slices.Equal(a.Defaults, b.Defaults) && slices.EqualFunc(a.Events, b.Events, alikeEvents) && alikeCommands(a.Command, b.Command)
}

func alikeCommands(a, b domain.Command) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	return x.Type() == y.Type() && x.Kind() == reflect.Pointer && comparison(x.Type().Elem())(x.UnsafePointer(), y.UnsafePointer())
}

func alikeEvents(a, b domain.Event) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	switch t := x.Type(); {
	case t != y.Type():
		return false
	case isPlainlyEqual(t) && a == b:
		return true
	}
	return comparison(x.Type())(copied(x), copied(y))
}

// copied returns the address of a copy of a value.
func copied(v reflect.Value) unsafe.Pointer {
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.UnsafePointer()
}

var plainlyEqual sync.Map // of bool, by reflect.Type

// isPlainlyEqual reports whether two values of a type that are equal to Go are written alike. Equal figures with a point may
// not be: 0 and -0.
func isPlainlyEqual(t reflect.Type) bool {
	if plain, known := plainlyEqual.Load(t); known {
		return plain.(bool)
	}
	plain := holdsOnly(t, reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64)
	plainlyEqual.Store(t, plain)
	return plain
}

// holdsOnly reports whether a type is one of the kinds or a struct of such; a time counts as one.
func holdsOnly(t reflect.Type, kinds ...reflect.Kind) bool {
	if t.Kind() != reflect.Struct || t == timeType {
		return t == timeType || slices.Contains(kinds, t.Kind())
	}
	for i := range t.NumField() {
		if !holdsOnly(t.Field(i).Type, kinds...) {
			return false
		}
	}
	return true
}

var timeType = reflect.TypeFor[time.Time]()

// A same compares the values of one type that stand at two addresses. What has no plan, such as a filled map, is never the
// same. Like a plan it goes by addresses.
type same func(a, b unsafe.Pointer) bool

var comparisons sync.Map // of same, by reflect.Type

func comparison(t reflect.Type) same {
	if s, ok := comparisons.Load(t); ok {
		return s.(same)
	}
	s := newComparison(t)
	comparisons.Store(t, s)
	return s
}

func newComparison(t reflect.Type) same {
	switch t.Kind() {
	case reflect.String:
		return func(a, b unsafe.Pointer) bool { return *(*string)(a) == *(*string)(b) }
	case reflect.Bool:
		return func(a, b unsafe.Pointer) bool { return *(*bool)(a) == *(*bool)(b) }
	case reflect.Int:
		return func(a, b unsafe.Pointer) bool { return *(*int)(a) == *(*int)(b) }
	case reflect.Int64, reflect.Uint64:
		return func(a, b unsafe.Pointer) bool { return *(*uint64)(a) == *(*uint64)(b) }
	case reflect.Float64:
		return func(a, b unsafe.Pointer) bool {
			return math.Float64bits(*(*float64)(a)) == math.Float64bits(*(*float64)(b))
		}
	case reflect.Map:
		return func(a, b unsafe.Pointer) bool { return *(*unsafe.Pointer)(a) == nil && *(*unsafe.Pointer)(b) == nil }
	case reflect.Pointer:
		return samePointers(comparison(t.Elem()))
	case reflect.Interface:
		return sameInterfaces(t)
	case reflect.Slice:
		return sameItems(t.Elem().Size(), comparison(t.Elem()))
	case reflect.Struct:
		return sameFields(t)
	}
	return func(_, _ unsafe.Pointer) bool { return false }
}

func samePointers(elem same) same {
	return func(a, b unsafe.Pointer) bool {
		x, y := *(*unsafe.Pointer)(a), *(*unsafe.Pointer)(b)
		return x == y || x != nil && y != nil && elem(x, y)
	}
}

// sameInterfaces compares what stands in interfaces: commands, events, and the numbers of an outline.
func sameInterfaces(t reflect.Type) same {
	return func(a, b unsafe.Pointer) bool {
		x, y := reflect.NewAt(t, a).Elem(), reflect.NewAt(t, b).Elem()
		if x.IsNil() || y.IsNil() {
			return x.IsNil() && y.IsNil()
		}
		x, y = x.Elem(), y.Elem()
		return x.Type() == y.Type() && comparison(x.Type())(copied(x), copied(y))
	}
}

func sameItems(size uintptr, elem same) same {
	return func(a, b unsafe.Pointer) bool {
		x, y := (*sliceHeader)(a), (*sliceHeader)(b)
		if x.len != y.len || (x.data == nil) != (y.data == nil) {
			return false
		}
		for i := range uintptr(x.len) {
			if !elem(unsafe.Add(x.data, i*size), unsafe.Add(y.data, i*size)) {
				return false
			}
		}
		return true
	}
}

func sameFields(t reflect.Type) same {
	if t == timeType {
		return func(a, b unsafe.Pointer) bool {
			x, y := (*time.Time)(a), (*time.Time)(b)
			return x.Equal(*y) && x.Location() == y.Location()
		}
	}
	type compared struct {
		offset uintptr
		same   same
	}
	fields := make([]compared, t.NumField())
	for i := range fields {
		fields[i] = compared{t.Field(i).Offset, comparison(t.Field(i).Type)}
	}
	return func(a, b unsafe.Pointer) bool {
		for i := range fields {
			if f := &fields[i]; !f.same(unsafe.Add(a, f.offset), unsafe.Add(b, f.offset)) {
				return false
			}
		}
		return true
	}
}
