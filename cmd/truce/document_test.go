package main

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"truceledger/cmd/truce/demo"
	"truceledger/domain"
	"truceledger/eventstore"
)

// What stands in a YAML file is the text as written wherever the field is a text, and a number or a truth value only where
// the field is one.
func TestYAMLFollowsTheFields(t *testing.T) {
	for yaml, want := range map[string]string{
		"command: agree\nceasefire: 2016-05-02\nby: 0012":                     `{"command":"agree","by":"0012","ceasefire":"2016-05-02"}`,
		"command: agree\nceasefire: true\nby: 1e3\nversion: 2":                `{"command":"agree","by":"1e3","ceasefire":"true","version":2}`,
		"command: agree\nceasefire: a\noccurred: 2016":                        `{"command":"agree","occurred":"2016","ceasefire":"a"}`,
		"command: agree\nceasefire: a\noccurred: {at: 2016-05, zone: UTC}":    `{"command":"agree","occurred":{"at":"2016-05","zone":"UTC"},"ceasefire":"a"}`,
		"command: agree\nceasefire: a\noccurred: !!timestamp 2016-05-02":      `{"command":"agree","occurred":"2016-05-02","ceasefire":"a"}`,
		"command: attest\nceasefire: a\nin_force: false":                      `{"command":"attest","ceasefire":"a","in_force":false}`,
		"command: propose\narea: aleppo\ntitle: no\nterms: |\n  one\n  two\n": `{"command":"propose","title":"no","area":["aleppo"],"terms":"one\ntwo\n"}`,
		"command: propose\nparties: &p [a, b]\nconsent: *p":                   `{"command":"propose","parties":["a","b"],"consent":["a","b"]}`,
		"command: violate\ncasualties:\n- {outcome: killed, best: 5}":         `{"command":"violate","casualties":[{"outcome":"killed","best":5}]}`,
		"command: register-place\nname: 5\npoint: [37, 36.2]\nnames: {ar: 7}": `{"command":"register-place","name":"5","point":[37,36.2],"names":{"ar":"7"}}`,
		"command: correct\nrecord: tally/t\nsequence: 7\nreason: 1\nreplacement:\n  command: record-tally\n  source: 1\n  best: 2\n  unit: people\n  as_of: 2016": `{"command":"correct","record":"tally/t","sequence":7,"reason":"1","replacement":{"command":"record-tally","source":"1","unit":"people","best":2,"as_of":"2016"}}`,
		"command: register-place\nname: n\ngeometry: {type: Point, coordinates: [37, 36.2]}":                                                                      `{"command":"register-place","name":"n","geometry":{"type":"Point","coordinates":[37,36.2]}}`,
	} {
		c, err := firstCommand(yamlDocuments, yaml)
		if err != nil {
			t.Errorf("%s: %v", yaml, err)
			continue
		}
		if got, err := eventstore.EncodeCommand(c); err != nil || string(got) != want {
			t.Errorf("%s\ngot  %s (%v)\nwant %s", yaml, got, err, want)
		}
	}
}

func TestSlipsAreNamedWithTheirLine(t *testing.T) {
	for yaml, want := range map[string]string{
		"command: agree\nCeasefire: a":                                          `f, document 1, line 2: Ceasefire: is not a field: write it "ceasefire"`,
		"# one\n---\n# two\ncommand: agree\nversion: \"2\"":                     `f, document 1, line 5: version: is a text; allowed is a whole number`,
		"command: agree\nversion: 0777":                                         `f, document 1, line 2: version: is a text; allowed is a whole number`,
		"command: agree\nby: [russia]":                                          `f, document 1, line 2: by: is a list; allowed is a text in quotes`,
		"command: agree\nby: ~":                                                 `f, document 1, line 2: by: is null: give it a value or leave it out`,
		"command: violate\ncasualties:\n- outcome: killed\n  best: 5\n- bst: 1": `f, document 1, line 5: casualties[1].bst: is not a field: did you mean "best"?`,
		"command: agree\nby: a\nby: b":                                          `the name "by" stands twice, in line 2 and in line 3`,
		"command: propose\nfrom: {at: 2016, at: 2017}":                          `the name "from.at" stands twice`,
		"command: agree\n<<: {by: a}":                                           `<<: is not a field`,
		"command: agree\n? [a]\n: b":                                            `line 2: the name of a field must be a plain word`,
		"- command: agree":                                                      `a command is written as fields`,
		"command: agree\n---\n- 1":                                              `f, document 2, line 3: a command is written as fields`,
		"ceasefire: a":                                                          `command: is required: one of`,
		"command: agree\n\tby: a":                                               `f, document 1, line 2: not YAML`,
		"command: agree\nnote: \"\\xff":                                         `f, document 1, line 2: not YAML`,
	} {
		_, err := firstCommand(yamlDocuments, yaml)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", yaml, err, want)
		}
		if exitCode(err) != exitUsage {
			t.Errorf("%s: got exit code %d, want %d", yaml, exitCode(err), exitUsage)
		}
	}
}

