package domain_test

import (
	"errors"
	"slices"
	"testing"

	"truceledger/domain"
	"truceledger/domain/talks"
	"truceledger/domain/when"
)

const elsewhere = "restricted-3f0a1c52-9d5b-4c1e-8f5a-00000000000e"

// opened is a caucus that de-mistura began, restricted to north and south.
func opened(about ...string) domain.Command {
	return &talks.OpenTalks{Header: domain.Header{By: "de-mistura"}, Talks: caucus, About: about, Restriction: domain.Restriction{RestrictedTo: []string{"north", "south"}}}
}

func share(by string, with ...string) *domain.Share {
	return &domain.Share{Header: domain.Header{By: by}, RecordTarget: domain.RecordTarget{Record: "talks/" + caucus}, With: with}
}

func TestSharing(t *testing.T) {
	tellsOf := opened("talks/" + elsewhere)
	corrected := &domain.Correct{CorrectionTarget: domain.CorrectionTarget{Record: "talks/" + caucus, Sequence: 1}, Reason: "x", Replacement: opened()}
	known := register{audiences: map[string][]string{"talks/" + elsewhere: {"north", "south", "east"}}}
	for _, c := range []struct {
		name  string
		given []domain.Command
		when  domain.Command
		added []string
		want  string // of a refusal
	}{
		{name: "an actor of the beginning lets another know", given: []domain.Command{opened()}, when: share("south", "east"), added: []string{"east"}},
		{name: "so does who began it", given: []domain.Command{opened()}, when: share("de-mistura", "east", "west"), added: []string{"east", "west"}},
		{name: "or somebody in nobody's name", given: []domain.Command{opened()}, when: share("", "east"), added: []string{"east"}},
		{name: "who is no actor of it does not", given: []domain.Command{opened()}, when: share("west", "east"), want: "not-yours-to-share"},
		{name: "nor does one who was let in later", given: []domain.Command{opened(), share("north", "east")}, when: share("east", "west"), want: "not-yours-to-share"},
		{name: "who knows of it already is not added", given: []domain.Command{opened(), share("north", "east")}, when: share("south", "east", "north", "west"), added: []string{"west"}},
		{name: "where all know of it there is nothing to add", given: []domain.Command{opened(), share("north", "east")}, when: share("south", "east", "north")},
		{name: "a sharing is not taken back", given: []domain.Command{opened(), share("north", "east")}, when: &domain.Retract{CorrectionTarget: domain.CorrectionTarget{Record: "talks/" + caucus, Sequence: 2}, Reason: "x"}, want: "final"},
		{name: "nor put in another's place", given: []domain.Command{opened(), share("north", "east")}, when: &domain.Correct{CorrectionTarget: domain.CorrectionTarget{Record: "talks/" + caucus, Sequence: 2}, Reason: "x", Replacement: share("north", "west")}, want: "final"},
		{name: "nor does one stand for another entry", given: []domain.Command{opened()}, when: &domain.Correct{CorrectionTarget: domain.CorrectionTarget{Record: "talks/" + caucus, Sequence: 1}, Reason: "x", Replacement: share("north", "west")}, want: "final"},
		{name: "it names somebody", given: []domain.Command{opened()}, when: share("north"), want: "with"},
		{name: "those who know of what it names are let in", given: []domain.Command{tellsOf}, when: share("north", "east"), added: []string{"east"}},
		{name: "others are not", given: []domain.Command{tellsOf}, when: share("north", "east", "west"), want: "names-what-is-kept"},
		{name: "nor where what it names was corrected away", given: []domain.Command{tellsOf, corrected}, when: share("north", "west"), want: "names-what-is-kept"},
		{name: "a public record that it names keeps nobody out", given: []domain.Command{opened("talks/geneva")}, when: share("north", "west"), added: []string{"west"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := domain.Record{Ref: domain.Ref{Kind: domain.KindTalks, ID: caucus}}
			var err error
			for _, given := range c.given {
				if r, _, err = says(r, given, known); err != nil {
					t.Fatalf("%s: %v", given.Verb(), err)
				}
			}
			before, audience := len(r.AllReadings()), domain.AudienceOf(r)
			after, d, err := says(r, c.when, known)
			if code(err) != c.want {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if err != nil {
				return
			}
			if len(d.Events) == 0 {
				after = r // nothing is stored
			}
			added, _ := domain.AddedBy(d.Events)
			if !slices.Equal(added, c.added) || !slices.Equal(domain.AudienceOf(after), append(audience, c.added...)) {
				t.Errorf("added %v, want %v; now %v", added, c.added, domain.AudienceOf(after))
			}
			if got := len(after.AllReadings()); got != before {
				t.Errorf("what a fold reads has changed: %d readings, before %d", got, before)
			}
		})
	}
}

// The refusal names the record that is kept, and to whom it would have been betrayed.
func TestARefusedSharingSaysWhatStandsInItsWay(t *testing.T) {
	r := domain.Record{Ref: domain.Ref{Kind: domain.KindTalks, ID: caucus}}
	r, _, err := says(r, opened("talks/"+elsewhere), register{})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = says(r, share("north", "east"), register{})
	var refused *domain.Refusal
	if !errors.As(err, &refused) || refused.Case != "talks/"+elsewhere+", and east" {
		t.Errorf("got %v", err)
	}
	if _, _, err := says(r, share("north", "east"), forgetful{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("what could not be found out is a yes: %v", err)
	}
}

// forgetful facts cannot say who may know of a record.
type forgetful struct{ register }

func (forgetful) Audience(domain.Ref) ([]string, error) { return nil, errors.ErrUnsupported }

func TestAPublicRecordIsNotShared(t *testing.T) {
	c := &domain.Share{Header: domain.Header{By: "de-mistura"}, RecordTarget: domain.RecordTarget{Record: "talks/geneva"}, With: []string{"east"}}
	if _, _, err := says(story(t, opening("2016-05-01")), c, register{}); code(err) != "not-restricted" {
		t.Errorf("got %v", err)
	}
}

// A key that was ended before its sharing came onto the log let nobody in; and a sharing moves no act.
func TestAVoidSharingLetsNobodyIn(t *testing.T) {
	r := domain.Record{Ref: domain.Ref{Kind: domain.KindTalks, ID: caucus}}
	r, _, err := says(r, opened(), register{})
	if err != nil {
		t.Fatal(err)
	}
	_, d, err := says(r, share("north", "east"), register{})
	if err != nil {
		t.Fatal(err)
	}
	void := r.Then(domain.Step{Sequence: 2, Command: share("north", "east"), Events: d.Events, Void: 9})
	if got := domain.AudienceOf(void); !slices.Equal(got, []string{"north", "south"}) {
		t.Errorf("got %v", got)
	}
	shared := r.Then(domain.Step{Sequence: 2, Command: share("north", "east"), Events: d.Events})
	if got := domain.AudienceOf(shared.UpTo(1)); !slices.Equal(got, []string{"north", "south"}) {
		t.Errorf("before the sharing: got %v", got)
	}
	b, err := (when.When{At: "2016-06-01", Zone: "UTC"}).Resolve("UTC")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shared.Place(b), r.Place(b); !got.Equal(want) {
		t.Errorf("a sharing has moved an act from %v to %v", want, got)
	}
	if got := domain.AudienceOf(domain.Record{}); got != nil {
		t.Errorf("of no record: got %v", got)
	}
}
