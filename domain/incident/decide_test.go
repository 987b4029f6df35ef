package incident_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"truceledger/domain"
	. "truceledger/domain/incident"
	"truceledger/domain/when"
)

// The commands of a story. Each call makes a new one, for Decide fills in defaults.
func strike(ceasefires ...string) *Violate {
	return &Violate{
		Header: by("msf", ""), Incident: "hospital", Ceasefires: ceasefires,
		At: when.When{At: "2016-04-28", Phrase: "late on Thursday"}, Accused: []string{"syrian-government"},
	}
}

func by(actor, day string) domain.Header {
	return domain.Header{By: actor, Occurred: when.When{At: day}}
}

func account(actor, day string) Account {
	return Account{Header: by(actor, day), Addressed: Addressed{Incident: "hospital"}}
}

func step(actor, day string) Inquiry {
	return Inquiry{Header: by(actor, day), Addressed: Addressed{Incident: "hospital"}}
}

func open(actor, day string) *OpenInquiry       { return &OpenInquiry{step(actor, day)} }
func suspend(actor, day string) *SuspendInquiry { return &SuspendInquiry{step(actor, day)} }
func conclude(actor, day string, f Finding) *ConcludeInquiry {
	return &ConcludeInquiry{Inquiry: step(actor, day), Finding: f}
}
func attribute(actor, to string) *Attribute {
	return &Attribute{Account: account(actor, "2016-05-03"), Actor: to}
}
func duplicate(actor, of string) *MarkDuplicate {
	return &MarkDuplicate{Header: by(actor, "2016-05-05"), Addressed: Addressed{Incident: "hospital"}, Of: of}
}
func deny(actor, of string) *Deny { return &Deny{Account: account(actor, "2016-05-04"), Actor: of} }

func count(low, best, high int) *Violate {
	c := strike()
	c.Casualties = []Casualties{{Outcome: "killed", Low: &low, Best: &best, High: &high}}
	return c
}

