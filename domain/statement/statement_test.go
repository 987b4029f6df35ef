package statement_test

import (
	"reflect"
	"testing"
	"time"

	"truceledger/domain"
	. "truceledger/domain/statement"
	"truceledger/domain/when"
)

// facts say that every record exists.
type facts struct{ domain.Facts }

func (facts) Exists(domain.Ref) (bool, error) { return true, nil }

var setting = domain.Setting{Now: time.Date(2016, 6, 1, 0, 0, 0, 0, time.UTC), Zone: "UTC", Facts: facts{}}

func hope() *RecordStatement {
	return &RecordStatement{
		Header: domain.Header{
			By: "lavrov", Occurred: when.When{At: "2016-05-03", Phrase: "after the meeting"}, Sources: []domain.SourceRef{{Source: "s4"}},
		},
		Statement: "lavrov-3-may", Kind: "hope", Text: "that an agreement will be announced", About: []string{"ceasefire/aleppo-silence"},
	}
}

// decide prepares and decides c on a record that holds nothing.
func decide(c *RecordStatement) (domain.Record, error) {
	r := domain.Record{Ref: c.Target()}
	if err := domain.Prepare(c, setting.Zone); err != nil {
		return r, err
	}
	d, err := domain.Decide(r, c, setting, Judge)
	if err != nil {
		return r, err
	}
	return r.Then(domain.Step{Sequence: 1, RecordedAt: setting.Now, Command: c, Events: d.Events}), nil
}

func TestAStatementIsRecordedAsItWasMade(t *testing.T) {
	r, err := decide(hope())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.Steps[0].Events[0].(StatementRecorded); !ok {
		t.Errorf("got %T", r.Steps[0].Events[0])
	}
	s := Fold(r.Readings(domain.Everything))
	if !s.Exists() || s.ID != "lavrov-3-may" || s.By != "lavrov" || s.Kind != "hope" || s.Text == "" || s.Sources[0].Source != "s4" || s.About[0] != "ceasefire/aleppo-silence" {
		t.Errorf("got %+v", s)
	}
	if s.Occurred.String() != "2016-05-03" || s.Occurred.Phrase != "after the meeting" {
		t.Errorf("got %s %q, want the day and the words", s.Occurred, s.Occurred.Phrase)
	}
}

func TestAStatementHasASpeakerAKindAndAText(t *testing.T) {
	for field, without := range map[string]func(*RecordStatement){
		"by":             func(c *RecordStatement) { c.By = "" },
		"text":           func(c *RecordStatement) { c.Text = "" },
		"statement_kind": func(c *RecordStatement) { c.Kind = "" },
		"about[0]":       func(c *RecordStatement) { c.About = []string{"aleppo"} },
	} {
		c := hope()
		without(c)
		_, err := decide(c)
		if e, ok := err.(*domain.FieldError); !ok || e.Field != field {
			t.Errorf("without %s: got %v", field, err)
		}
	}
}

func TestNothingIsNoStatement(t *testing.T) {
	if s := Fold(nil); s.Exists() || !reflect.DeepEqual(s, State{}) {
		t.Errorf("got %+v", s)
	}
}
