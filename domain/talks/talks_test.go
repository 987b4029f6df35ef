package talks_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"truceledger/domain"
	. "truceledger/domain/talks"
	"truceledger/domain/when"
)

func by(actor, day string) domain.Header {
	return domain.Header{By: actor, Occurred: when.When{At: day, Phrase: "on the day"}}
}

func geneva() *OpenTalks {
	return &OpenTalks{Header: by("de-mistura", "2016-04-13"), Talks: "geneva", Track: "Geneva III", Status: "under_way", About: []string{"ceasefire/syria-cessation"}}
}

func status(s Status, word, day string) *RecordTalksStatus {
	return &RecordTalksStatus{Header: by("de-mistura", day), Addressed: Addressed{Talks: "geneva"}, Status: s, Characterisation: word}
}

func reserve(day string) *ReserveRight {
	return &ReserveRight{
		Header: by("free-syrian-army", day), Addressed: Addressed{Talks: "geneva"}, Right: "to withdraw", Condition: "if attacks go on",
		About: []string{"ceasefire/syria-cessation", "ceasefire/aleppo-silence"},
	}
}

// quoted is c as a source alone has it.
func quoted[C domain.Command](c C) C {
	c.Head().By, c.Head().Sources = "", []domain.SourceRef{{Source: "s4"}}
	return c
}

// unsigned is c with nobody behind it.
func unsigned[C domain.Command](c C) C {
	c.Head().By = ""
	return c
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name    string
		given   []domain.Command
		when    domain.Command
		then    domain.Event
		refused string
	}{
		{name: "talks are opened by somebody", when: geneva(), then: TalksOpened{}},
		{name: "or as a source has it", when: quoted(geneva()), then: TalksOpened{}},
		{name: "talks that nobody speaks of are not opened", when: unsigned(geneva()), refused: "source-needed"},
		{name: "talks are opened once", given: []domain.Command{geneva()}, when: geneva(), refused: "exists"},
		{name: "a status says where talks stand", given: []domain.Command{geneva()}, when: status("suspended", "", "2016-04-27"), then: TalksStatusRecorded{}},
		{name: "a characterisation may be all that a source gives", given: []domain.Command{geneva()}, when: quoted(status("", "gridlocked", "2016-05-03")), then: TalksStatusRecorded{}},
		{name: "one of the two is needed", given: []domain.Command{geneva()}, when: status("", "", "2016-05-03"), refused: "status"},
		{name: "a status needs somebody who stands behind it", given: []domain.Command{geneva()}, when: unsigned(status("collapsed", "", "2016-05-03")), refused: "source-needed"},
		{name: "a status is one of the vocabulary", given: []domain.Command{geneva()}, when: status("stalled", "", "2016-05-03"), refused: "status"},
		{name: "concluded talks may be said to go on", given: []domain.Command{geneva(), status("concluded", "", "2016-04-28")}, when: status("under_way", "", "2016-05-03"), then: TalksStatusRecorded{}},
		{name: "a status may be of a day before the opening", given: []domain.Command{geneva()}, when: status("scheduled", "", "2016-04-01"), then: TalksStatusRecorded{}},
		{name: "a right is reserved by an actor", given: []domain.Command{geneva()}, when: reserve("2016-05-02"), then: RightReserved{}},
		{name: "not by a source", given: []domain.Command{geneva()}, when: quoted(reserve("2016-05-02")), refused: "by"},
		{name: "nothing is said of talks that are not on the record", when: reserve("2016-05-02"), refused: "talks/geneva is not on the record"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := begin("geneva", test.given...).says(test.when)
			if got := refusal(err); got != test.refused {
				t.Fatalf("got refusal %q (%v), want %q", got, err, test.refused)
			}
			if test.then != nil && (len(d.Events) != 1 || reflect.TypeOf(d.Events[0]) != reflect.TypeOf(test.then)) {
				t.Errorf("got events %v, want %T", d.Events, test.then)
			}
		})
	}
}

