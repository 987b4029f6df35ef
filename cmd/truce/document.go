package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"truceledger/api/client"
	"truceledger/domain"
	"truceledger/eventstore"
)

// A document is one command as it stands in a file.
type document struct {
	file   string
	number int // within the file, from 1
	line   int // of the file, where it begins
	body   []byte
	lines  map[string]int // of the file, by the path of a field
}

// command reads the document strictly. verb is what it must be, "" for whatever it says itself.
func (d document) command(verb string) (domain.Command, error) {
	c, err := eventstore.DecodeCommand(verb, d.body)
	if err != nil {
		return nil, d.at(usageError{err})
	}
	return c, nil
}

// at puts where it stands before what is wrong with the document.
func (d document) at(err error) error {
	line := d.line
	var slip *domain.FieldError
	var answer *client.Problem
	switch {
	case errors.As(err, &slip):
		line = d.lineOf(slip.Field)
	case errors.As(err, &answer):
		line = d.lineOf(answer.Field)
	}
	return fmt.Errorf("%s, document %d, line %d: %w", d.file, d.number, line, err)
}

// lineOf is where a field stands, or the field that it stands in, or the document.
func (d document) lineOf(path string) int {
	for path != "" {
		if line, ok := d.lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return d.line
}

// documents yields the commands of a file one by one: JSON by its name (.json, .jsonl) or by its first character where it
// comes from standard input, else YAML. A document that cannot be read ends it.
func (p *program) documents(file string) iter.Seq2[document, error] {
	return func(yield func(document, error) bool) {
		text, err := p.readFile(file)
		if err != nil {
			yield(document{}, err)
			return
		}
		read := yamlDocuments
		if isJSON(file, text) {
			read = jsonDocuments
		}
		shown := file
		if file == "-" {
			shown = "standard input"
		}
		for d, err := range read(shown, text) {
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

func (p *program) readFile(file string) ([]byte, error) {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(p.stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil
}

func isJSON(file string, text []byte) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".json", ".jsonl", ".ndjson":
		return true
	case ".yaml", ".yml":
		return false
	}
	text = bytes.TrimSpace(text)
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

// oneDocument reads the one command of a file as JSON for the given verb, with the id that truce apply would give it: the same
// file sent again, whichever way, is the same command.
func (p *program) oneDocument(file, verb string) ([]byte, error) {
	var only *document
	for d, err := range p.documents(file) {
		switch {
		case err != nil:
			return nil, err
		case only != nil:
			return nil, d.at(usage("there is more than one command: send them with truce apply %s", file))
		}
		only = &d
	}
	if only == nil {
		return nil, usage("%s holds no command: write its fields into it", file)
	}
	c, err := only.command(verb)
	if err != nil {
		return nil, err
	}
	if err := identify(c, map[string]int{}); err != nil {
		return nil, only.at(err)
	}
	return eventstore.EncodeCommand(c)
}

// boundary is a line that begins or ends a YAML document. YAML allows it nowhere else, not even within a text.
var boundary = regexp.MustCompile(`(?m)^(---|\.\.\.)([ \t\r\n]|$)`)

// yamlDocuments cuts the text at the documents' boundaries, so that a slip in one document cannot swallow another.
func yamlDocuments(file string, text []byte) iter.Seq2[document, error] {
	return func(yield func(document, error) bool) {
		number, start := 0, 0
		ends := append(boundary.FindAllIndex(text, -1), []int{len(text), len(text)})
		for _, end := range ends {
			chunk := text[start:end[0]]
			first := 1 + bytes.Count(text[:start], []byte("\n"))
			start = end[0]
			if bytes.HasPrefix(text[start:], []byte("...")) {
				start = end[1]
			}
			d := document{file: file, number: number + 1, line: first}
			empty, err := d.readYAML(chunk)
			if empty {
				continue
			}
			number++
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// jsonDocuments reads objects one after the other, and the objects in lists.
func jsonDocuments(file string, text []byte) iter.Seq2[document, error] {
	return func(yield func(document, error) bool) {
		in := jsontext.NewDecoder(bytes.NewReader(text))
		for number := 1; ; number++ {
			for in.PeekKind() == '[' && in.StackDepth() == 0 || in.PeekKind() == ']' {
				if _, err := in.ReadToken(); err != nil {
					break
				}
			}
			kind := in.PeekKind()
			d := document{file: file, number: number, line: 1 + bytes.Count(text[:skipSpace(text, in.InputOffset())], []byte("\n"))}
			body, err := in.ReadValue()
			if errors.Is(err, io.EOF) && kind == jsontext.KindInvalid && in.StackDepth() == 0 {
				return
			}
			if err != nil {
				yield(d, d.at(usage("%s", jsonProblem(err))))
				return
			}
			if d.body = bytes.Clone(body); !yield(d, nil) {
				return
			}
		}
	}
}

// skipSpace is the offset of the next value.
func skipSpace(text []byte, offset int64) int {
	rest := bytes.TrimLeft(text[offset:], " \t\r\n,")
	return len(text) - len(rest)
}

// jsonProblem says what is wrong without the parser's own words where it can.
func jsonProblem(err error) string {
	var broken *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "not JSON: it ends in the middle of a value"
	case !errors.As(err, &broken):
		return "not JSON: " + err.Error()
	case errors.Is(err, jsontext.ErrDuplicateName):
		return fmt.Sprintf("the name %q stands twice: give each field once", broken.JSONPointer.LastToken())
	}
	return "not JSON: " + broken.Err.Error()
}
