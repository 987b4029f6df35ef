package eventstore_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
	"truceledger/eventstore"
)

func TestWhatCannotBeReadIsASyntaxError(t *testing.T) {
	tests := map[string]struct{ body, says string }{
		"nothing":          {``, "nothing was sent"},
		"blanks":           {" \n", "nothing was sent"},
		"a list":           {`[]`, "a list, not a JSON object"},
		"a text":           {`"agree"`, "a text, not a JSON object"},
		"null":             {`null`, "null, not a JSON object"},
		"not JSON":         {`agree`, "not JSON"},
		"half an object":   {`{"command":"agree"`, "ends in the middle"},
		"a comment":        {`{"command":"agree"/* */}`, "not JSON"},
		"a trailing comma": {`{"command":"agree",}`, "not JSON"},
		"two objects":      {`{"command":"agree"} {"command":"agree"}`, "after the end"},
		"rubbish behind":   {`{"command":"agree"} x`, "after the end"},
		"a name twice":     {`{"command":"agree","by":"a","by":"b"}`, `"by" stands twice`},
		"an inner name":    {`{"command":"propose","from":{"at":"2016","at":"2017"}}`, `"from.at" stands twice`},
		"an escaped name":  {`{"command":"agree","by":"a","\u0062y":"b"}`, `"by" stands twice`},
		"invalid UTF-8":    {"{\"command\":\"agree\",\"note\":\"\xff\"}", "UTF-8"},
		"half a surrogate": {`{"command":"agree","note":"\ud800"}`, "not JSON"},
		"a control":        {"{\"command\":\"agree\",\"note\":\"\x01\"}", "not JSON"},
		"too deep":         {`{"command":"register-place","geometry":{"coordinates":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}}`, "nested"},
	}
	for name, tt := range tests {
		_, err := eventstore.DecodeCommand("", []byte(tt.body))
		var syntax *eventstore.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %T %v, want a SyntaxError that says %q", name, err, err, tt.says)
		}
	}
}

