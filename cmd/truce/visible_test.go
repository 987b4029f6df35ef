package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
)

// ask runs the program in this process, with text on its standard input, and returns what it wrote.
func ask(t *testing.T, server string, want int, text string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := serverEnv(server)
	if code := run(t.Context(), args, strings.NewReader(text), &out, &errs, env); code != want {
		t.Fatalf("truce %v: got exit code %d, want %d; it said: %s", args, code, want, errs.String())
	}
	return out.String(), errs.String()
}

// A safe buffer is written by one goroutine and read by another.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// evil is what a record may hold and a terminal would obey: a new line that looks like a row, a turn of the text, and what nobody
// sees. obeyed adds what no record takes any more: colour, a bell, nothing.
const (
	evil   = "E\nforged  row\u202eevol\u2066\u200f\u061c\u2028\ufeff\U000e0041"
	obeyed = evil + "\x1b[31m\a\x00\u0085"
)

func unseen(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) })
}

// TestATextDoesNotRuleTheTerminal puts the same text wherever a command takes one, and reads every table.
func TestATextDoesNotRuleTheTerminal(t *testing.T) {
	server := serve(t)
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	commands := strings.ReplaceAll(`{"command":"register-actor","actor":"a","name":EVIL,"kind":"state","aliases":[EVIL],"names":{"ar":EVIL}}
{"command":"register-place","place":"p","name":EVIL}
{"command":"register-source","source":"s","title":EVIL,"publisher":EVIL,"published":{"at":"2016-05-02T00:00Z","phrase":EVIL}}
{"command":"propose","ceasefire":"c","by":"a","title":EVIL,"area":["p"],"parties":["a"],"consent":["a"],"terms":EVIL,"from":{"at":"2036-01-01T00:00Z","phrase":EVIL},"note":EVIL}
{"command":"violate","incident":"i","by":"a","at":{"at":"2016-05-02T00:00Z","phrase":EVIL},"place":"p","type":EVIL,"description":EVIL,"ceasefires":["c"],"sources":[{"source":"s","quote":EVIL}]}
{"command":"record-statement","statement":"st","by":"a","statement_kind":"appeal","text":EVIL,"about":["ceasefire/c"]}
{"command":"open-talks","talks":"t","by":"a","track":EVIL,"about":["ceasefire/c"]}
{"command":"record-talks-status","talks":"t","by":"a","characterisation":EVIL,"condition":EVIL}
{"command":"reserve-right","talks":"t","by":"a","right":EVIL}
`, "EVIL", string(quoted))
	ask(t, server, 0, commands, "apply", "-")
	reads := [][]string{
		{"list"}, {"list", "incidents"}, {"list", "talks"}, {"list", "statements"}, {"list", "actors"}, {"list", "places"}, {"list", "sources"},
		{"show", "ceasefire/c"}, {"show", "incident/i"}, {"show", "talks/t"}, {"show", "statement/st"}, {"show", "actor/a"}, {"show", "place/p"}, {"show", "source/s"},
		{"history", "ceasefire/c"}, {"history", "talks/t"}, {"calendar"}, {"incidents"}, {"incidents", "--counts-by", "type"},
	}
	for _, args := range reads {
		out, _ := ask(t, server, 0, "", args...)
		if unseen(out) || strings.Contains(out, "\nforged") {
			t.Errorf("truce %v: got %q", args, out)
		}
		if !strings.Contains(out, `\nforged`) && len(args) > 1 && args[0] != "history" && args[1] != "place/p" {
			t.Errorf("truce %v lost the text: %q", args, out)
		}
		if args[0] == "show" && args[1] != "place/p" {
			raw, _ := ask(t, server, 0, "", append(args, "-o", "json")...)
			var v any
			if err := json.Unmarshal([]byte(raw), &v); err != nil || strings.Contains(raw, `\\u202e`) {
				t.Errorf("truce %v as JSON: got %q", args, raw)
			}
		}
	}
	_, errs := ask(t, server, 2, "", "show", "ceasefire/c", "--effective-at", obeyed)
	if unseen(errs) || strings.Count(errs, "\n") != 1 {
		t.Errorf("an error: got %q", errs)
	}
	_, errs = ask(t, server, 2, "command: register-actor\nactor: \"\\e[31m\\u202e\"\n", "apply", "-")
	if unseen(errs) || strings.Count(errs, "\n") != 1 {
		t.Errorf("an error of a document: got %q", errs)
	}
	_, errs = ask(t, server, 2, `{"command":"register-actor","name":"\u001b[31m","kind":"state"}`, "apply", "-")
	if unseen(errs) || !strings.Contains(errs, "name: holds the control character U+001B") {
		t.Errorf("a control character in a document: got %q", errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out safeBuffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"watch", "--after", "0", "--server", server}, strings.NewReader(""), &out, &out, homeEnv)
	}()
	for began := time.Now(); strings.Count(out.String(), "\n") < 10 && time.Since(began) < patience; {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if <-done; unseen(out.String()) {
		t.Errorf("watch: got %q", out.String())
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"Aleppo":                "Aleppo",
		"حلب می\u200cخواهم ü ٣": "حلب می\u200cخواهم ü ٣",
		"a\x1b[2J\n\tb\r":       `a\x1b[2J\n\tb\r`,
		"x\u202ey\u2069":        `x\u202ey\u2069`,
		"\U000e0041":            `\U000e0041`,
	} {
		if got := visible(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := visibleLines("a\x07\nb"); got != `a\x07`+"\nb" {
		t.Errorf("lines: got %q", got)
	}
}
