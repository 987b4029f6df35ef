package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// An input is the flag of one field: it turns the text of each use into what stands in the command's JSON. It implements
// pflag.Value.
type input struct {
	typ   reflect.Type
	word  string // the kind of value, for the help
	ids   string // the flag's name, where it is a list of ids
	texts []string
	value any // nil: not given
}

func newInput(f field) *input {
	in := &input{typ: f.typ, word: word(f)}
	if f.typ.Kind() == reflect.Slice && f.ref != "" {
		in.ids = f.flag()
	}
	return in
}

func (i *input) String() string { return strings.Join(i.texts, " ") }
func (i *input) Type() string   { return i.word }

// Set reads one use of the flag. A list grows with each; anything else may stand once.
func (i *input) Set(text string) error {
	if first, second, several := strings.Cut(text, ","); several && i.ids != "" {
		return fmt.Errorf("it takes one id at a time: repeat the flag, --%s %s --%s %s", i.ids, first, i.ids, strings.Split(second, ",")[0])
	}
	v, err := i.read(text)
	if err != nil {
		return err
	}
	i.texts = append(i.texts, text)
	switch had := i.value.(type) {
	case nil:
		i.value = v
	case []any:
		i.value = append(had, v.([]any)...)
	case map[string]any:
		if i.typ.Kind() == reflect.Map {
			return merge(had, v.(map[string]any))
		}
		return fmt.Errorf("stands twice")
	default:
		return fmt.Errorf("stands twice")
	}
	return nil
}

func merge(into, from map[string]any) error {
	for k, v := range from {
		if _, twice := into[k]; twice {
			return fmt.Errorf("%s stands twice", k)
		}
		into[k] = v
	}
	return nil
}

// read turns a text into a value for JSON.
func (i *input) read(text string) (any, error) {
	switch t := i.typ; {
	case t == sourceRefType || t.Kind() == reflect.Slice && t.Elem() == sourceRefType:
		v, err := readSource(text)
		return []any{v}, err
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Float64:
		return readNumbers(text)
	case t.Kind() == reflect.Slice:
		v, err := readItem(t.Elem(), text)
		return []any{v}, err
	case t.Kind() == reflect.Map:
		return readPairs(text)
	}
	return readItem(i.typ, text)
}

// readItem reads one value of type t.
func readItem(t reflect.Type, text string) (any, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == whenType {
		return text, nil
	}
	switch t.Kind() {
	case reflect.Int:
		n, err := strconv.Atoi(text)
		return n, plainly(err, "a whole number")
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		return n, plainly(err, "a whole number, zero or more")
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		return n, plainly(err, "a number")
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		return b, plainly(err, "true or false")
	case reflect.Struct:
		return readObject(t, text)
	case reflect.Interface:
		return readJSON(text)
	}
	if v := values(t); v != nil && !slices.Contains(v, text) {
		return nil, fmt.Errorf("one of %s", strings.Join(v, ", "))
	}
	return text, nil
}

// plainly says what would have been right instead of what a parser ran into.
func plainly(err error, allowed string) error {
	if err != nil {
		return fmt.Errorf("it must be %s", allowed)
	}
	return nil
}

// readSource reads id, id:modality, or an object of source, modality and quote.
func readSource(text string) (any, error) {
	if strings.HasPrefix(text, "{") || strings.Contains(text, "=") {
		return readObject(sourceRefType, text)
	}
	id, modality, given := strings.Cut(text, ":")
	if !given {
		return map[string]any{"source": id}, nil
	}
	return readObject(sourceRefType, "source="+id+",modality="+modality)
}

// readObject reads a JSON object, or key=value,key=value. A comma within a value is no trouble as long as no "name="
// follows it.
func readObject(t reflect.Type, text string) (any, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return readJSON(text)
	}
	fields := structFields(t)
	object, last := map[string]any{}, ""
	for part := range strings.SplitSeq(text, ",") {
		key, value, given := strings.Cut(part, "=")
		f := slices.IndexFunc(fields, func(f field) bool { return f.name() == strings.TrimSpace(key) })
		if continued, isText := object[last].(string); (!given || f < 0) && last != "" && isText {
			object[last] = continued + "," + part
			continue
		}
		if !given || f < 0 {
			return nil, fmt.Errorf("%q is none of %s: write name=value,name=value or a JSON object", part, strings.Join(names(fields), ", "))
		}
		if last = fields[f].name(); object[last] != nil {
			return nil, fmt.Errorf("%s stands twice", last)
		}
		v, err := readItem(fields[f].typ, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", last, err)
		}
		object[last] = v
	}
	return object, nil
}

func names(fields []field) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.name())
	}
	return names
}

// readPairs reads key=value.
func readPairs(text string) (any, error) {
	key, value, given := strings.Cut(text, "=")
	if !given || key == "" {
		return nil, fmt.Errorf("write it as key=value, such as ar=حلب")
	}
	return map[string]any{key: value}, nil
}

// readNumbers reads numbers with commas between them: longitude,latitude.
func readNumbers(text string) (any, error) {
	var list []any
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, plainly(err, "numbers with a comma between them, such as 37.16,36.20")
		}
		list = append(list, n)
	}
	return list, nil
}

func readJSON(text string) (any, error) {
	if !json.Valid([]byte(text)) {
		return nil, fmt.Errorf("it must be a JSON object; with -f FILE the whole command can be written as YAML")
	}
	return json.RawMessage(text), nil
}

// word is the kind of value that a flag takes, as the help shows it.
func word(f field) string {
	t := f.typ
	list := ""
	if t.Kind() == reflect.Slice {
		t, list = t.Elem(), "..."
	}
	switch {
	case t == whenType:
		return "time"
	case t == sourceRefType:
		return "source[:modality]..."
	case f.ref == "record":
		return "kind/id" + list
	case f.ref != "":
		return strings.ReplaceAll(f.ref, "|", "-or-") + list
	case f.format != "":
		return map[string]string{"slug": "id"}[f.format] + strings.TrimPrefix(f.format, "slug") + list
	case t.Kind() == reflect.Float64 && list != "":
		return "lon,lat"
	case t.Kind() == reflect.Map:
		return "key=value..."
	case t.Kind() == reflect.Struct:
		return "name=value,..."
	case t.Kind() == reflect.String:
		return "text" + list
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Bool:
		return "true|false"
	case t.Kind() == reflect.Interface, t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		return "json"
	}
	return "number" + list
}
