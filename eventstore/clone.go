package eventstore

import (
	"reflect"
	"sync"

	"truceledger/domain"
)

// copyOf returns a copy of c that shares nothing with it that could be changed: deciding fills in fields, and what it is
// decided from belongs to a record that others read.
func copyOf(c domain.Command) domain.Command {
	return clone(reflect.ValueOf(c)).Interface().(domain.Command)
}

// clone copies a value. What points to nothing is copied by its assignment.
func clone(v reflect.Value) reflect.Value { return copier{}.clone(v) }

// A copier copies values.
type copier struct {
	// shares leaves lists of texts and single figures in common: nobody writes into them.
	shares bool
}

func (c copier) clone(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	c.separate(out)
	return out
}

// separate gives a value that was assigned from another its own copies of what both point to.
func (c copier) separate(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !(c.shares && !points(v.Type().Elem()) && v.Type().Elem().Kind() != reflect.Struct) {
			inner := reflect.New(v.Type().Elem())
			inner.Elem().Set(v.Elem())
			c.separate(inner.Elem())
			v.Set(inner)
		}
	case reflect.Interface:
		if !v.IsNil() {
			v.Set(c.clone(v.Elem()))
		}
	case reflect.Slice:
		if !c.shares || v.Type().Elem().Kind() != reflect.String {
			c.separateItems(v)
		}
	case reflect.Map:
		c.separateValues(v)
	case reflect.Struct:
		for _, i := range shared(v.Type()) {
			c.separate(v.Field(i))
		}
	}
}

func (c copier) separateItems(v reflect.Value) {
	if v.IsNil() {
		return
	}
	items := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(items, v)
	if points(v.Type().Elem()) {
		for i := range items.Len() {
			c.separate(items.Index(i))
		}
	}
	v.Set(items)
}

func (c copier) separateValues(v reflect.Value) {
	if v.IsNil() {
		return
	}
	values := reflect.MakeMapWithSize(v.Type(), v.Len())
	for k, item := range v.Seq2() {
		values.SetMapIndex(k, c.clone(item))
	}
	v.Set(values)
}

var sharedFields sync.Map // of []int, by reflect.Type

// shared lists the fields of a struct type that point to something. It is looked up once for each type.
func shared(t reflect.Type) []int {
	if known, ok := sharedFields.Load(t); ok {
		return known.([]int)
	}
	var fields []int
	for i := range t.NumField() {
		if f := t.Field(i); (f.IsExported() || f.Anonymous) && points(f.Type) {
			fields = append(fields, i)
		}
	}
	sharedFields.Store(t, fields)
	return fields
}

// points reports whether values of a type point to something that can be changed. A time points to its zone, which cannot.
func points(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return true
	case reflect.Struct:
		return len(shared(t)) > 0
	}
	return false
}
