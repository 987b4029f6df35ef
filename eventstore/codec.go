package eventstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"truceledger/domain"
)

// DecodeCommand reads one command, strictly. body is a JSON object with the command's fields; where it has a member
// "command" it must equal verb, and where verb is empty it must have one.
//
// The errors are *SyntaxError, for a body that cannot be read at all, and *domain.FieldError, for a field that is
// unknown, misspelt or of the wrong type. What the fields say is not looked at: domain.Prepare does that.
func DecodeCommand(verb string, body []byte) (domain.Command, error) {
	if err := readable(body); err != nil {
		return nil, err
	}
	c, err := decodeCommand(verb, body)
	if err != nil {
		return nil, problem(err)
	}
	return c, sendable("command", c)
}

// DecodeObject reads one JSON object into what into points to, as strictly as a command: duplicate, unknown and wrong-case
// names are refused. Errors are those of DecodeCommand.
func DecodeObject(body []byte, into any) error {
	if err := readable(body); err != nil {
		return err
	}
	if err := unmarshal(body, into); err != nil {
		return problem(err)
	}
	return nil
}

// sendable refuses the ledger's own commands, also within another command.
func sendable(path string, c domain.Command) error {
	if verbByName[c.Verb()].internal {
		return domain.Field(path, "%q is no command that can be sent", c.Verb())
	}
	if correct, ok := c.(*domain.Correct); ok && correct.Replacement != nil {
		return sendable("replacement."+path, correct.Replacement)
	}
	return nil
}

// EncodeCommand writes c as one line of JSON that begins with "command". The same command gives the same bytes.
func EncodeCommand(c domain.Command) ([]byte, error) { return encode(&c) }

// decodeCommand reads an object that readable has passed, or that stands in an entry. Its errors are those of package
// json, and *domain.FieldError with a path relative to the object.
func decodeCommand(verb string, raw []byte) (domain.Command, error) {
	var quick domain.Command
	if quicklyRead(raw, &quick) && quick != nil && (verb == "" || quick.Verb() == verb) {
		return quick, nil
	}
	name, err := commandName(raw)
	switch {
	case err != nil:
		return nil, err
	case name == "" && verb == "":
		return nil, domain.Field("command", "is required: one of %s", strings.Join(Verbs(), ", "))
	case name == "":
		name = verb
	case verb != "" && name != verb:
		return nil, domain.Field("command", "is %q, but the command was sent as %q", clip(name), verb)
	}
	v, ok := verbByName[name]
	if !ok {
		return nil, unknownVerb(name)
	}
	return v.decode(raw)
}

// commandName returns the member "command", "" where there is none.
func commandName(raw []byte) (string, error) {
	if name, ok := leadingName(raw, `{"command":"`); ok {
		return name, nil
	}
	var head struct {
		Command jsontext.Value `json:"command"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return "", err
	}
	if head.Command == nil {
		return "", nil
	}
	var name string
	if head.Command.Kind() != '"' {
		return "", domain.Field("command", "is %s; allowed is one of %s", kindInWords(head.Command.Kind()), strings.Join(Verbs(), ", "))
	}
	if err := json.Unmarshal(head.Command, &name); err != nil {
		return "", err
	}
	if name == "" {
		return "", domain.Field("command", "is empty: one of %s", strings.Join(Verbs(), ", "))
	}
	return name, nil
}

// leadingName returns the name that an object begins with, as this package writes it, without reading the rest of the
// object. It is a short cut: ok is false for every other way to write the same.
func leadingName(raw []byte, prefix string) (name string, ok bool) {
	rest, found := bytes.CutPrefix(raw, []byte(prefix))
	if !found {
		return "", false
	}
	i := bytes.IndexByte(rest, '"')
	if i <= 0 || bytes.ContainsFunc(rest[:i], func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') }) {
		return "", false
	}
	return string(rest[:i]), true
}

// deepest is how many objects and lists may stand in one another: far more than any command needs.
const deepest = 64

// readable checks that body is one JSON object without duplicate names, trailing data, invalid UTF-8 or nulls. A null
// is refused by name rather than taken for absent: in an amendment it could be meant to clear a field.
func readable(body []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if kind := d.PeekKind(); kind != '{' && kind != jsontext.KindInvalid {
		return &SyntaxError{Problem: "the command is " + kindInWords(kind) + ", not a JSON object"}
	}
	var null error
	for {
		t, err := d.ReadToken()
		if err != nil {
			return syntaxProblem(err)
		}
		if d.StackDepth() > deepest {
			return &SyntaxError{Problem: fmt.Sprintf("the JSON is nested more than %d deep", deepest)}
		}
		if t.Kind() == 'n' && null == nil {
			null = domain.Field(fieldPath(d.StackPointer()), "is null: give it a value or leave it out")
		}
		if d.StackDepth() == 0 {
			break
		}
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return &SyntaxError{Problem: "something stands after the end of the JSON object: send one command at a time"}
	}
	return null
}
