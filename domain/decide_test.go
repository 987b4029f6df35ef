package domain_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/talks"
	"truceledger/domain/tally"
	"truceledger/domain/when"
)

// register is a set of facts: what exists, and whether it can be read at all.
type register struct {
	missing   []string            // as kind/id
	audiences map[string][]string // by kind/id
	broken    error
}

func (r register) Exists(ref domain.Ref) (bool, error) {
	return !slices.Contains(r.missing, ref.String()), r.broken
}
func (register) PlaceParent(string) (string, error) { return "", nil }
func (register) DuplicateOf(string) (string, error) { return "", nil }
func (r register) Audience(ref domain.Ref) ([]string, error) {
	return r.audiences[ref.String()], r.broken
}
func (register) Ceasefire(string, time.Time) (domain.CeasefireFacts, bool, error) {
	return domain.CeasefireFacts{Monitors: []string{"un-monitors"}}, true, nil
}

// start is when the ledger records the first entry of a story; the others follow hour by hour.
var start = time.Date(2016, 6, 1, 0, 0, 0, 0, time.UTC)

// says decides c on r as the ledger would, and returns the record as it is then.
func says(r domain.Record, c domain.Command, facts domain.Facts) (domain.Record, domain.Decision, error) {
	now := start.Add(time.Duration(r.Version()) * time.Hour)
	if err := domain.Prepare(c, "UTC"); err != nil {
		return r, domain.Decision{}, err
	}
	judge := map[domain.Kind]domain.Judge{
		domain.KindTalks: talks.Judge, domain.KindTally: tally.Judge, domain.KindIncident: incident.Judge,
	}[r.Ref.Kind]
	d, err := domain.Decide(r, c, domain.Setting{Now: now, Zone: "UTC", Facts: facts}, judge)
	if err != nil {
		return r, d, err
	}
	return r.Then(domain.Step{Sequence: r.Version() + 1, RecordedAt: now, Command: c, Events: d.Events}), d, nil
}

// story is the record of talks that the commands make; it stops the test where one is refused.
func story(t testing.TB, commands ...domain.Command) domain.Record {
	t.Helper()
	r := domain.Record{Ref: domain.Ref{Kind: domain.KindTalks, ID: "geneva"}}
	for i, c := range commands {
		var err error
		if r, _, err = says(r, c, register{}); err != nil {
			t.Fatalf("command %d: %v", i+1, err)
		}
	}
	return r
}

func opening(day string) *talks.OpenTalks {
	return &talks.OpenTalks{Header: on(day), Talks: "geneva"}
}

func word(characterisation, day string) *talks.RecordTalksStatus {
	return &talks.RecordTalksStatus{Header: on(day), Addressed: talks.Addressed{Talks: "geneva"}, Characterisation: characterisation}
}

func on(day string) domain.Header {
	return domain.Header{By: "de-mistura", Occurred: when.When{At: day}}
}

func correct(sequence uint64, replacement domain.Command) *domain.Correct {
	return &domain.Correct{
		CorrectionTarget: domain.CorrectionTarget{Record: "talks/geneva", Sequence: sequence}, Reason: "misread", Replacement: replacement,
	}
}

func retract(sequence uint64) *domain.Retract {
	return &domain.Retract{CorrectionTarget: domain.CorrectionTarget{Record: "talks/geneva", Sequence: sequence}, Reason: "misread"}
}

func correctByID(id, own string) *domain.Correct {
	c := correct(0, word("better", "2016-05-02"))
	c.Corrects, c.CommandID = id, own
	return c
}

// code is the stable name of a refusal, the field of a field error, or the error's text.
func code(err error) string {
	var rejected interface{ Code() string }
	var field *domain.FieldError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &rejected):
		return rejected.Code()
	case errors.As(err, &field):
		return field.Field
	}
	return err.Error()
}

