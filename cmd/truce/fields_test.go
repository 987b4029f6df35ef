package main

import (
	"errors"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// Whatever a command can say, its flags can say: each field given by its flag comes out as the field given.
func TestEveryFieldHasAFlag(t *testing.T) {
	for _, verb := range eventstore.Verbs() {
		for _, f := range commandFields(verb) {
			t.Run(verb+"/"+f.name(), func(t *testing.T) {
				args := []string{"--" + f.flag(), sample(f)}
				if id := idField(verb); f.name() != id {
					args = append(args, map[bool]string{true: "ceasefire/river", false: "river"}[id == "record"]) // a verb asks for its record first
				}
				c := parse(t, verb, args...)
				if v := fieldAt(reflect.ValueOf(c).Elem(), f.path); !v.IsValid() || v.IsZero() {
					t.Errorf("%s is not set by --%s %q: %+v", f.name(), f.flag(), sample(f), c)
				}
			})
		}
	}
}

// parse turns flags into a command, as the verb does.
func parse(t *testing.T, verb string, args ...string) domain.Command {
	t.Helper()
	f := &commandFlags{verb: verb, id: idField(verb), inputs: map[string]*input{}}
	c := &cobra.Command{Use: verb}
	f.register(c)
	if err := c.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	body, err := f.body(&program{}, c, c.Flags().Args())
	if err != nil {
		t.Fatal(err)
	}
	command, err := eventstore.DecodeCommand(verb, body)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return command
}

// sample is a value that a field can hold.
func sample(f field) string {
	item := itemOf(f.typ)
	if item.Kind() == reflect.Pointer {
		item = item.Elem()
	}
	switch {
	case f.name() == "replacement":
		return `{"command":"reaffirm","ceasefire":"pause","by":"north"}`
	case f.name() == "geometry":
		return `{"type":"Point","coordinates":[37.1,36.2]}`
	case f.name() == "obligations":
		return "obligation=o1,obligor=north,text=restraint, and more"
	case f.name() == "casualties":
		return "unit=civilians,outcome=killed,best=5"
	case f.name() == "including":
		return "unit=children,best=5"
	case f.typ.Kind() == reflect.Float64:
		return "10"
	case item.Kind() == reflect.Float64:
		return "37.1,36.2"
	case item.Kind() == reflect.Map:
		return "ar=حلب"
	case item.Kind() == reflect.Bool:
		return "true"
	case item.Kind() == reflect.Int, item.Kind() == reflect.Uint64:
		return "7"
	case values(item) != nil:
		return values(item)[0]
	}
	return "2016"
}

// fieldAt finds a field by the names in its path.
func fieldAt(v reflect.Value, path []string) reflect.Value {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case f.Anonymous && jsonName(f) == "":
			if found := fieldAt(v.Field(i), path); found.IsValid() {
				return found
			}
		case jsonName(f) == path[0] && len(path) == 1:
			return v.Field(i)
		case jsonName(f) == path[0]:
			return fieldAt(v.Field(i), path[1:])
		}
	}
	return reflect.Value{}
}

