package eventstore

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A SyntaxError says that what was sent cannot be read as a command at all: not JSON, not an object, a name that stands
// twice, data after the end, invalid UTF-8.
type SyntaxError struct{ Problem string }

func (e *SyntaxError) Error() string { return e.Problem }

// syntaxProblem turns the tokenizer's error into a sentence.
func syntaxProblem(err error) error {
	var at *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return &SyntaxError{Problem: "nothing was sent: send one JSON object"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &SyntaxError{Problem: "not JSON: it ends in the middle of a value"}
	case !errors.As(err, &at):
		return &SyntaxError{Problem: "not JSON: " + err.Error()}
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &SyntaxError{Problem: fmt.Sprintf("the name %q stands twice: give each field once", fieldPath(at.JSONPointer))}
	}
	where := ""
	if at.JSONPointer != "" {
		where = " in " + clip(fieldPath(at.JSONPointer))
	}
	return &SyntaxError{Problem: fmt.Sprintf("not JSON: %s%s, at byte %d", at.Err, where, at.ByteOffset)}
}

// problem turns an error of decodeCommand into a *domain.FieldError that names the field by its path.
func problem(err error) error {
	var field *domain.FieldError
	var wrong *json.SemanticError
	var broken *jsontext.SyntacticError
	switch {
	case errors.As(err, &wrong):
		return semanticProblem(wrong)
	case errors.As(err, &field):
		return field
	case errors.As(err, &broken):
		return syntaxProblem(err)
	}
	return fmt.Errorf("decode command: %w", err)
}

func semanticProblem(e *json.SemanticError) error {
	path := fieldPath(e.JSONPointer)
	var inner *domain.FieldError
	switch {
	case errors.As(e.Err, &inner):
		return &domain.FieldError{Field: joinPath(path, inner.Field), Problem: inner.Problem}
	case errors.Is(e.Err, json.ErrUnknownName):
		return &domain.FieldError{Field: path, Problem: unknownName(e.JSONPointer.LastToken(), e.GoType)}
	case errors.Is(e.Err, strconv.ErrRange):
		return &domain.FieldError{Field: path, Problem: "is too large a number; allowed is " + allowed(e.GoType)}
	}
	if e.GoType == sealedType {
		return &domain.FieldError{Field: path, Problem: "is " + kindInWords(e.JSONKind) + "; allowed is a commitment in quotes: " + domain.ClearText}
	}
	return &domain.FieldError{Field: path, Problem: "is " + valueInWords(e) + "; allowed is " + allowed(e.GoType)}
}

// fieldPath turns a JSON pointer into the path that errors show: casualties[0].best.
func fieldPath(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if _, err := strconv.ParseUint(token, 10, 32); err == nil && b.Len() > 0 {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(clip(token))
		if sealedNames[token] {
			break // what stands below may be the value itself, in the place of a name
		}
	}
	return b.String()
}

var sealedType = reflect.TypeFor[domain.Sealed]()

// sealedNames are the names of the fields whose values must never be repeated.
var sealedNames = map[string]bool{}

func init() {
	for _, v := range verbs {
		learnSealed(v.typ)
	}
}

// IsSealedField reports whether a path is that of a field whose value must never be repeated.
func IsSealedField(path string) bool { return sealedNames[path[strings.LastIndex(path, ".")+1:]] }

func learnSealed(t reflect.Type) {
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			learnSealed(f.Type)
		case f.Type == sealedType:
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			sealedNames[name] = true
		}
	}
}

func joinPath(path, inner string) string {
	if path == "" || inner == "" || strings.HasPrefix(inner, "[") {
		return path + inner
	}
	return path + "." + inner
}

// unknownVerb says which command was meant, as far as one can guess.
func unknownVerb(name string) error {
	if near := Nearest(name, Verbs()); near != "" {
		return domain.Field("command", "%q is no command: did you mean %q?", clip(name), near)
	}
	return domain.Field("command", "%q is no command: one of %s", clip(name), strings.Join(Verbs(), ", "))
}

// unknownName says which name was meant, as far as one can guess, else which names there are.
func unknownName(name string, t reflect.Type) string {
	names := fieldNames(t)
	for _, n := range names {
		if plain(n) == plain(name) {
			return fmt.Sprintf("is not a field: write it %q", n)
		}
	}
	if near := Nearest(name, names); near != "" {
		return fmt.Sprintf("is not a field: did you mean %q?", near)
	}
	return "is not a field: allowed are " + strings.Join(names, ", ")
}

// plain makes names equal that differ only in case, hyphens and underscores.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}

// fieldNames lists the names that an object of type t may have, in the order of their declaration.
func fieldNames(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var names []string
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "" && (f.Anonymous || options == "embed"):
			names = append(names, fieldNames(f.Type)...)
		case name != "" && name != "-" && f.IsExported():
			names = append(names, name)
		}
	}
	return names
}

// Nearest returns the one of names that is a slip away from name, "" where none is near.
func Nearest(name string, names []string) string {
	best, least := "", min(3, 2+len(name)/5)
	if len(name) > 64 {
		return ""
	}
	for _, n := range names {
		if d := distance(plain(name), plain(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is how many letters are to be put in, taken out, changed or swapped with their neighbour to make b of a.
func distance(a, b string) int {
	var older, old []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		older, old, row = old, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			row[j+1] = old[j]
			if a[i] != b[j] {
				row[j+1] = 1 + min(old[j], old[j+1], row[j])
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], 1+older[j-1])
			}
		}
	}
	return row[len(b)]
}

var kindWords = map[jsontext.Kind]string{
	'n': "null", 't': "true", 'f': "false", '"': "a text", '0': "a number", '{': "an object", '[': "a list",
}

func kindInWords(k jsontext.Kind) string {
	if words, ok := kindWords[k]; ok {
		return words
	}
	return "not a JSON value"
}

// valueInWords never repeats a text: it may be one that must not stand in a log.
func valueInWords(e *json.SemanticError) string {
	if e.JSONKind == '0' && len(e.JSONValue) > 0 {
		return clip(string(e.JSONValue))
	}
	return kindInWords(e.JSONKind)
}

// allowed says in words what a field of type t may hold.
func allowed(t reflect.Type) string {
	switch t {
	case nil:
		return "another value"
	case reflect.TypeFor[when.When](), reflect.TypeFor[whenObject]():
		return `a time in quotes such as "2016-05-05T00:01+03:00" or "2016-05-02", or an object of at, zone and phrase`
	case reflect.TypeFor[domain.Places]():
		return "a place's id in quotes, or a list of them"
	case reflect.TypeFor[domain.Command]():
		return `a whole command: an object with "command" and its fields`
	}
	if w, ok := reflect.Zero(t).Interface().(interface{ Values() []string }); ok {
		return "one of " + strings.Join(w.Values(), ", ")
	}
	return allowedKind(t)
}

func allowedKind(t reflect.Type) string {
	integers := []reflect.Kind{reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64}
	switch k := t.Kind(); {
	case k == reflect.Pointer:
		return allowed(t.Elem())
	case k == reflect.String:
		return "a text in quotes"
	case k == reflect.Bool:
		return "true or false"
	case k == reflect.Uint64:
		return "a whole number, zero or more"
	case slices.Contains(integers, k):
		return "a whole number"
	case k == reflect.Float64:
		return "a number"
	case k == reflect.Slice:
		return "a list, each item " + allowed(t.Elem())
	case k == reflect.Struct:
		return "an object of " + strings.Join(fieldNames(t), ", ")
	case k == reflect.Map:
		return "an object of texts"
	}
	return "another value"
}

// clip shortens what a caller sent before it is repeated.
func clip(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
