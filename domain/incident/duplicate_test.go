package incident_test

import (
	"slices"
	"testing"

	"truceledger/domain"
	. "truceledger/domain/incident"
)

func TestReportsAreMergedByWhoMaySaySo(t *testing.T) {
	sourced := func() *Violate {
		c := strike()
		c.By, c.Sources = "", []domain.SourceRef{{Source: "s0"}}
		return c
	}
	marked := []domain.Command{strike("aleppo"), duplicate("hmeimim-centre", "tent")}
	tests := []struct {
		name    string
		given   []domain.Command
		when    domain.Command
		then    []string // the types of the events
		refused string
	}{
		{name: "a monitor of a cited ceasefire merges", given: []domain.Command{strike("aleppo")}, when: duplicate("hmeimim-centre", "tent"), then: []string{"DuplicateMarked"}},
		{name: "a monitor of a ceasefire above it merges", given: []domain.Command{strike("aleppo")}, when: duplicate("un-monitors", "tent"), then: []string{"DuplicateMarked"}},
		{name: "who alleged it may find that it was reported before", given: []domain.Command{strike("aleppo")}, when: duplicate("msf", "tent"), then: []string{"DuplicateMarked"}},
		{name: "an accused does not make a report disappear from the counts", given: []domain.Command{strike("aleppo")}, when: duplicate("syrian-government", "tent"), refused: "not-a-monitor"},
		{name: "anybody merges what cites no ceasefire", given: []domain.Command{sourced()}, when: duplicate("sohr", "tent"), then: []string{"DuplicateMarked"}},
		{name: "what is said again is on the record already", given: marked, when: duplicate("un-monitors", "tent")},
		{name: "a mark may be changed for another", given: marked, when: duplicate("hmeimim-centre", "field"), then: []string{"DuplicateMarked"}},
		{name: "an incident is no duplicate of itself", given: []domain.Command{strike("aleppo")}, when: duplicate("hmeimim-centre", "hospital"), refused: "duplicate-circle"},
		{name: "nor of its own duplicate", given: []domain.Command{strike("aleppo")}, when: duplicate("hmeimim-centre", "ward"), refused: "duplicate-circle"},
		{name: "nor of a duplicate of that", given: []domain.Command{strike("aleppo")}, when: duplicate("hmeimim-centre", "clinic"), refused: "duplicate-circle"},
		{name: "others in a circle do not hang a decision", given: []domain.Command{strike("aleppo")}, when: duplicate("hmeimim-centre", "egg"), then: []string{"DuplicateMarked"}},
		{name: "a mark names the other report", given: []domain.Command{strike("aleppo")}, when: duplicate("hmeimim-centre", ""), refused: "of"},
		{name: "reports are not merged before there is one", given: []domain.Command{later(strike("aleppo"), "2016-05-09")}, when: duplicate("hmeimim-centre", "tent"), refused: "no-allegation"},
		{name: "nothing is merged that is not on the record", when: duplicate("msf", "tent"), refused: "incident/hospital is not on the record"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := begin("hospital", test.given...).says(test.when)
			if got := refusal(err); got != test.refused {
				t.Fatalf("got refusal %q (%v), want %q", got, err, test.refused)
			}
			if got := names(d.Events); !slices.Equal(got, test.then) {
				t.Errorf("got events %v, want %v", got, test.then)
			}
		})
	}
}

func later(c *Violate, day string) *Violate {
	c.At, c.Occurred.At = c.Occurred, day
	c.At.At = day
	return c
}

func TestAMarkStandsUntilItIsRetracted(t *testing.T) {
	s := begin("hospital", strike("aleppo"), &Corroborate{account("sohr", "2016-05-01")}, duplicate("hmeimim-centre", "tent"), duplicate("msf", "field"))
	got := Fold(s.readings())
	if d := got.Duplicate; d.Of != "field" || d.By != "msf" || d.Sequence != 4 || d.Occurred.String() != "2016-05-05" {
		t.Errorf("got %+v, want the newest mark", d)
	}
	if !got.Exists() || len(got.Accounts) != 1 || got.Status != Alleged {
		t.Errorf("got %+v: a merged report keeps what was said of it", got)
	}
	for i, want := range []string{"tent", ""} {
		retract := &domain.Retract{CorrectionTarget: domain.CorrectionTarget{Record: "incident/hospital", Sequence: uint64(4 - i)}, Reason: "not the same"}
		if _, err := s.says(retract); err != nil {
			t.Fatal(err)
		}
		if got := Fold(s.readings()).Duplicate.Of; got != want {
			t.Errorf("after retraction %d: got %q, want %q", i+1, got, want)
		}
	}
}
