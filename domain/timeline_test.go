package domain_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"truceledger/domain"
	"truceledger/domain/talks"
	"truceledger/domain/when"
)

// words lists the characterisations that a record of talks amounts to, in the order of their places.
func words(r domain.Record, keep func(domain.Step) bool) (words []string) {
	for _, x := range r.Readings(keep) {
		if c, ok := x.Command.(*talks.RecordTalksStatus); ok {
			words = append(words, c.Characterisation)
		}
	}
	return words
}

func TestReadings(t *testing.T) {
	first, second := opening("2016-05-01"), word("stalled", "2016-05-02")
	tests := []struct {
		name string
		more []domain.Command // from entry 3 on
		want []string
	}{
		{"an entry reads as recorded", nil, []string{"stalled"}},
		{"entries read in the order of their places", []domain.Command{word("moving", "2016-05-01")}, []string{"moving", "stalled"}},
		{"at one place, in the order of recording", []domain.Command{word("moving", "2016-05-02")}, []string{"stalled", "moving"}},
		{"a correction replaces", []domain.Command{correct(2, word("stuck", ""))}, []string{"stuck"}},
		{"a newer correction replaces the older", []domain.Command{correct(2, word("stuck", "")), correct(2, word("moving", ""))}, []string{"moving"}},
		{"a correction of a correction replaces both", []domain.Command{correct(2, word("stuck", "")), correct(3, word("moving", ""))}, []string{"moving"}},
		{"a retraction takes away", []domain.Command{retract(2)}, nil},
		{"a retracted retraction gives back", []domain.Command{retract(2), retract(3)}, []string{"stalled"}},
		{"and a third takes away again", []domain.Command{retract(2), retract(3), retract(4)}, nil},
		{"a retracted correction leaves the entry as recorded", []domain.Command{correct(2, word("stuck", "")), retract(3)}, []string{"stalled"}},
		{"or as corrected before", []domain.Command{correct(2, word("stuck", "")), correct(2, word("moving", "")), retract(4)}, []string{"stuck"}},
		{"a retracted correction of a correction leaves the first", []domain.Command{correct(2, word("stuck", "")), correct(3, word("moving", "")), retract(4)}, []string{"stuck"}},
		{"a retraction that is corrected becomes a correction", []domain.Command{retract(2), correct(3, word("moving", ""))}, []string{"moving"}},
		{"a correction may retract nothing but its own entry", []domain.Command{word("moving", "2016-05-03"), retract(3)}, []string{"stalled"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := story(t, slices.Concat([]domain.Command{first, second}, test.more)...)
			if got := words(r, domain.Everything); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			settled, ok := r.Settled()
			corrects := slices.ContainsFunc(test.more, func(c domain.Command) bool { return c.Verb() == "correct" || c.Verb() == "retract" })
			if ok == corrects || ok && !reflect.DeepEqual(settled, r.Readings(domain.Everything)) {
				t.Errorf("settled: got %v, %v", settled, ok)
			}
		})
	}
}

func TestTheOldReadingStaysVisibleAtEarlierClocks(t *testing.T) {
	r := story(t, opening("2016-05-01"), word("stalled", "2016-05-02"), correct(2, word("stuck", "")), retract(3), retract(2))
	for prefix, want := range map[uint64][]string{1: nil, 2: {"stalled"}, 3: {"stuck"}, 4: {"stalled"}, 5: nil} {
		keep := domain.Clocks{Prefix: prefix}.Keeps(nil)
		if got := words(r, keep); !slices.Equal(got, want) {
			t.Errorf("as of %d: got %q, want %q", prefix, got, want)
		}
		if got := words(r.UpTo(prefix), domain.Everything); !slices.Equal(got, want) {
			t.Errorf("up to %d: got %q, want %q", prefix, got, want)
		}
	}
}

func TestAReplacementStandsWhereverItsCorrectionIsKept(t *testing.T) {
	r := story(t, opening("2016-05-01"), word("stalled", "2016-05-02"), correct(2, word("stuck", "")))
	onlyTheCorrection := func(s domain.Step) bool { return s.Sequence == 3 }
	if got := words(r, onlyTheCorrection); !slices.Equal(got, []string{"stuck"}) {
		t.Errorf("got %q", got)
	}
}

func TestAReplacementRestsOnItsSourcesAndTheCorrections(t *testing.T) {
	c := correct(1, opening("2016-05-01"))
	c.Sources = []domain.SourceRef{{Source: "s1"}}
	c.Replacement.Head().Sources = []domain.SourceRef{{Source: "s2"}}
	x := story(t, opening("2016-05-01"), c).Readings(domain.Everything)[0]
	if got := []string{x.Sources[0].Source, x.Sources[1].Source}; !slices.Equal(got, []string{"s1", "s2"}) {
		t.Errorf("got %q", got)
	}
	if !x.RecordedAt.Equal(start) {
		t.Errorf("got recorded at %s: the entry was recorded when it was, whoever corrected it", x.RecordedAt)
	}
}

