package demo_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"go.yaml.in/yaml/v4"

	"truceledger/cmd/truce/demo"
	"truceledger/domain"
	"truceledger/eventstore"
)

// A document is one command of the record.
type document struct {
	name    string // file and number, for messages
	fields  map[string]any
	command domain.Command
}

// record reads every document of the record, in order. Each is decoded as strictly as one that somebody sends.
func record(t *testing.T) []document {
	t.Helper()
	files, err := fs.Glob(demo.Record, "*.yaml") // sorted
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	var all []document
	for _, file := range files {
		all = append(all, documents(t, file)...)
	}
	return all
}

func documents(t *testing.T, file string) (all []document) {
	t.Helper()
	text, err := demo.Record.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for {
		d := document{name: fmt.Sprintf("%s, document %d", file, len(all)+1)}
		err := loader.Load(&d.fields)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		body, err := json.Marshal(d.fields)
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		if d.command, err = eventstore.DecodeCommand("", body); err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		all = append(all, d)
	}
}