func TestState(t *testing.T) {
	s := Fold(begin("geneva", geneva(), status("suspended", "", "2016-04-27"), quoted(status("", "gridlocked", "2016-05-03")), reserve("2016-05-02")).readings())
	if s.ID != "geneva" || s.Track != "Geneva III" || s.By != "de-mistura" {
		t.Errorf("got %+v", s)
	}
	if s.Status != "suspended" {
		t.Errorf("got status %q: a bare characterisation leaves the status as it was", s.Status)
	}
	if len(s.Statuses) != 3 || s.Statuses[2].Characterisation != "gridlocked" || s.Statuses[2].Sources[0].Source != "s4" || s.Statuses[1].Sequence != 2 {
		t.Errorf("got statuses %+v", s.Statuses)
	}
	if r := s.Reservations[0]; r.By != "free-syrian-army" || r.Right != "to withdraw" || r.Occurred.String() != "2016-05-02" || r.Occurred.Phrase != "on the day" {
		t.Errorf("got reservation %+v", r)
	}
	if !slices.Equal(s.About, []string{"ceasefire/syria-cessation", "ceasefire/aleppo-silence"}) {
		t.Errorf("got about %v: each once", s.About)
	}
}

func TestTheNewestStatusIsTheOneSaidOfTheLatestDay(t *testing.T) {
	s := Fold(begin("geneva", geneva(), status("suspended", "", "2016-04-27"), status("scheduled", "", "2016-04-01")).readings())
	if s.Status != "suspended" || s.Statuses[0].Status != "scheduled" {
		t.Errorf("got %q of %+v: what is said of 1 April is older, though recorded later", s.Status, s.Statuses)
	}
}

func TestWhatIsSaidOfRetractedTalksMakesNoTalks(t *testing.T) {
	s := Fold(begin("geneva", geneva(), reserve("2016-05-02"), &domain.Retract{
		CorrectionTarget: domain.CorrectionTarget{Record: "talks/geneva", Sequence: 1}, Reason: "another round",
	}).readings())
	if s.Exists() || len(s.Reservations) != 1 || Fold(nil).Exists() {
		t.Errorf("got %+v", s)
	}
}

func TestScripts(t *testing.T) { rapid.Check(t, checkScript) }

func FuzzScripts(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkScript)) }

// checkScript plays a script, and holds the fold against a plain recount.
func checkScript(t *rapid.T) {
	s := begin("geneva")
	for range rapid.IntRange(1, 15).Draw(t, "length") {
		before := s.record.Version()
		d, err := s.says(anyCommand(t))
		if err != nil && (len(d.Events) > 0 || s.record.Version() != before) {
			t.Fatalf("a refusal filed something: %v, %v", err, d.Events)
		}
	}
	readings := s.readings()
	whole := Fold(readings)
	cut := rapid.IntRange(0, len(readings)).Draw(t, "cut")
	state := Fold(readings[:cut])
	for _, r := range readings[cut:] {
		next := Evolve(state, r, r.Events[0])
		shown := fmt.Sprint(next)
		Evolve(state, readings[0], readings[0].Events[0])
		if fmt.Sprint(next) != shown {
			t.Fatal("Evolve wrote into its argument")
		}
		state = next
	}
	if !reflect.DeepEqual(state, whole) {
		t.Fatalf("a fold in two parts: got %+v, want %+v", state, whole)
	}
	if len(whole.Statuses)+len(whole.Reservations) != len(readings) {
		t.Fatalf("%d entries, the state has %d statuses and %d reservations", len(readings), len(whole.Statuses), len(whole.Reservations))
	}
}

func anyCommand(t *rapid.T) domain.Command {
	day := fmt.Sprintf("2016-04-%02d", rapid.IntRange(10, 20).Draw(t, "day"))
	said := rapid.SampledFrom([]Status{"", "suspended", "resumed"}).Draw(t, "status")
	word := rapid.SampledFrom([]string{"", "gridlocked"}).Draw(t, "word")
	return rapid.SampledFrom([]domain.Command{geneva(), status(said, word, day), reserve(day), unsigned(status(said, word, day))}).Draw(t, "command")
}