func TestAWrongFieldIsNamed(t *testing.T) {
	tests := []struct{ body, field, says string }{
		{`{}`, "command", "is required: one of register-actor"},
		{`{"command":""}`, "command", "is empty"},
		{`{"command":7}`, "command", "is a number"},
		{`{"command":"agre"}`, "command", `did you mean "agree"?`},
		{`{"command":"xyzzy"}`, "command", "one of register-actor"},
		{`{"command":"open-ledger"}`, "command", "no command that can be sent"},
		{`{"command":"agree","By":"north"}`, "By", `write it "by"`},
		{`{"command":"agree","commandId":"x"}`, "commandId", `write it "command_id"`},
		{`{"command":"agree","ceasfire":"river"}`, "ceasfire", `did you mean "ceasefire"?`},
		{`{"command":"agree","colour":"red"}`, "colour", "allowed are command, by, occurred, sources, note, command_id, expect, ceasefire, version, through"},
		{`{"Command":"agree"}`, "command", "is required"},
		{`{"command":"agree","by":null}`, "by", "is null"},
		{`{"command":"agree","sources":[{"source":null}]}`, "sources[0].source", "is null"},
		{`{"command":"agree","by":5}`, "by", "is a number; allowed is a text in quotes"},
		{`{"command":"agree","by":["north"]}`, "by", "is a list; allowed is a text"},
		{`{"command":"agree","version":"1"}`, "version", "is a text; allowed is a whole number"},
		{`{"command":"agree","version":1.5}`, "version", "is 1.5; allowed is a whole number"},
		{`{"command":"agree","version":1e3}`, "version", "is 1e3; allowed is a whole number"},
		{`{"command":"agree","version":9223372036854775808}`, "version", "too large"},
		{`{"command":"agree","expect":-1}`, "expect", "allowed is a whole number, zero or more"},
		{`{"command":"agree","expect":18446744073709551616}`, "expect", "too large"},
		{`{"command":"attest","in_force":"yes"}`, "in_force", "true or false"},
		{`{"command":"propose","from":5}`, "from", "is a number; allowed is a time"},
		{`{"command":"propose","from":""}`, "from", "is empty"},
		{`{"command":"propose","from":{}}`, "from", "is empty"},
		{`{"command":"propose","from":{"at":"2016","tz":"UTC"}}`, "from.tz", "allowed are at, zone, phrase"},
		{`{"command":"propose","from":{"Zone":"UTC"}}`, "from.Zone", `write it "zone"`},
		{`{"command":"propose","from":{"zone":3}}`, "from.zone", "is a number; allowed is a text"},
		{`{"command":"propose","area":5}`, "area", "a place's id in quotes, or a list"},
		{`{"command":"propose","area":["town",5]}`, "area[1]", "is a number; allowed is a text"},
		{`{"command":"propose","parties":"north"}`, "parties", "a list, each item a text"},
		{`{"command":"propose","class":3}`, "class", "one of unilateral_declaration"},
		{`{"command":"propose","obligations":[{"obligation":"a"},{"obligr":"b"}]}`, "obligations[1].obligr", `did you mean "obligor"?`},
		{`{"command":"violate","casualties":[{"best":"many"}]}`, "casualties[0].best", "is a text; allowed is a whole number"},
		{`{"command":"violate","casualties":{"best":1}}`, "casualties", "a list, each item an object of unit, outcome"},
		{`{"command":"record-tally","period":{"form":"2016"}}`, "period.form", `did you mean "from"?`},
		{`{"command":"record-tally","period":{"until":{"at":1}}}`, "period.until.at", "is a number"},
		{`{"command":"register-actor","names":{"ar":1}}`, "names.ar", "is a number; allowed is a text"},
		{`{"command":"register-place","point":[1,"2"]}`, "point[1]", "allowed is a number"},
		{`{"command":"register-place","geometry":{"kind":"Point"}}`, "geometry.kind", "allowed are type, coordinates"},
		{`{"command":"correct","replacement":"agree"}`, "replacement", "a whole command"},
		{`{"command":"correct","replacement":{}}`, "replacement.command", "is required"},
		{`{"command":"correct","replacement":{"command":"agre"}}`, "replacement.command", `did you mean "agree"?`},
		{`{"command":"correct","replacement":{"command":"raise-format"}}`, "replacement.command", "no command that can be sent"},
		{`{"command":"correct","replacement":{"command":"agree","bye":"x"}}`, "replacement.bye", `did you mean "by"?`},
		{`{"command":"correct","replacement":{"command":"violate","casualties":[{"low":1.5}]}}`, "replacement.casualties[0].low", "is 1.5"},
		{`{"command":"correct","replacement":{"command":"propose","from":{"at":[]}}}`, "replacement.from.at", "is a list"},
	}
	for _, tt := range tests {
		_, err := eventstore.DecodeCommand("", []byte(tt.body))
		var field *domain.FieldError
		if !errors.As(err, &field) || field.Field != tt.field || !strings.Contains(field.Problem, tt.says) {
			t.Errorf("%s\n got %T %v\nwant %s: ... %s", tt.body, err, err, tt.field, tt.says)
		}
	}
}

func TestTheVerbMayStandInTheAddress(t *testing.T) {
	for _, body := range []string{`{"by":"north"}`, `{"command":"agree","by":"north"}`, `{"by":"north","command":"agree"}`} {
		c, err := eventstore.DecodeCommand("agree", []byte(body))
		if err != nil || c.Verb() != "agree" || c.Head().By != "north" {
			t.Errorf("%s: got %v, %v", body, c, err)
		}
	}
	var field *domain.FieldError
	if _, err := eventstore.DecodeCommand("agree", []byte(`{"command":"reject"}`)); !errors.As(err, &field) || field.Field != "command" {
		t.Errorf("another verb in the body than in the address: got %v", err)
	}
	if _, err := eventstore.DecodeCommand("raise-format", []byte(`{}`)); !errors.As(err, &field) {
		t.Errorf("one of the ledger's own commands: got %v", err)
	}
}