func TestDecideCorrections(t *testing.T) {
	named := word("stalled", "2016-05-02")
	named.CommandID = "the-word"
	given := []domain.Command{opening("2016-05-01"), named}
	elsewhere := word("stalled", "2016-05-02")
	elsewhere.Talks = "astana"

	tests := []struct {
		name string
		more []domain.Command
		when domain.Command
		want string
	}{
		{name: "an entry is corrected", when: correct(2, word("gridlocked", "2016-05-02"))},
		{name: "an entry is corrected by its command_id", when: correctByID("the-word", "")},
		{name: "an entry is retracted", when: retract(2)},
		{name: "a correction is corrected", more: []domain.Command{correct(2, word("gridlocked", ""))}, when: correct(3, word("stuck", ""))},
		{name: "a correction is retracted", more: []domain.Command{correct(2, word("gridlocked", ""))}, when: retract(3)},
		{name: "a retraction is retracted", more: []domain.Command{retract(2)}, when: retract(3)},
		{name: "a corrected entry is corrected again", more: []domain.Command{correct(2, word("gridlocked", ""))}, when: correct(2, word("stuck", ""))},
		{name: "what is retracted is not corrected", more: []domain.Command{retract(2)}, when: correct(2, word("stuck", "")), want: "retracted"},
		{name: "what is retracted is not retracted again", more: []domain.Command{retract(2)}, when: retract(2), want: "retracted"},
		{name: "what stands again is retracted again", more: []domain.Command{retract(2), retract(3)}, when: retract(2)},
		{name: "a correction names an entry of the record", when: correct(9, word("stuck", "")), want: "not-an-entry"},
		{name: "a correction names a command of the record", when: correctByID("another", ""), want: "not-an-entry"},
		{name: "a correction does not name itself", when: correctByID("own", "own"), want: "corrects-itself"},
		{name: "a correction names something", when: correctByID("", ""), want: "sequence"},
		{name: "a correction names one thing", when: func() domain.Command { c := correctByID("the-word", ""); c.Sequence = 2; return c }(), want: "corrects"},
		{name: "a correction has a replacement", when: correct(2, nil), want: "replacement"},
		{name: "a replacement is for the same record", when: correct(2, elsewhere), want: "replacement-differs"},
		{name: "a replacement is of the same kind", when: correct(2, &tally.RecordTally{Tally: "geneva", Source: "sohr", Unit: "people", Best: new(int)}), want: "replacement-differs"},
		{name: "the beginning is replaced by a beginning", when: correct(1, word("stuck", "")), want: "replacement-differs"},
		{name: "and nothing else is", when: correct(2, opening("2016-05-01")), want: "replacement-differs"},
		{name: "a correction is no replacement", when: correct(2, retract(1)), want: "replacement-differs"},
		{name: "a replacement is prepared as any command", when: correct(2, word("stuck", "2016-13")), want: "replacement.occurred"},
		{name: "a replacement is judged as any command", when: correct(2, word("", "")), want: "status"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := story(t, slices.Concat(given, test.more)...)
			_, d, err := says(r, test.when, register{})
			if got := code(err); got != test.want {
				t.Fatalf("got %q (%v), want %q", got, err, test.want)
			}
			if err != nil && len(d.Events) > 0 {
				t.Errorf("a refusal came with events: %v", d.Events)
			}
		})
	}
}

