package eventstore

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"truceledger/domain"
)

// unfilled returns the command of an entry as it was sent: without what the ledger filled in, except the command's id.
func unfilled(e Entry) (domain.Command, error) {
	c := copyOf(e.Command)
	for _, path := range e.Defaults {
		if path == "command_id" {
			continue
		}
		if !clearField(reflect.ValueOf(c).Elem(), splitPath(path)) {
			return nil, fmt.Errorf("the ledger says that it filled in %q, which the command does not have", clip(path))
		}
	}
	return c, nil
}

// clearField sets the field at a path to its zero value; false where there is none.
func clearField(v reflect.Value, path []string) bool {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if len(path) == 0 {
		if !v.CanSet() {
			return false
		}
		v.SetZero()
		return true
	}
	switch v.Kind() {
	case reflect.Slice:
		i, err := strconv.Atoi(path[0])
		return err == nil && i >= 0 && i < v.Len() && clearField(v.Index(i), path[1:])
	case reflect.Struct:
		field, found := fieldNamed(v, path[0])
		return found && clearField(field, path[1:])
	}
	return false
}

// fieldNamed finds a field by its name in JSON, also in embedded structs. A stated time has its fields from options.go.
func fieldNamed(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			if inner, found := fieldNamed(v.Field(i), name); found {
				return inner, true
			}
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name || tag == "" && strings.EqualFold(f.Name, name) {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
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
