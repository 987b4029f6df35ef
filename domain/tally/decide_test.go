package tally_test

import (
	"slices"
	"testing"

	"truceledger/domain"
	. "truceledger/domain/tally"
	"truceledger/domain/when"
)

// civilians is a figure of SOHR's series, as of a day.
func civilians(best int, asOf string) *RecordTally {
	return &RecordTally{Tally: "aleppo", Source: "sohr", Unit: "civilians", Best: &best, AsOf: when.When{At: asOf}}
}

// with changes a figure before it is sent.
func with(c *RecordTally, change func(*RecordTally)) *RecordTally {
	change(c)
	return c
}

func over(from, until string) func(*RecordTally) {
	return func(c *RecordTally) {
		c.Period = Period{From: when.When{At: from}, Until: when.When{At: until}}
	}
}

func including(n int) func(*RecordTally) {
	return func(c *RecordTally) { c.Including = []Part{{Unit: "children", Best: n}} }
}

func between(low, high int) func(*RecordTally) {
	return func(c *RecordTally) { c.Low, c.Best, c.High = &low, nil, &high }
}

func TestJudge(t *testing.T) {
	msf := func(c *RecordTally) { c.Source = "msf" }
	children := func(c *RecordTally) { c.Unit = "children" }
	injured := func(c *RecordTally) { c.Outcome = "injured" }
	first := civilians(250, "2016-05-01")

	tests := []struct {
		name    string
		given   []domain.Command
		when    domain.Command
		refused string
	}{
		{name: "a first figure begins a series", when: civilians(250, "2016-05-01")},
		{name: "a further figure goes on with it", given: []domain.Command{first}, when: civilians(290, "2016-05-09")},
		{name: "a source may revise its figure downwards", given: []domain.Command{first}, when: civilians(240, "2016-05-02")},
		{name: "a source may contradict its figure for the same day", given: []domain.Command{first}, when: civilians(240, "2016-05-01")},
		{name: "nobody killed is a figure", when: civilians(0, "2016-05-01")},
		{name: "a series belongs to one source", given: []domain.Command{first}, when: with(civilians(50, "2016-05-09"), msf), refused: "other-source"},
		{name: "also where the other source's figure is for an earlier day", given: []domain.Command{first}, when: with(civilians(50, "2016-04-28"), msf), refused: "other-source"},
		{name: "a series counts one unit", given: []domain.Command{first}, when: with(civilians(50, "2016-05-09"), children), refused: "other-series"},
		{name: "a series counts one outcome", given: []domain.Command{first}, when: with(civilians(50, "2016-05-09"), injured), refused: "other-series"},

		{name: "figures are not negative", when: civilians(-1, "2016-05-01"), refused: "best"},
		{name: "a figure is needed", when: with(civilians(1, "2016-05-01"), func(c *RecordTally) { c.Best = nil }), refused: "best"},
		{name: "low is at most high", when: with(civilians(1, "2016-05-01"), between(5, 4)), refused: "high"},
		{name: "a range without a best figure is one", when: with(civilians(1, "2016-05-01"), between(4, 5))},
		{name: "a part is at most the whole", when: with(civilians(100, "2016-05-01"), including(101)), refused: "part-exceeds-total"},
		{name: "a part may be the whole", when: with(civilians(100, "2016-05-01"), including(100))},
		{name: "a part is held against the highest figure", when: with(with(civilians(1, "2016-05-01"), between(4, 50)), including(50))},
		{name: "a part is not negative", when: with(civilians(100, "2016-05-01"), including(-1)), refused: "including[0].best"},

		{name: "a period ends after its start", when: with(civilians(1, "2016-05-09"), over("2016-05-01", "2016-04-22")), refused: "end-before-start"},
		{name: "a period is not a moment", when: with(civilians(1, "2016-05-09"), over("2016-05-01T12:00Z", "2016-05-01T12:00Z")), refused: "end-before-start"},
		{name: "a day may be a period: one of its readings is", when: with(civilians(1, "2016-05-09"), over("2016-05-01", "2016-05-01"))},
		{name: "a month may end before a day in it starts, but need not", when: with(civilians(1, "2016-05-09"), over("2016-05-20", "2016-05"))},
		{name: "the day that ends where the start lies has no reading after it", when: with(civilians(1, "2016-05-09"), over("2016-05-02T00:00Z", "2016-05-01")), refused: "end-before-start"},
		{name: "a period may still run", when: with(civilians(1, "2016-05-09"), over("2016-05-01", "2017-01-01"))},
		{name: "a period may be open at one side", when: with(civilians(1, "2016-05-09"), func(c *RecordTally) { c.Period.From = when.When{At: "2016-04-22"} })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := begin("aleppo", test.given...).says(test.when)
			if got := refusal(err); got != test.refused {
				t.Fatalf("got refusal %q (%v), want %q", got, err, test.refused)
			}
			if (err == nil) != (len(d.Events) == 1) {
				t.Errorf("got events %v with %v", d.Events, err)
			}
		})
	}
}

func TestDefaultsAreFilledInAndNamed(t *testing.T) {
	c := civilians(250, "2016-05-01")
	d, err := begin("aleppo").says(c)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"outcome", "qualifier", "as_of.zone"}; !slices.Equal(d.Defaults, want) || c.Outcome != "killed" || c.Qualifier != "exact" {
		t.Errorf("got %q in %+v, want %q", d.Defaults, c, want)
	}
}

func TestTheEventHoldsWhatTheTimesAmountTo(t *testing.T) {
	c := with(civilians(859, "2016-05-01"), over("2016-04-22", "2016-04-30"))
	c.AsOf.Phrase = "so far"
	d, err := begin("aleppo").says(c)
	if err != nil {
		t.Fatal(err)
	}
	e := d.Events[0].(TallyRecorded)
	if e.AsOf.String() != "2016-05-01" || e.Period.From.String() != "2016-04-22" || e.Period.Until.String() != "2016-04-30" {
		t.Errorf("got %s, %s to %s", e.AsOf, e.Period.From, e.Period.Until)
	}
	if e.AsOf.Phrase != "" || e.Occurred.Phrase != "" {
		t.Errorf("the event repeats the command's words: %q", e.AsOf.Phrase)
	}
}

func TestACorrectionCannotHandASeriesToAnotherSource(t *testing.T) {
	correct := func(s *story) error {
		_, err := s.says(&domain.Correct{
			CorrectionTarget: domain.CorrectionTarget{Record: "tally/aleppo", Sequence: 1}, Reason: "it was MSF's",
			Replacement: with(civilians(250, "2016-05-01"), func(c *RecordTally) { c.Source = "msf" }),
		})
		return err
	}
	if err := correct(begin("aleppo", civilians(250, "2016-05-01"), civilians(290, "2016-05-09"))); refusal(err) != "other-source" {
		t.Errorf("while other figures stand: got %v, want other-source", err)
	}
	if err := correct(begin("aleppo", civilians(250, "2016-05-01"))); err != nil {
		t.Errorf("while the figure stands alone: got %v", err)
	}
}