func TestFlagsSayWhatTheContractSays(t *testing.T) {
	for name, c := range map[string]struct {
		verb string
		args []string
		want string
	}{
		"the record's id comes first":  {"agree", []string{"aleppo-silence", "--by", "russia"}, `{"command":"agree","by":"russia","ceasefire":"aleppo-silence"}`},
		"the id may name its kind":     {"agree", []string{"ceasefire/aleppo-silence"}, `{"command":"agree","ceasefire":"aleppo-silence"}`},
		"an id twice is one id":        {"agree", []string{"a", "--ceasefire", "a"}, `{"command":"agree","ceasefire":"a"}`},
		"a time has a zone and words":  {"extend", []string{"a", "--from", "2016-05-05T01:00", "--from-zone", "Asia/Damascus", "--from-phrase", "into Monday"}, `{"command":"extend","ceasefire":"a","from":{"at":"2016-05-05T01:00","zone":"Asia/Damascus","phrase":"into Monday"}}`},
		"a list repeats its flag":      {"propose", []string{"--parties", "a", "--parties", "b"}, `{"command":"propose","parties":["a","b"]}`},
		"a source and its modality":    {"reaffirm", []string{"a", "--source", "s1", "--source", "s2:quotes", "--source", "source=s3,quote=we hope, all of us"}, `{"command":"reaffirm","sources":[{"source":"s1"},{"source":"s2","modality":"quotes"},{"source":"s3","quote":"we hope, all of us"}],"ceasefire":"a"}`},
		"a field called source":        {"record-tally", []string{"t", "--source", "sohr", "--sources", "s1"}, `{"command":"record-tally","sources":[{"source":"s1"}],"tally":"t","source":"sohr","unit":""}`},
		"a compound value":             {"violate", []string{"--casualties", "unit=civilians,outcome=killed,low=0"}, `{"command":"violate","casualties":[{"unit":"civilians","outcome":"killed","low":0}]}`},
		"a compound value as JSON":     {"violate", []string{"--casualties", `{"outcome":"killed","best":5}`}, `{"command":"violate","casualties":[{"outcome":"killed","best":5}]}`},
		"names by language":            {"register-place", []string{"p", "--names", "ar=حلب", "--names", "ru=Алеппо"}, `{"command":"register-place","place":"p","name":"","names":{"ar":"حلب","ru":"Алеппо"}}`},
		"a period has an end":          {"record-tally", []string{"t", "--period-until", "2016-05-01"}, `{"command":"record-tally","tally":"t","source":"","unit":"","period":{"until":"2016-05-01"}}`},
		"false is something":           {"attest", []string{"a", "--in-force", "false"}, `{"command":"attest","ceasefire":"a","in_force":false}`},
		"a number may be 0":            {"agree", []string{"a", "--expect", "0"}, `{"command":"agree","expect":0,"ceasefire":"a"}`},
		"a correction names its entry": {"retract", []string{"ceasefire/a", "--sequence", "3"}, `{"command":"retract","record":"ceasefire/a","sequence":3,"reason":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := eventstore.EncodeCommand(parse(t, c.verb, c.args...))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, c.want)
			}
		})
	}
}

// fileInExample is a file that an example writes.
var fileInExample = regexp.MustCompile(`(?s)cat ?> ?\S+ <<'YAML'\n(.*?)YAML(?:\n|$)`)

// Every verb's help has an example, and no field of it is wrong.
func TestExamplesAreCommands(t *testing.T) {
	ledger, err := eventstore.Open(t.Context(), memory.New(), eventstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	for verb, about := range aboutVerbs {
		if !slices.Contains(eventstore.Verbs(), verb) {
			t.Errorf("%q is no verb", verb)
		}
		try := func(c domain.Command) {
			_, err := ledger.Execute(t.Context(), eventstore.Request{Command: c})
			if slip := (*domain.FieldError)(nil); errors.As(err, &slip) { // a rule's no is no fault of the example
				t.Errorf("%s: %v", verb, err)
			}
		}
		lines := fileInExample.ReplaceAllStringFunc(strings.ReplaceAll(about.example, "\\\n", " "), func(file string) string {
			for d, err := range yamlDocuments("example", []byte(fileInExample.FindStringSubmatch(file)[1])) {
				if err != nil {
					t.Fatalf("%s: %v", verb, err)
				}
				c, err := d.command(verb)
				if err != nil {
					t.Fatalf("%s: %v", verb, err)
				}
				try(c)
			}
			return ""
		})
		for line := range strings.SplitSeq(lines, "\n") {
			args := shellWords(line)
			if len(args) < 2 || slices.Contains(args, "-f") || args[0] == "ssh-keygen" || args[0] == "printf" || args[1] == "apply" || args[1] == "history" {
				continue // a file of the reader's own, or what makes, finds or sends it
			}
			if args[0] != "truce" || args[1] != verb {
				t.Fatalf("the example of %s begins %v", verb, args[:2])
			}
			try(parse(t, verb, args[2:]...))
		}
	}
	for _, verb := range eventstore.Verbs() {
		if _, ok := aboutVerbs[verb]; !ok {
			t.Errorf("%s has no line in about.go", verb)
		}
	}
}

// shellWords splits a line at its spaces, except within double quotes.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// Every verb has its line in the help, a group, an example, and no flag without a description.
func TestHelpIsWhole(t *testing.T) {
	p := &program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, env: homeEnv}
	for _, c := range p.root().Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		if c.Short == "" || c.Long == "" || c.Example == "" || c.GroupID == "" {
			t.Errorf("%s lacks a part of its help", c.Name())
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s does not say what it is for", c.Name(), f.Name)
			}
		})
	}
}
