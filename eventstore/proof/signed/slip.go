package signed

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// slip says in words what is wrong with the JSON of an envelope or a statement, and in which field.
func slip(err error) error {
	var wrong *json.SemanticError
	var broken *jsontext.SyntacticError
	switch {
	case errors.As(err, &wrong) && errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("%s: there is no such field", clip(wrong.JSONPointer.LastToken()))
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: allowed is %s", field(wrong.JSONPointer), allowedIn(wrong.GoType))
	case errors.As(err, &broken) && errors.Is(err, jsontext.ErrDuplicateName):
		return fmt.Errorf("%s: it stands twice", clip(broken.JSONPointer.LastToken()))
	}
	return errors.New("it is not JSON in UTF-8, or ends in the middle")
}

// field names a place; the whole has no name.
func field(at jsontext.Pointer) string {
	if at == "" {
		return "the whole"
	}
	return clip(string(at[1:]))
}

func allowedIn(t reflect.Type) string {
	switch {
	case t == nil:
		return "another value"
	case t.Kind() == reflect.Uint64, t.Kind() == reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.String:
		return "a text"
	case t == reflect.TypeFor[[]byte]():
		return "base64 in quotes"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		return "a list of texts"
	}
	return "an object"
}
