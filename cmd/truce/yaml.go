package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"

	"truceledger/eventstore"
)

// readYAML reads one YAML document into the command's JSON. What a scalar is follows from the field that it stands for, not
// from YAML: a time or an id is the text as written, also where YAML would take it for a date or a number.
func (d *document) readYAML(text []byte) (empty bool, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithSingleDocument())
	if err != nil {
		return false, err
	}
	var root yaml.Node
	if err := loader.Load(&root); err != nil {
		if len(bytes.TrimSpace(text)) == 0 || errors.Is(err, io.EOF) {
			return true, nil
		}
		return false, d.yamlProblem(err)
	}
	if len(root.Content) == 0 || root.Content[0].Tag == "!!null" && root.Content[0].Value == "" {
		return true, nil // comments only
	}
	d.lines = map[string]int{}
	y := &yamlReader{offset: d.line - 1, lines: d.lines}
	y.out = jsontext.NewEncoder(&y.json)
	d.line = y.line(root.Content[0])
	if root.Content[0].Kind != yaml.MappingNode {
		return false, d.at(usage("a command is written as fields, such as \"command: propose\""))
	}
	if err := y.value(root.Content[0], commandType, ""); err != nil {
		return false, d.at(usageError{err})
	}
	d.body = y.json.Bytes()
	return false, nil
}

// yamlProblem names the line of the file instead of that of the document's text.
func (d *document) yamlProblem(err error) error {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		return d.at(usage("not YAML: %v", err))
	}
	at, words := *d, e.Message
	line := e.Mark.Line
	if e.ContextMark.Line > 0 {
		words = e.ContextMsg + ": " + words
		if strings.Contains(words, "end of stream") { // a quote that is never closed: name where it is opened
			line = e.ContextMark.Line
		}
	}
	at.line += max(0, line-1)
	return at.at(usage("not YAML: %s", words))
}

// A yamlReader writes YAML nodes as JSON.
type yamlReader struct {
	json   bytes.Buffer
	out    *jsontext.Encoder
	offset int // lines of the file before the text
	lines  map[string]int
	nodes  int
}

// mostNodes bounds what aliases can blow up.
const mostNodes = 100_000

func (y *yamlReader) line(n *yaml.Node) int { return y.offset + n.Line }

// value writes a node as a field of type t; nil is a type that is not known.
func (y *yamlReader) value(n *yaml.Node, t reflect.Type, path string) error {
	if y.nodes++; y.nodes > mostNodes {
		return fmt.Errorf("the document is too large once its aliases are written out")
	}
	if n.Kind == yaml.AliasNode {
		return y.value(n.Alias, t, path)
	}
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n.Kind {
	case yaml.MappingNode:
		return y.object(n, t, path)
	case yaml.SequenceNode:
		return y.list(n, t, path)
	}
	return y.out.WriteValue(scalar(n, t))
}

func (y *yamlReader) object(n *yaml.Node, t reflect.Type, path string) error {
	if t == commandType {
		t = commandTypeOf(n)
	}
	if err := y.out.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: the name of a field must be a plain word", y.line(key))
		}
		inner := strings.TrimPrefix(path+"."+key.Value, ".")
		if first, twice := seen[key.Value]; twice {
			return fmt.Errorf("the name %q stands twice, in line %d and in line %d: give each field once", inner, first, y.line(key))
		}
		seen[key.Value], y.lines[inner] = y.line(key), y.line(key)
		if err := y.out.WriteToken(jsontext.String(key.Value)); err != nil {
			return err
		}
		if err := y.value(v, fieldType(t, key.Value), inner); err != nil {
			return err
		}
	}
	return y.out.WriteToken(jsontext.EndObject)
}

func (y *yamlReader) list(n *yaml.Node, t reflect.Type, path string) error {
	if err := y.out.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	var item reflect.Type
	if t != nil && t.Kind() == reflect.Slice {
		item = t.Elem()
	}
	for i, v := range n.Content {
		inner := fmt.Sprintf("%s[%d]", path, i)
		y.lines[inner] = y.line(v)
		if err := y.value(v, item, inner); err != nil {
			return err
		}
	}
	return y.out.WriteToken(jsontext.EndArray)
}

// commandTypeOf is the struct of the command that a mapping names, nil where it names none.
func commandTypeOf(n *yaml.Node) reflect.Type {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "command" {
			continue
		}
		if c, ok := eventstore.NewCommand(n.Content[i+1].Value); ok {
			return reflect.TypeOf(c).Elem()
		}
	}
	return nil
}

var textType = reflect.TypeFor[string]()

// fieldType is the type of the field of that name, nil where there is none.
func fieldType(t reflect.Type, name string) reflect.Type {
	switch {
	case name == "command" || t == whenType:
		return textType
	case t != nil && t.Kind() == reflect.Map:
		return t.Elem()
	case t == nil || t.Kind() != reflect.Struct:
		return nil
	}
	return directFields(t)[name]
}

// directFields are the types of a struct's fields by their names, without looking into the fields themselves.
func directFields(t reflect.Type) map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := jsonName(f)
		if f.Anonymous && name == "" {
			for name, typ := range directFields(f.Type) {
				types[name] = typ
			}
			continue
		}
		types[name] = f.Type
	}
	return types
}

var (
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	anyNumber   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
)

// scalar is a scalar for a field of type t. What does not fit goes on as a text, and is refused by name where commands are
// read; so a slip is worded in one place.
func scalar(n *yaml.Node, t reflect.Type) jsontext.Value {
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
	kind := reflect.Invalid
	if t != nil {
		kind = t.Kind()
	}
	isText := kind == reflect.String || kind == reflect.Slice || t == whenType // a list of places may be one place
	switch {
	case n.Tag == "!!null":
		return jsontext.Value("null")
	case !plain || isText:
		return quoted(n.Value)
	case n.Tag == "!!bool" && kind != reflect.Int && kind != reflect.Float64:
		return jsontext.Value(strings.ToLower(n.Value))
	case kind == reflect.Bool:
		return quoted(n.Value)
	case wholeNumber.MatchString(n.Value), anyNumber.MatchString(n.Value):
		return jsontext.Value(n.Value)
	}
	return quoted(n.Value)
}

// quoted is s as a JSON string.
func quoted(s string) jsontext.Value {
	q, _ := jsontext.AppendQuote(nil, s) // invalid UTF-8 is refused before
	return q
}
