package domain

import (
	"fmt"
	"reflect"
	"strings"
)

// CheckReferences refuses a command that names a record that does not exist (R1). It looks at every field with a ref tag,
// except the record that the command addresses.
func CheckReferences(c Command, facts Facts) error {
	return references(facts, "", reflect.ValueOf(c).Elem())
}

func references(facts Facts, prefix string, v reflect.Value) error {
	for i := range v.NumField() {
		f, field := v.Type().Field(i), v.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		var err error
		switch ref := f.Tag.Get("ref"); {
		case f.Type == reflect.TypeFor[CorrectionTarget](), f.Type == reflect.TypeFor[RecordTarget]():
			// Addressed, and found: one whose beginning is retracted can still be mended, though others may not name it.
		case f.Anonymous:
			err = references(facts, prefix, field)
		case ref != "" && field.Kind() == reflect.String:
			err = reference(facts, prefix+name, ref, field.String())
		case ref != "" && field.Kind() == reflect.Slice:
			err = referenceList(facts, prefix+name, ref, field)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			for j := 0; j < field.Len() && err == nil; j++ {
				err = references(facts, fmt.Sprintf("%s%s[%d].", prefix, name, j), field.Index(j))
			}
		case field.Type() == commandType && !field.IsNil():
			err = references(facts, prefix+name+".", field.Elem().Elem())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func referenceList(facts Facts, path, ref string, list reflect.Value) error {
	for i := range list.Len() {
		if err := reference(facts, fmt.Sprintf("%s[%d]", path, i), ref, list.Index(i).String()); err != nil {
			return err
		}
	}
	return nil
}

// reference checks one id; ref is a kind, several kinds joined by "|", or "record" for a whole reference.
func reference(facts Facts, path, ref, id string) error {
	if id == "" {
		return nil
	}
	for kind := range strings.SplitSeq(ref, "|") {
		target := Ref{Kind: Kind(kind), ID: id}
		if ref == "record" {
			target, _ = ParseRef(id)
		}
		exists, err := facts.Exists(target)
		if err != nil || exists {
			return err
		}
	}
	return Refuse(ErrUnknownID, "%s: no %s has the id %q", path, strings.ReplaceAll(ref, "|", " or "), clip(id))
}
