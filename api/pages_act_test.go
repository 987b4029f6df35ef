package api

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// form posts a form as a browser does, without following where it leads.
func (w *world) form(verb string, pairs ...string) answered {
	w.t.Helper()
	typed := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		typed.Add(pairs[i], pairs[i+1])
	}
	return w.do(http.MethodPost, "/act/"+verb, typed.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func hidden(t *testing.T, page answered, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(string(page.body))
	if m == nil {
		t.Fatalf("the form holds no %s", name)
	}
	return m[1]
}

// What is read back is decided by the rules, in the sentence of the history, and stores nothing.
func TestAFormIsReadBackByTheRules(t *testing.T) {
	w := open(t)
	w.river()
	w.settle()
	before, _ := w.log.Last(t.Context())
	a := w.form("extend", "ceasefire", "river", "by", "north", "lasting", "PT24H", "occurred.at", "2016-05-06T10:00Z", "do", "preview")
	for _, want := range []string{"North extended", `value="send"`} {
		if !strings.Contains(string(a.body), want) {
			t.Errorf("got %d, and the page lacks %q", a.StatusCode, want)
		}
	}
	a = w.form("extend", "ceasefire", "river", "by", "north", "until.at", "2016-05-05T01:00Z", "occurred.at", "2016-05-06T10:00Z", "do", "preview")
	page := string(a.body)
	if a.StatusCode != 422 || !strings.Contains(page, `id="f-until-wrong"`) && !strings.Contains(page, `must end later`) || strings.Contains(page, `value="send"`) {
		t.Errorf("got %d; want the rule's own no beside the field, and nothing to send", a.StatusCode)
	}
	if after, _ := w.log.Last(t.Context()); after != before {
		t.Error("reading back has stored something")
	}
}

// Who sends after somebody else has changed the record is shown what changed, and can still send.
func TestAConflictShowsWhatChanged(t *testing.T) {
	w := open(t)
	w.river()
	w.settle()
	extend := []string{"ceasefire", "river", "by", "north", "lasting", "PT24H", "occurred.at", "2016-05-06T10:00Z"}
	read := w.form("extend", append(extend, "do", "preview")...)
	w.must("extend", `{"ceasefire":"river","by":"south","occurred":"2016-05-06T09:00Z","lasting":"PT48H"}`)
	w.settle()
	send := append(extend, "do", "send", "expect", hidden(t, read, "expect"), "command_id", hidden(t, read, "command_id"))
	a := w.form("extend", send...)
	page := string(a.body)
	for _, want := range []string{"The record has changed meanwhile", "South extended", "As it was when you read it", "<mark>", "North extended"} {
		if !strings.Contains(page, want) {
			t.Errorf("got %d, and the page lacks %q", a.StatusCode, want)
		}
	}
	if hidden(t, a, "expect") == hidden(t, read, "expect") {
		t.Error("the form goes on expecting the old version")
	}
	again := w.form("extend", append(extend, "do", "send", "expect", hidden(t, a, "expect"), "command_id", hidden(t, a, "command_id"))...)
	if again.StatusCode != http.StatusSeeOther && again.Request.URL.Path != "/ceasefires/river" {
		t.Errorf("sent again: got %d", again.StatusCode)
	}
}

// The bytes to sign are handed out as they are, under a name that is a file's and nothing else.
func TestTheBytesToSignAreAFile(t *testing.T) {
	w := open(t)
	a := w.form("agree", "do", "file", "statement", `{"ledger":"x"}`, "file", `agree-1234.json`)
	if string(a.body) != `{"ledger":"x"}` || a.Header.Get("Content-Disposition") != `attachment; filename="agree-1234.json"` {
		t.Errorf("got %q as %s", a.body, a.Header.Get("Content-Disposition"))
	}
	if a = w.form("agree", "do", "file", "statement", "x", "file", "../\"evil\".html"); a.Header.Get("Content-Disposition") != `attachment; filename="command.json"` {
		t.Errorf("got %s", a.Header.Get("Content-Disposition"))
	}
	if a = w.form("agree", "ceasefire", "river", "do", "send", "statement", "no JSON", "signature", "none"); a.StatusCode != 422 {
		t.Errorf("nonsense is answered with %d", a.StatusCode)
	}
}
