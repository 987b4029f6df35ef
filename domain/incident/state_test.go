package incident_test

import (
	"reflect"
	"slices"
	"testing"

	"truceledger/domain"
	. "truceledger/domain/incident"
	"truceledger/domain/when"
)

const (
	hmeimim = "hmeimim-centre"
	un      = "un-monitors"
)

func TestStatus(t *testing.T) {
	tests := []struct {
		name  string
		given []domain.Command
		want  Status
	}{
		{"an allegation alone is alleged", nil, Alleged},
		{"accounts do not verify", []domain.Command{&Corroborate{account("sohr", "2016-05-01")}}, Alleged},
		{"an open inquiry", []domain.Command{open(un, "2016-05-01")}, UnderInquiry},
		{"a suspended inquiry", []domain.Command{open(un, "2016-05-01"), suspend(un, "2016-05-02")}, Halted},
		{"a finding", []domain.Command{open(un, "2016-05-01"), conclude(un, "2016-05-02", Unsubstantiated)}, Status(Unsubstantiated)},
		{"an inquiry that is taken up again puts its finding aside", []domain.Command{open(un, "2016-05-01"), conclude(un, "2016-05-02", Inconclusive), open(un, "2016-05-03")}, UnderInquiry},
		{"and replaces it", []domain.Command{open(un, "2016-05-01"), conclude(un, "2016-05-02", Inconclusive), open(un, "2016-05-03"), conclude(un, "2016-05-04", Verified)}, Status(Verified)},
		{"a suspension puts the same monitor's finding aside", []domain.Command{open(un, "2016-05-01"), conclude(un, "2016-05-02", Verified), open(un, "2016-05-03"), suspend(un, "2016-05-04")}, Halted},
		{"another monitor's suspension undoes no finding", []domain.Command{open(un, "2016-05-01"), conclude(un, "2016-05-02", Verified), open(hmeimim, "2016-05-03"), suspend(hmeimim, "2016-05-04")}, Status(Verified)},
		{"a finding outweighs another monitor's suspension", []domain.Command{open(hmeimim, "2016-05-01"), suspend(hmeimim, "2016-05-02"), open(un, "2016-05-03"), conclude(un, "2016-05-04", Verified)}, Status(Verified)},
		{"another monitor's open inquiry counts", []domain.Command{open(un, "2016-05-01"), conclude(un, "2016-05-02", Verified), open(hmeimim, "2016-05-03")}, UnderInquiry},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := begin("hospital", append([]domain.Command{strike("aleppo")}, test.given...)...)
			if got := Fold(s.readings()).Status; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAttribution(t *testing.T) {
	unaccused := strike()
	unaccused.Accused = nil
	tests := []struct {
		name    string
		alleged *Violate
		given   []domain.Command
		want    Attribution
	}{
		{"an accusation is no attribution", strike(), nil, Unattributed},
		{"an attribution is one", unaccused, []domain.Command{attribute("sohr", "russia")}, Attributed},
		{"one that agrees with the accusation", strike(), []domain.Command{attribute("sohr", "syrian-government")}, Attributed},
		{"one speaker may name two", unaccused, []domain.Command{attribute("sohr", "russia"), attribute("sohr", "syrian-government")}, Attributed},
		{"two speakers who have an actor in common agree", strike(), []domain.Command{attribute("sohr", "russia"), attribute("sohr", "syrian-government")}, Attributed},
		{"a denial of the accusation", strike(), []domain.Command{deny("syrian-government", "")}, AttributionInDispute},
		{"a denial on another's behalf", strike(), []domain.Command{deny("russia", "syrian-government")}, AttributionInDispute},
		{"a denial of an attribution", unaccused, []domain.Command{attribute("sohr", "russia"), deny("russia", "")}, AttributionInDispute},
		{"a denial by somebody whom nobody names", strike(), []domain.Command{deny("nusra-front", "")}, Unattributed},
		{"rival attributions", unaccused, []domain.Command{attribute("sohr", "russia"), attribute("msf", "nusra-front")}, AttributionInDispute},
		{"an attribution that rivals the accusation", strike(), []domain.Command{attribute("russia", "nusra-front")}, AttributionInDispute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := begin("hospital", append([]domain.Command{test.alleged}, test.given...)...)
			if got := Fold(s.readings()).Attribution; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestBreach(t *testing.T) {
	excluded := func(actor string) bool { return actor == "nusra-front" || actor == "islamic-state" }
	unaccused, nusra, both := strike("aleppo"), strike("aleppo"), strike("aleppo")
	unaccused.Accused, nusra.Accused = nil, []string{"nusra-front", "islamic-state"}
	both.Accused = []string{"nusra-front", "syrian-government"}
	disputed := []domain.Command{&Dispute{account("russia", "2016-05-01")}}
	verified := []domain.Command{open(un, "2016-05-01"), conclude(un, "2016-05-02", Verified)}

	tests := []struct {
		name    string
		alleged *Violate
		given   []domain.Command
		inForce when.Truth
		inside  when.Truth
		want    Breach
		flags   []Flag
	}{
		{"inside time and area", strike("aleppo"), nil, when.Yes, when.Yes, BreachAlleged, nil},
		{"by nobody in particular", unaccused, nil, when.Yes, when.Yes, BreachAlleged, nil},
		{"at no stated place", strike("aleppo"), nil, when.Yes, when.Maybe, BreachAlleged, nil},
		{"before it was in force", strike("aleppo"), nil, when.No, when.Yes, NoBreach, []Flag{OutsideTime}},
		{"somewhere else", strike("aleppo"), nil, when.Yes, when.No, NoBreach, []Flag{OutsideArea}},
		{"by excluded actors alone", nusra, nil, when.Yes, when.Yes, NoBreach, []Flag{ByExcluded}},
		{"by an excluded actor and another", both, nil, when.Yes, when.Yes, BreachAlleged, nil},
		{"by an excluded actor, as somebody attributes it", unaccused, []domain.Command{attribute("russia", "nusra-front")}, when.Yes, when.Yes, NoBreach, []Flag{ByExcluded}},
		{"outside everything", nusra, nil, when.No, when.No, NoBreach, []Flag{OutsideTime, OutsideArea, ByExcluded}},
		{"at a time that may be outside", strike("aleppo"), nil, when.Maybe, when.Yes, BreachContested, nil},
		{"disputed", strike("aleppo"), disputed, when.Yes, when.Yes, BreachContested, nil},
		{"disputed, and verified", strike("aleppo"), slices.Concat(disputed, verified), when.Yes, when.Yes, BreachAlleged, nil},
		{"verified, by whom is disputed", strike("aleppo"), append(verified, deny("syrian-government", "")), when.Yes, when.Yes, BreachContested, nil},
		{"unsubstantiated", strike("aleppo"), []domain.Command{open(un, "2016-05-01"), conclude(un, "2016-05-02", Unsubstantiated)}, when.Yes, when.Yes, BreachContested, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := begin("hospital", append([]domain.Command{test.alleged}, test.given...)...)
			got := Fold(s.readings()).Breach(Circumstances{InForce: test.inForce, Inside: test.inside, Excluded: excluded})
			if got.Breach != test.want || !slices.Equal(got.Flags, test.flags) {
				t.Errorf("got %+v, want %s %v", got, test.want, test.flags)
			}
		})
	}
}

func TestTheStateSaysWhatTheCommandsSaid(t *testing.T) {
	c := strike("aleppo")
	c.Place, c.Type, c.Sources = "aleppo-city", "air_strike", []domain.SourceRef{{Source: "s0"}}
	s := begin("hospital", c, attribute("sohr", "russia"), open(un, "2016-05-01"), suspend(un, "2016-05-02"), conclude(un, "2016-05-03", Inconclusive))
	s.record.Steps[3].Command.(*SuspendInquiry).Reason = "access denied"
	got := Fold(s.readings())
	if got.ID != "hospital" || got.By != "msf" || got.Place != "aleppo-city" || got.Count != 1 || got.Sources[0].Source != "s0" {
		t.Errorf("got %+v", got)
	}
	if got.At.String() != "2016-04-28" || got.At.Phrase != "late on Thursday" {
		t.Errorf("got at %s %q, want the day and the words", got.At, got.At.Phrase)
	}
	if a := got.Accounts[0]; a.Kind != AttributedTo || a.By != "sohr" || a.Actor != "russia" || a.Sequence != 2 {
		t.Errorf("got account %+v", a)
	}
	p := got.Inquiries[0]
	if p.Opened.String() != "2016-05-01" || p.Suspended.String() != "2016-05-02" || p.Concluded.String() != "2016-05-03" || p.Mandate != "syria" {
		t.Errorf("got inquiry %+v", p)
	}
	if p.Finding != Inconclusive || p.Reason != "access denied" {
		t.Errorf("got finding %q, reason %q: the reason of the suspension stays", p.Finding, p.Reason)
	}
}

func TestAStepThatFindsNoPurchaseIsFlagged(t *testing.T) {
	// Recorded later, a conclusion on 2 May stands before the one of 4 May, which then has nothing left to conclude.
	s := begin("hospital", strike("aleppo"), open(un, "2016-05-01"), conclude(un, "2016-05-04", Verified), conclude(un, "2016-05-02", Inconclusive))
	got := Fold(s.readings())
	if got.Status != Status(Inconclusive) || !slices.Equal(got.OutOfOrder, []uint64{3}) {
		t.Errorf("got %s, out of order %v; want inconclusive, and entry 3 flagged", got.Status, got.OutOfOrder)
	}
}

func TestNothingIsNoIncident(t *testing.T) {
	if got := Fold(nil); got.Exists() || !reflect.DeepEqual(got, State{}) {
		t.Errorf("got %+v", got)
	}
}