func TestTimesAndPlacesHaveAShortForm(t *testing.T) {
	c := command(t, `{"command":"propose","area":"town","from":"2016-05-02","until":{"at":"2016-05-04","zone":"Asia/Damascus","phrase":"into Wednesday"}}`).(*ceasefire.Propose)
	if want := (domain.Places{"town"}); !slices.Equal(c.Area, want) {
		t.Errorf("area: got %v, want %v", c.Area, want)
	}
	if want := (when.When{At: "2016-05-02"}); c.From != want {
		t.Errorf("from: got %+v, want %+v", c.From, want)
	}
	if want := (when.When{At: "2016-05-04", Zone: "Asia/Damascus", Phrase: "into Wednesday"}); c.Until != want {
		t.Errorf("until: got %+v, want %+v", c.Until, want)
	}
	got, err := eventstore.EncodeCommand(c)
	want := `{"command":"propose","area":["town"],"from":"2016-05-02","until":{"at":"2016-05-04","zone":"Asia/Damascus","phrase":"into Wednesday"}}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestAnEmptyListIsNotAnAbsentOne(t *testing.T) {
	got, err := eventstore.EncodeCommand(command(t, `{"command":"amend","ceasefire":"river","guarantors":[]}`))
	if want := `{"command":"amend","ceasefire":"river","guarantors":[]}`; err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestVerbsAndEventTypesAreThoseOfTheContract(t *testing.T) {
	if n := len(eventstore.Verbs()); n != 50 {
		t.Errorf("got %d verbs, want the contract's 41, mark-duplicate, 3 for keys, 4 for files and secrets, and share", n)
	}
	for _, verb := range eventstore.Verbs() {
		c, ok := eventstore.NewCommand(verb)
		if !ok || c.Verb() != verb {
			t.Errorf("%s: got %v, %v", verb, c, ok)
		}
	}
	for _, verb := range []string{"open-ledger", "raise-format", "Agree", ""} {
		if c, ok := eventstore.NewCommand(verb); ok {
			t.Errorf("%q makes a %T", verb, c)
		}
	}
	for _, e := range eventstore.EventTypes() {
		if got := eventstore.EventName(reflect.Zero(e.Type).Interface().(domain.Event)); got != e.Name {
			t.Errorf("got the name %q, want %q", got, e.Name)
		}
	}
}

func FuzzDecodeCommand(f *testing.F) {
	for _, body := range []string{
		north, town, propose, northAgrees, `{"command":"amend","guarantors":[]}`, `{"command":"correct","replacement":{"command":"agree"}}`,
		`{"command":"register-place","point":[37.15,-0],"geometry":{"type":"Point","coordinates":[1e9,[2,null]]}}`, `{"command":"agree","by":null}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := eventstore.DecodeCommand("", body)
		if err != nil {
			var syntax *eventstore.SyntaxError
			var field *domain.FieldError
			if !errors.As(err, &syntax) && !errors.As(err, &field) {
				t.Fatalf("%q: an error of no kind: %v", body, err)
			}
			return
		}
		if correct, ok := c.(*domain.Correct); ok && correct.Replacement == nil {
			return // not a command that can be prepared, and written with a null
		}
		once, err := eventstore.EncodeCommand(c)
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		again, err := eventstore.DecodeCommand("", once)
		if err != nil {
			t.Fatalf("%q became %q: %v", body, once, err)
		}
		if twice, err := eventstore.EncodeCommand(again); err != nil || string(twice) != string(once) {
			t.Fatalf("%q became %q and then %q: %v", body, once, twice, err)
		}
	})
}
