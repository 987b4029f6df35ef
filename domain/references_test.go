package domain_test

import (
	"errors"
	"strings"
	"testing"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/tally"
)

func TestACommandNamesRecordsThatExist(t *testing.T) {
	figure := &tally.RecordTally{Tally: "aleppo", Source: "sohr", Area: domain.Places{"aleppo-city"}, About: []string{"ceasefire/aleppo"}}
	undertaken := proposal(func(c *ceasefire.Propose) {
		c.Parent, c.Parties = "syria", []string{"russia", "syrian-government"}
		c.Obligations = []ceasefire.Obligation{{Obligation: "o1"}, {Obligation: "o2", Obligor: "united-states"}}
		c.Sources = []domain.SourceRef{{Source: "s0"}}
	})
	tests := []struct {
		name    string
		c       domain.Command
		missing []string
		path    string // of the field that names what is missing
	}{
		{"all are there", undertaken, nil, ""},
		{"the actor", undertaken, []string{"actor/russia"}, "by"},
		{"a word", undertaken, []string{"ceasefire/syria"}, "parent"},
		{"one of a list", undertaken, []string{"actor/syrian-government"}, "parties[1]"},
		{"one in a list's structs", undertaken, []string{"actor/united-states"}, "obligations[1].obligor"},
		{"a source", undertaken, []string{"source/s0"}, "sources[0].source"},
		{"the record itself is not asked for", undertaken, []string{"ceasefire/aleppo"}, ""},
		{"a place", figure, []string{"place/aleppo-city"}, "area[0]"},
		{"a record of any kind", figure, []string{"ceasefire/aleppo"}, "about[0]"},
		{"one of two kinds suffices", figure, []string{"source/sohr"}, ""},
		{"so does the other", figure, []string{"actor/sohr"}, ""},
		{"one of the two is needed", figure, []string{"source/sohr", "actor/sohr"}, "source"},
		{"within a replacement", correct(1, figure), []string{"place/aleppo-city"}, "replacement.area[0]"},
		{"the record that a correction addresses is found already", correct(1, figure), []string{"talks/geneva"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := domain.CheckReferences(test.c, register{missing: test.missing})
			if test.path == "" && err != nil {
				t.Fatalf("got %v", err)
			}
			if test.path != "" && (!errors.Is(err, domain.ErrUnknownID) || !strings.Contains(err.Error(), "("+test.path+": no ")) {
				t.Errorf("got %v, want unknown-id at %s", err, test.path)
			}
		})
	}
}

func TestFactsThatCannotBeReadRefuseNothing(t *testing.T) {
	broken := errors.New("the read model is not there")
	if err := domain.CheckReferences(correct(1, opening("")), register{broken: broken}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the failure itself: it is no rule's no", err)
	}
}