func TestAliasesCannotBlowUp(t *testing.T) {
	bomb := "command: propose\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
	for i := 1; i < 8; i++ {
		bomb += fmt.Sprintf("x%d: &x%d [%s*x%d]\n", i, i, strings.Repeat(fmt.Sprintf("*x%d, ", i-1), 9), i-1)
	}
	for _, yaml := range []string{bomb, "command: propose\nparties: &p [*p]"} {
		if _, err := firstCommand(yamlDocuments, yaml); err == nil {
			t.Errorf("taken: %.60s", yaml)
		}
	}
}

// The same content gets the same id, in whichever order and form it is written; equal documents get different ones.
func TestIdsFollowFromTheContent(t *testing.T) {
	equal := map[string]int{}
	id := func(read reader, text string) string {
		t.Helper()
		c, err := firstCommand(read, text)
		if err != nil {
			t.Fatal(err)
		}
		if err := identify(c, equal); err != nil {
			t.Fatal(err)
		}
		return c.Head().CommandID
	}
	first := id(yamlDocuments, "command: agree\nceasefire: a\nby: b\n")
	if second := id(yamlDocuments, "command: agree\nceasefire: a\nby: b\n"); second == first {
		t.Error("two equal documents got one id")
	}
	equal = map[string]int{}
	for _, same := range []string{`{"by":"b","ceasefire":"a","command":"agree"}`, `{"command":"agree","ceasefire":"a","by":"b","expect":3}`} {
		equal = map[string]int{}
		if got := id(jsonDocuments, same); got != first {
			t.Errorf("%s: got %s, want %s", same, got, first)
		}
	}
	// A change here would store every file again that was applied before.
	if want := "7a9b6624-8d5d-5a21-8bf7-ba7ee931a8c2"; first != want {
		t.Errorf("got %s, want %s", first, want)
	}
}

// The demonstration's record can be read, and no document of it is like another.
func TestTheRecordIsReadable(t *testing.T) {
	commands, err := (&program{}).recordCommands()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range commands {
		if id := c.Head().CommandID; seen[id] {
			t.Errorf("a %s stands twice", c.Verb())
		} else {
			seen[id] = true
		}
	}
}

type reader = func(file string, text []byte) iter.Seq2[document, error]

// firstCommand reads the documents of a text and returns the first command, or the first error.
func firstCommand(read reader, text string) (first domain.Command, err error) {
	for d, err := range read("f", []byte(text)) {
		if err != nil {
			return nil, err
		}
		c, err := d.command("")
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = c
		}
	}
	return first, nil
}

func FuzzDocuments(f *testing.F) {
	files, _ := demo.Record.ReadDir(".")
	for _, file := range files {
		text, _ := demo.Record.ReadFile(file.Name())
		f.Add(text)
	}
	for _, text := range []string{"[", "]", "[1]", `{"a":1} x`, "--- a\n...\n---", "a: &a [*a]", "%YAML 1.1\n---\na: b", "a: !!binary x", "? a", "\"", "{a: b, a: c}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, read := range []reader{yamlDocuments, jsonDocuments} {
			for d, err := range read("f", text) {
				if err != nil {
					continue // and it ends: nothing comes after an error
				}
				if !jsontext.Value(d.body).IsValid() {
					t.Errorf("document %d became %q", d.number, d.body)
				}
				_, _ = d.command("")
			}
		}
	})
}
