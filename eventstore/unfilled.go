package eventstore

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"truceledger/domain"
)

// unfilled returns the command of an entry as it was sent: without what the ledger filled in, except the command's id.
func unfilled(e Entry) (domain.Command, error) {
	// A path into a list may lead to one of its texts; otherwise nobody writes into those, neither here nor in the rules.
	shares := !slices.ContainsFunc(e.Defaults, func(path string) bool { return strings.Contains(path, "[") })
	c := copier{shares}.clone(reflect.ValueOf(e.Command)).Interface().(domain.Command)
	for _, path := range e.Defaults {
		if path == "command_id" {
			continue
		}
		if !clearField(reflect.ValueOf(c).Elem(), path) {
			return nil, fmt.Errorf("the ledger says that it filled in %q, which the command does not have", clip(path))
		}
	}
	return c, nil
}

// clearField sets the field at a path to its zero value; false where there is none.
func clearField(v reflect.Value, path string) bool {
	for {
		for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		var name string
		if name, path = nextStep(path); name == "" {
			break
		}
		switch v.Kind() {
		case reflect.Slice:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= v.Len() {
				return false
			}
			v = v.Index(i)
		case reflect.Struct:
			index, found := fieldNamed(v.Type(), name)
			if !found {
				return false
			}
			v = v.FieldByIndex(index)
		default:
			return false
		}
	}
	if !v.CanSet() {
		return false
	}
	v.SetZero()
	return true
}

// nextStep takes the first step off a path: casualties, 0 and best of casualties[0].best. See splitPath.
func nextStep(path string) (name, rest string) {
	path = strings.TrimLeft(path, ".[]")
	if i := strings.IndexAny(path, ".[]"); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// A fieldKey is a field of a struct type by its name in JSON.
type fieldKey struct {
	typ  reflect.Type
	name string
}

var fieldIndexes sync.Map // of []int, by fieldKey: only of fields that there are

// fieldNamed finds a field by its name in JSON, also in embedded structs, and returns its index. A stated time has its fields
// from options.go.
func fieldNamed(t reflect.Type, name string) ([]int, bool) {
	if index, known := fieldIndexes.Load(fieldKey{t, name}); known {
		return index.([]int), true
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			if inner, found := fieldNamed(f.Type, name); found {
				index := append([]int{i}, inner...)
				fieldIndexes.Store(fieldKey{t, strings.Clone(name)}, index)
				return index, true
			}
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name || tag == "" && strings.EqualFold(f.Name, name) {
			fieldIndexes.Store(fieldKey{t, strings.Clone(name)}, f.Index)
			return f.Index, true
		}
	}
	return nil, false
}

// firstDifference shows where two payloads part, for a person to look at.
func firstDifference(want, got []byte) string {
	i := 0
	for i < min(len(want), len(got)) && want[i] == got[i] {
		i++
	}
	from := max(0, i-20)
	show := func(b []byte) string { return clip(string(b[min(from, len(b)):min(i+40, len(b))])) }
	return fmt.Sprintf("%q became %q", show(got), show(want))
}