func TestDecideAddresses(t *testing.T) {
	empty := domain.Record{Ref: domain.Ref{Kind: domain.KindTalks, ID: "geneva"}}
	full := empty
	full.Steps = make([]domain.Step, domain.MostEntries)
	full.Steps[domain.MostEntries-1].Sequence = domain.MostEntries
	for name, test := range map[string]struct {
		record domain.Record
		c      domain.Command
		want   string
	}{
		"a record begins once":                       {story(t, opening("2016-05-01")), opening("2016-05-01"), "exists"},
		"nothing goes on that has not begun":         {empty, word("stuck", "2016-05-01"), "talks/geneva is not on the record"},
		"nothing is corrected that has not begun":    {empty, correct(1, opening("")), "talks/geneva is not on the record"},
		"a record takes no more than it can hold":    {full, word("stuck", "2016-05-01"), "record-full"},
		"nothing has occurred after it was recorded": {story(t, opening("2016-05-01")), word("stuck", "2016-06-02"), "in-the-future"},
		"it may have occurred later on the same day": {story(t, opening("2016-05-01")), word("stuck", "2016-06-01"), ""},
	} {
		if _, _, err := says(test.record, test.c, register{}); code(err) != test.want {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestASeriesGoesOnWithTheVerbThatBeganIt(t *testing.T) {
	r := domain.Record{Ref: domain.Ref{Kind: domain.KindTally, ID: "aleppo"}}
	for i := range 2 {
		var err error
		if r, _, err = says(r, &tally.RecordTally{Tally: "aleppo", Source: "sohr", Unit: "people", Best: new(int)}, register{}); err != nil {
			t.Fatalf("figure %d: %v", i+1, err)
		}
	}
}

func TestAReplacementStandsWhereTheCorrectedEntryStood(t *testing.T) {
	r := story(t, opening("2016-05-01"), word("stalled", "2016-05-02"), word("moving", "2016-05-04"), correct(2, word("gridlocked", "2016-05-20")))
	for _, x := range r.Readings(domain.Everything) {
		if x.Sequence == 2 && (x.Place.Format(time.DateOnly) != "2016-05-02" || !x.Events[0].When().Place.Equal(x.Place) || x.CorrectedBy != 4) {
			t.Errorf("got place %s, of the event %s, corrected by %d", x.Place, x.Events[0].When().Place, x.CorrectedBy)
		}
	}
	if got := words(r, domain.Everything); !slices.Equal(got, []string{"gridlocked", "moving"}) {
		t.Errorf("got %q", got)
	}
}

func TestAReplacementWithoutADateKeepsThatOfTheEntry(t *testing.T) {
	c := correct(2, word("gridlocked", ""))
	r := story(t, opening("2016-05-01"), word("stalled", "2016-05-02"))
	r, d, err := says(r, c, register{})
	if err != nil || !slices.Contains(d.Defaults, "replacement.occurred") {
		t.Fatalf("got defaults %q, %v", d.Defaults, err)
	}
	if got := r.Readings(domain.Everything)[1].Effective().Format(time.DateOnly); got != "2016-05-02" {
		t.Errorf("the replacement speaks of %s: a question about 10 May would miss it", got)
	}
	// A correction of the correction keeps the date that stands, not the first one.
	r = story(t, opening("2016-05-01"), word("stalled", "2016-05-02"), correct(2, word("stalled", "2016-05-03")), correct(3, word("stuck", "")))
	if got := r.Readings(domain.Everything)[1].Effective().Format(time.DateOnly); got != "2016-05-03" {
		t.Errorf("the second replacement speaks of %s", got)
	}
}

func TestARetractedBeginningCanStandAgain(t *testing.T) {
	r := story(t, opening("2016-05-01"), retract(1))
	gone := register{missing: []string{"talks/geneva"}}
	if _, _, err := says(r, retract(2), gone); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestAReplacementNamesRecordsThatExist(t *testing.T) {
	c := word("stuck", "")
	c.Sources = []domain.SourceRef{{Source: "nobody"}}
	_, _, err := says(story(t, opening("2016-05-01"), word("stalled", "2016-05-02")), correct(2, c), register{missing: []string{"source/nobody"}})
	if code(err) != "unknown-id" {
		t.Errorf("got %v", err)
	}
}

func TestDefaultsOfAReplacementAreNamedWithTheirPath(t *testing.T) {
	r := domain.Record{Ref: domain.Ref{Kind: domain.KindTally, ID: "aleppo"}}
	figure := func() domain.Command {
		return &tally.RecordTally{Tally: "aleppo", Source: "sohr", Unit: "people", Best: new(int), AsOf: when.When{At: "2016-05-01"}}
	}
	r, _, _ = says(r, figure(), register{})
	c := correct(1, figure())
	c.Record = "tally/aleppo"
	_, d, err := says(r, c, register{})
	if want := []string{"occurred", "replacement.outcome", "replacement.qualifier", "replacement.as_of.zone"}; err != nil || !slices.Equal(d.Defaults, want) {
		t.Errorf("got %q, %v; want %q", d.Defaults, err, want)
	}
}

// An act is judged by what stood at its place; a report by all that stands.
func TestWhatACommandIsJudgedAgainst(t *testing.T) {
	seen := func(c domain.Command) (sequences []uint64) {
		r := story(t, opening("2016-05-01"), word("stalled", "2016-05-02"), word("moving", "2016-05-04"))
		judge := func(before []domain.Reading, _ domain.Moment, _ domain.Command, _ domain.Setting) ([]domain.Event, []string, error) {
			for _, x := range before {
				sequences = append(sequences, x.Sequence)
			}
			return nil, nil, nil
		}
		if _, err := domain.Decide(r, c, domain.Setting{Now: start, Zone: "UTC", Facts: register{}}, judge); err != nil {
			t.Fatal(err)
		}
		return sequences
	}
	for name, test := range map[string]struct {
		c    domain.Command
		want []uint64
	}{
		"an act":                        {acts("2016-05-03"), []uint64{1, 2}},
		"an act on the day of an entry": {acts("2016-05-02"), []uint64{1, 2}},
		"a report":                      {word("", "2016-05-03"), []uint64{1, 2, 3}},
		"the replacement of a report":   {correct(2, word("", "2016-05-02")), []uint64{1, 3}},
		"the replacement of an act":     {correct(2, acts("2016-05-02")), []uint64{1}},
	} {
		if got := seen(test.c); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// act is a command that is no report.
type act struct {
	domain.Header
	talks.Addressed
}

func (*act) Verb() string { return "act" }

func acts(day string) *act { return &act{on(day), talks.Addressed{Talks: "geneva"}} }

func ExampleRefusal() {
	err := domain.Refuse(domain.ErrExists, "%s", "talks/geneva")
	fmt.Println(code(err))
	fmt.Println(err)
	// Output:
	// exists
	// a record with this id exists already; choose another id, or correct the one that exists (talks/geneva)
}
