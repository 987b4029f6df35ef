package domain_test

import (
	"errors"
	"testing"
	"time"

	"truceledger/domain"
)

// atlas is a chain of places, and of ceasefires of the same names: each lies in, and stands under, the next.
type atlas struct {
	register
	above map[string]string
}

func (a atlas) PlaceParent(place string) (string, error) { return a.above[place], a.broken }
func (a atlas) DuplicateOf(string) (string, error)       { return "", nil }

func (a atlas) Ceasefire(id string, _ time.Time) (domain.CeasefireFacts, bool, error) {
	parent, known := a.above[id]
	return domain.CeasefireFacts{Parent: parent, Excluded: []string{"banned-from-" + id}}, known, a.broken
}

var levant = atlas{above: map[string]string{"sakhour": "aleppo", "aleppo": "syria", "syria": "", "mobius": "strip", "strip": "mobius"}}

func TestWithin(t *testing.T) {
	for name, test := range map[string]struct {
		place string
		area  []string
		want  bool
	}{
		"a place lies within itself":                 {"aleppo", []string{"aleppo"}, true},
		"and within what is above it":                {"sakhour", []string{"hama", "syria"}, true},
		"but not within what lies in it":             {"syria", []string{"aleppo"}, false},
		"nothing lies within no area":                {"aleppo", nil, false},
		"an unknown place lies nowhere":              {"atlantis", []string{"syria"}, false},
		"a circle of parents does not hang the rule": {"mobius", []string{"syria"}, false},
	} {
		if got, err := domain.Within(levant, test.place, test.area); got != test.want || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestExcludedFrom(t *testing.T) {
	for name, test := range map[string]struct {
		ceasefire, actor string
		want             bool
	}{
		"by the ceasefire itself":                    {"aleppo", "banned-from-aleppo", true},
		"by one above it":                            {"sakhour", "banned-from-syria", true},
		"not by one below it":                        {"syria", "banned-from-aleppo", false},
		"not by one that does not exist":             {"atlantis", "banned-from-atlantis", false},
		"a circle of parents does not hang the rule": {"mobius", "banned-from-syria", false},
	} {
		if got, err := domain.ExcludedFrom(levant, test.ceasefire, test.actor, start); got != test.want || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestFactsThatFailAnswerNothing(t *testing.T) {
	down := atlas{register: register{broken: errors.New("down")}}
	if _, err := domain.Within(down, "aleppo", []string{"syria"}); !errors.Is(err, down.broken) {
		t.Errorf("Within: got %v", err)
	}
	if _, err := domain.ExcludedFrom(down, "aleppo", "russia", start); !errors.Is(err, down.broken) {
		t.Errorf("ExcludedFrom: got %v", err)
	}
}
