package domain

import (
	"reflect"
	"strings"
)

// CheckReferences refuses a command that names a record that does not exist (R1). It looks at every field with a ref tag,
// except the record that the command addresses.
func CheckReferences(c Command, facts Facts) error {
	return references(facts, "", reflect.ValueOf(c).Elem())
}

func references(facts Facts, prefix string, v reflect.Value) (err error) {
	walked := shapeOf(v.Type()).referring
	for i := range walked {
		f := &walked[i]
		field := v.Field(f.index)
		switch {
		case f.anonymous:
			err = references(facts, prefix, field)
		case f.ref != "" && field.Kind() == reflect.String:
			err = reference(facts, prefix+f.name, f, field.String())
		case field.Kind() == reflect.Slice:
			err = referenceList(facts, prefix+f.name, f, field)
		case field.Type() == commandType && !field.IsNil():
			err = references(facts, prefix+f.name+".", field.Elem().Elem())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var correctionTargetType = reflect.TypeFor[CorrectionTarget]()

var recordTargetType = reflect.TypeFor[RecordTarget]()

// referenceList looks at a list of ids, or at the fields of a list of structs.
func referenceList(facts Facts, path string, f *field, list reflect.Value) (err error) {
	for i := 0; i < list.Len() && err == nil; i++ {
		switch item := list.Index(i); {
		case f.ref != "":
			if reference(facts, path, f, item.String()) != nil {
				err = reference(facts, itemPath(path, i), f, item.String()) // its path is made only where it is needed
			}
		case item.Kind() == reflect.Struct:
			if references(facts, "", item) != nil {
				err = references(facts, itemPath(path, i)+".", item)
			}
		}
	}
	return err
}

// reference checks one id.
func reference(facts Facts, path string, f *field, id string) error {
	if id == "" {
		return nil
	}
	if f.ref == refToRecord {
		if target, err := ParseRef(id); err == nil {
			if exists, err := facts.Exists(target); err != nil || exists {
				return err
			}
		}
	}
	for _, kind := range f.kinds {
		if exists, err := facts.Exists(Ref{Kind: kind, ID: id}); err != nil || exists {
			return err
		}
	}
	return Refuse(ErrUnknownID, "%s: no %s has the id %q", path, strings.ReplaceAll(f.ref, "|", " or "), clip(id))
}