func TestPlace(t *testing.T) {
	bounds := func(at string) when.Bounds {
		b, err := when.When{At: at}.Resolve("UTC")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	r := story(t, opening("2016-05-01"), word("stalled", "2016-05-03T18:00Z"), word("moving", "2016-05-03T09:00Z"))
	for name, test := range map[string]struct{ occurred, want string }{
		"an instant is its own place":                         {"2016-05-03T10:00Z", "2016-05-03T10:00:00Z"},
		"a day begins at its start":                           {"2016-05-02", "2016-05-02T00:00:00Z"},
		"a day comes after what it holds already":             {"2016-05-03", "2016-05-03T18:00:00Z"},
		"a month comes after the last that it holds":          {"2016-05", "2016-05-03T18:00:00Z"},
		"what starts where the bounds end is not within them": {"2016-05-02T00:00Z/2016-05-03T18:00Z", "2016-05-03T09:00:00Z"},
		"what lies at their start is":                         {"2016-05-03T18:00Z/2016-05-04T00:00Z", "2016-05-03T18:00:00Z"},
		"what lies before them is not":                        {"2016-05-05", "2016-05-05T00:00:00Z"},
	} {
		if got := r.Place(bounds(test.occurred)).Format(time.RFC3339); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestARecordIsAValue(t *testing.T) {
	// Of three steps: a slice that grew to three by appending has room for a fourth, which both would write into.
	r := story(t, opening("2016-05-01"), word("fresh", "2016-05-01"), word("stalled", "2016-05-02"))
	one, _, _ := says(r, word("moving", "2016-05-04"), register{})
	two, _, _ := says(r, word("stuck", "2016-05-03"), register{})
	if len(r.Steps) != 3 || words(one, domain.Everything)[2] != "moving" || words(two, domain.Everything)[2] != "stuck" {
		t.Errorf("two records that grew from one disturb each other: %q, %q", words(one, domain.Everything), words(two, domain.Everything))
	}
	if got := one.Place(day("2016-05")); !got.Equal(day("2016-05-04").Earliest) {
		t.Errorf("they disturb each other's places: got %s", got)
	}
}

func TestFind(t *testing.T) {
	r := domain.Record{}.Then(domain.Step{Sequence: 3, Command: &domain.Retract{}}).Then(domain.Step{Sequence: 7, Command: &domain.Retract{}})
	for sequence, want := range map[uint64]bool{0: false, 3: true, 5: false, 7: true, 8: false} {
		if s, ok := r.Find(sequence); ok != want || ok && s.Sequence != sequence {
			t.Errorf("%d: got %v, %v", sequence, s.Sequence, ok)
		}
	}
}

func TestReadingsAgreeWithAPlainRecount(t *testing.T) { rapid.Check(t, checkReadings) }

func FuzzReadings(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkReadings)) }

// checkReadings plays a script of words, corrections and retractions, and recounts what stands from the newest entry down.
func checkReadings(t *rapid.T) {
	r := domain.Record{Ref: domain.Ref{Kind: domain.KindTalks, ID: "geneva"}}
	r, _, _ = says(r, opening("2016-05-01"), register{})
	for range rapid.IntRange(1, 20).Draw(t, "length") {
		sequence := rapid.Uint64Range(1, r.Version()+1).Draw(t, "sequence")
		fresh := word(rapid.StringMatching(`[a-z]{6}`).Draw(t, "word"), rapid.SampledFrom([]string{"2016-05-02", "2016-05-03", "2016-05"}).Draw(t, "day"))
		c := rapid.SampledFrom([]domain.Command{fresh, correct(sequence, fresh), retract(sequence)}).Draw(t, "command")
		var err error
		if r, _, err = says(r, c, register{}); err != nil && code(err) == err.Error() {
			t.Fatalf("not a rule's no: %v", err)
		}
	}
	prefix := rapid.Uint64Range(0, r.Version()).Draw(t, "prefix")
	got := words(r, domain.Clocks{Prefix: prefix}.Keeps(nil))
	if want := recount(r.Steps[:prefix]); !reflect.DeepEqual(sorted(got), sorted(want)) {
		t.Fatalf("as of %d: got %q, want %q", prefix, got, want)
	}
	if all := r.Readings(domain.Everything); !reflect.DeepEqual(r.AllReadings(), all) {
		t.Fatalf("grown step by step it reads %v, anew %v", r.AllReadings(), all)
	}
	if again := words(r.UpTo(prefix), domain.Everything); !slices.Equal(got, again) {
		t.Fatalf("as of %d: got %q, up to it %q", prefix, got, again)
	}
}

// recount reads the steps from the newest down, so that whatever speaks of a step has been heard before it.
func recount(steps []domain.Step) (words []string) {
	verdict := map[uint64]domain.Command{} // what is to be read in place of an entry; a retraction for nothing
	for _, s := range slices.Backward(steps) {
		c := s.Command
		if other, changed := verdict[s.Sequence]; changed {
			c = other
		}
		_, gone := c.(*domain.Retract)
		target, corrects := about(s.Command)
		if _, correction := s.Command.(*domain.Correct); correction {
			target = root(steps, target)
		}
		switch {
		case corrects && gone && c != s.Command:
			// taken back: it has no say
		case corrects:
			if _, heard := verdict[target]; !heard {
				verdict[target] = c
			}
		case !gone:
			words = append(words, characterisation(c))
		}
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// root is the entry that a chain of corrections begins with.
func root(steps []domain.Step, sequence uint64) uint64 {
	for {
		target, corrects := about(steps[sequence-1].Command)
		if !corrects {
			return sequence
		}
		sequence = target
	}
}

// about is the entry that a correction or a retraction names.
func about(c domain.Command) (sequence uint64, corrects bool) {
	switch c := c.(type) {
	case *domain.Correct:
		return c.Sequence, true
	case *domain.Retract:
		return c.Sequence, true
	}
	return 0, false
}

// characterisation is the word in c or in its replacement, "" for an opening.
func characterisation(c domain.Command) string {
	if correction, ok := c.(*domain.Correct); ok {
		c = correction.Replacement
	}
	if status, ok := c.(*talks.RecordTalksStatus); ok {
		return status.Characterisation
	}
	return ""
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }
