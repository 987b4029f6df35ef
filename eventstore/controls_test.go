package eventstore_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/logtest"
	"truceledger/eventstore/memory"
)

// What a terminal obeys and a feed cannot hold is refused by the name of its field, wherever a text can stand.
func TestControlCharactersAreRefusedByField(t *testing.T) {
	l, log := onTheTable(t)
	before := last(t, log)
	for body, field := range map[string]string{
		`{"command":"register-actor","actor":"x","name":"A\u001b[31m","kind":"state"}`:                                                                     "name",
		`{"command":"register-actor","actor":"x","name":"A","kind":"state","aliases":["B","C\u0000"]}`:                                                     "aliases[1]",
		`{"command":"register-actor","actor":"x","name":"A","kind":"state","names":{"ar":"\b"}}`:                                                           "names.ar",
		`{"command":"register-place","place":"x","name":"A` + "\u007f" + `"}`:                                                                              "name",
		`{"command":"register-place","place":"x","name":"A` + "\u009b" + `31m"}`:                                                                           "name",
		`{"command":"record-statement","by":"north","statement_kind":"hope","text":"one\rtwo"}`:                                                            "text",
		`{"command":"record-statement","by":"north","statement_kind":"hope","text":"one\r"}`:                                                               "text",
		`{"command":"violate","by":"north","at":{"at":"2016-05-04","phrase":"\f"},"ceasefires":["river"]}`:                                                 "at.phrase",
		`{"command":"violate","by":"north","at":"2016-05-04","targets":["a\u0085"]}`:                                                                       "targets[0]",
		`{"command":"agree","ceasefire":"river","by":"north","note":"\u0001"}`:                                                                             "note",
		`{"command":"correct","record":"actor/north","sequence":2,"reason":"x","replacement":{"command":"register-actor","name":"\u001f","kind":"state"}}`: "replacement.name",
	} {
		request := eventstore.Request{Command: command(t, body), Principal: "south-desk"}
		_, sent := send(t, l, body)
		_, rehearsed := l.Rehearse(t.Context(), request)
		dry, err := l.BeginRehearsal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, imported := dry.Execute(t.Context(), request)
		for way, err := range map[string]error{"sent": sent, "rehearsed": rehearsed, "in a dry run": imported} {
			var no *domain.FieldError
			if !errors.As(err, &no) || no.Field != field || !strings.Contains(no.Problem, "control character U+00") {
				t.Errorf("%s, %s: got %v, want a refusal of %s", body, way, err, field)
			}
		}
	}
	if n := last(t, log); n != before {
		t.Errorf("the log grew from %d to %d", before, n)
	}
}

func TestLinesAndEveryScriptAreTaken(t *testing.T) {
	l, _ := onTheTable(t)
	for i, text := range []string{`a\tb\nc\r\nd`, `\"\\`, "حلب می\u200cخواهم", "\u00a0é🕊", "\u202eevol\u2069", `\u2028\u0041`} {
		must(t, l, `{"command":"record-statement","by":"north","statement_kind":"hope","text":"`+text+`"}`)
		if t.Failed() {
			t.Fatalf("text %d", i)
		}
	}
}

// A log from before the check holds such texts: it verifies as ever, and who repeats such a command is answered as ever.
func TestControlCharactersThatAreStoredStay(t *testing.T) {
	l, log := onTheTable(t)
	said := `{"command":"record-statement","command_id":"` + key + `","by":"north","statement_kind":"hope","text":"Soon"}`
	n := must(t, l, said).Sequence
	evil := strings.NewReplacer(`"Soon"`, `"So\u001b[2Jon\u0000"`)
	older := memory.New()
	var payloads [][]byte
	for m, err := range log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		payload := []byte(evil.Replace(string(m.Payload)))
		if m.Sequence == n && bytes.Equal(payload, m.Payload) {
			t.Fatalf("nothing to replace in %s", payload)
		}
		if _, err := older.Append(t.Context(), m.Subject, 0, payload); err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, payload)
	}
	if err := logtest.Replay(t.Context(), payloads, 1<<20); err != nil {
		t.Errorf("the log does not verify: %v", err)
	}
	l = open(t, older)
	if r, err := send(t, l, evil.Replace(said)); err != nil || !r.Replayed || r.Entry.Sequence != n {
		t.Errorf("repeated: got entry %d, replayed %v, %v; want entry %d again", r.Entry.Sequence, r.Replayed, err, n)
	}
	must(t, l, `{"command":"record-statement","by":"north","statement_kind":"hope","text":"Later."}`)
}