func TestJudge(t *testing.T) {
	anonymous, sourced, negative := strike(), strike(), strike()
	anonymous.By = ""
	sourced.By, sourced.Sources = "", []domain.SourceRef{{Source: "s0"}}
	negative.Count = -1
	unstated := strike()
	unstated.Casualties = []Casualties{{Outcome: "killed"}}

	tests := []struct {
		name    string
		given   []domain.Command
		when    domain.Command
		then    string // the type of the event
		refused string // or the code, or the field
	}{
		{name: "an allegation needs somebody who stands behind it", when: anonymous, refused: "source-needed"},
		{name: "a source stands behind an allegation without an alleger", when: sourced, then: "ViolationAlleged"},
		{name: "an allegation need not cite a ceasefire", when: strike(), then: "ViolationAlleged"},
		{name: "an incident is alleged once", given: []domain.Command{strike()}, when: strike(), refused: "exists"},
		{name: "no allegation stands for fewer than no events", when: negative, refused: "count"},
		{name: "casualties are figures that some count can have", when: count(3, 2, 4), refused: "casualties[0].best"},
		{name: "casualties are not negative", when: count(-1, 2, 4), refused: "casualties[0].low"},
		{name: "casualties have a figure", when: unstated, refused: "casualties[0].best"},
		{name: "nobody killed is a figure", when: count(0, 0, 0), then: "ViolationAlleged"},

		{name: "anybody may corroborate", given: []domain.Command{strike()}, when: &Corroborate{account("sohr", "2016-05-01")}, then: "IncidentCorroborated"},
		{name: "an account is not refused for standing before the allegation", given: []domain.Command{strike()}, when: &Dispute{account("russia", "2016-04-01")}, then: "IncidentDisputed"},
		{name: "an attribution may contradict another", given: []domain.Command{strike(), attribute("sohr", "russia")}, when: attribute("msf", "nusra-front"), then: "IncidentAttributed"},
		{name: "an accused may deny", given: []domain.Command{strike()}, when: deny("syrian-government", ""), then: "AttributionDenied"},
		{name: "nothing is said about an incident that is not on the record", when: deny("syrian-government", ""), refused: "incident/hospital is not on the record"},

		{name: "a monitor of a cited ceasefire may open an inquiry", given: []domain.Command{strike("latakia", "aleppo")}, when: open("hmeimim-centre", "2016-05-01"), then: "InquiryOpened"},
		{name: "a monitor of a ceasefire above a cited one may", given: []domain.Command{strike("aleppo")}, when: open("un-monitors", "2016-05-01"), then: "InquiryOpened"},
		{name: "a monitor of a ceasefire below may not", given: []domain.Command{strike("syria")}, when: open("hmeimim-centre", "2016-05-01"), refused: "not-a-monitor"},
		{name: "nobody else may open an inquiry", given: []domain.Command{strike("aleppo")}, when: open("sohr", "2016-05-01"), refused: "not-a-monitor"},
		{name: "an incident that cites no ceasefire has no monitors", given: []domain.Command{strike()}, when: open("un-monitors", "2016-05-01"), refused: "not-a-monitor"},
		{name: "a monitor designated later is none yet", given: []domain.Command{strike("aleppo")}, when: open("geneva-centre", "2016-05-09"), refused: "not-a-monitor"},
		{name: "a monitor is one from its designation on", given: []domain.Command{strike("aleppo")}, when: open("geneva-centre", "2016-05-11"), then: "InquiryOpened"},
		{name: "parents in a circle do not hang a decision", given: []domain.Command{strike("round")}, when: open("un-monitors", "2016-05-01"), refused: "not-a-monitor"},
		{name: "an inquiry does not begin before what it looks into", given: []domain.Command{strike("aleppo")}, when: open("hmeimim-centre", "2016-04-01"), refused: "no-allegation"},

		{name: "an inquiry is opened once", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01")}, when: open("hmeimim-centre", "2016-05-02"), refused: "inquiry-open"},
		{name: "another monitor may hold its own", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01")}, when: open("un-monitors", "2016-05-02"), then: "InquiryOpened"},
		{name: "what is not open cannot be suspended", given: []domain.Command{strike("aleppo")}, when: suspend("hmeimim-centre", "2016-05-01"), refused: "no-inquiry"},
		{name: "what another monitor opened cannot be suspended", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01")}, when: suspend("un-monitors", "2016-05-02"), refused: "no-inquiry"},
		{name: "what is suspended cannot be suspended", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01"), suspend("hmeimim-centre", "2016-05-02")}, when: suspend("hmeimim-centre", "2016-05-03"), refused: "no-inquiry"},
		{name: "what was never opened cannot be concluded", given: []domain.Command{strike("aleppo")}, when: conclude("hmeimim-centre", "2016-05-01", Verified), refused: "no-inquiry"},
		{name: "what was opened only later cannot be concluded", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-03")}, when: conclude("hmeimim-centre", "2016-05-01", Verified), refused: "no-inquiry"},
		{name: "only a monitor concludes", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01")}, when: conclude("msf", "2016-05-02", Verified), refused: "not-a-monitor"},
		{name: "a suspended inquiry may be concluded", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01"), suspend("hmeimim-centre", "2016-05-02")}, when: conclude("hmeimim-centre", "2016-05-03", Inconclusive), then: "InquiryConcluded"},
		{name: "a suspended inquiry may be taken up again", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01"), suspend("hmeimim-centre", "2016-05-02")}, when: open("hmeimim-centre", "2016-05-03"), then: "InquiryOpened"},
		{name: "a concluded inquiry may be taken up again", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01"), conclude("hmeimim-centre", "2016-05-02", Inconclusive)}, when: open("hmeimim-centre", "2016-05-03"), then: "InquiryOpened"},
		{name: "an inquiry ends with a finding", given: []domain.Command{strike("aleppo"), open("hmeimim-centre", "2016-05-01")}, when: conclude("hmeimim-centre", "2016-05-02", ""), refused: "finding"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := begin("hospital", test.given...).says(test.when)
			if got := refusal(err); got != test.refused {
				t.Fatalf("got refusal %q (%v), want %q", got, err, test.refused)
			}
			if got := names(d.Events); test.then != "" && !slices.Equal(got, []string{test.then}) {
				t.Errorf("got events %v, want %s", got, test.then)
			}
			if err != nil && len(d.Events) > 0 {
				t.Errorf("a refusal came with events: %v", d.Events)
			}
		})
	}
}

func names(events []domain.Event) (names []string) {
	for _, e := range events {
		names = append(names, reflect.TypeOf(e).Name())
	}
	return names
}

func TestDefaultsAreFilledInAndNamed(t *testing.T) {
	c := strike()
	c.Casualties = []Casualties{{Outcome: "killed", Best: new(int)}, {Outcome: "injured", Unit: "children", Qualifier: "nearly", Best: new(int)}}
	s := begin("hospital")
	d, err := s.says(c)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"count", "casualties[0].unit", "casualties[0].qualifier", "at.zone"}
	if !slices.Equal(d.Defaults, want) {
		t.Errorf("got defaults %q, want %q", d.Defaults, want)
	}
	if c.Count != 1 || c.Casualties[0].Unit != "unknown" || c.Casualties[0].Qualifier != "exact" || c.Casualties[1].Qualifier != "nearly" {
		t.Errorf("got %+v", c)
	}

	denial := deny("syrian-government", "")
	if d, err = s.says(denial); err != nil || denial.Actor != "syrian-government" || !slices.Contains(d.Defaults, "actor") {
		t.Errorf("a denial that names nobody: got actor %q, defaults %q, %v; want the one who denies", denial.Actor, d.Defaults, err)
	}
}

func TestAnInquiryNamesTheCeasefireThatEntitlesIt(t *testing.T) {
	for monitor, want := range map[string]string{"hmeimim-centre": "aleppo", "un-monitors": "syria"} {
		s := begin("hospital", strike("latakia", "aleppo"))
		d, err := s.says(open(monitor, "2016-05-01"))
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Events[0].(InquiryOpened).Mandate; got != want {
			t.Errorf("%s: got mandate %q, want %q", monitor, got, want)
		}
	}
}

func TestFactsThatFailDecideNothing(t *testing.T) {
	d, err := begin("hospital", strike("offline")).says(open("un-monitors", "2016-05-01"))
	if !errors.Is(err, errOffline) || len(d.Events) > 0 {
		t.Errorf("got %v, %v; want the failure itself", d.Events, err)
	}
}

func TestARetractedAllegationHasNoInquiry(t *testing.T) {
	s := begin("hospital", strike("aleppo"), &domain.Retract{
		CorrectionTarget: domain.CorrectionTarget{Record: "incident/hospital", Sequence: 1}, Reason: "entered twice",
	})
	if _, err := s.says(open("hmeimim-centre", "2016-05-01")); refusal(err) != "no-allegation" {
		t.Errorf("got %v, want no-allegation", err)
	}
	if _, err := s.says(&Corroborate{account("sohr", "2016-05-01")}); err != nil {
		t.Errorf("a report was refused: %v", err)
	}
	if got := Fold(s.readings()); got.Exists() || len(got.Accounts) != 1 || got.Status != "" {
		t.Errorf("got %+v, want no incident, and the account kept", got)
	}
}
