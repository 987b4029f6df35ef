package tally_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"truceledger/domain"
	. "truceledger/domain/tally"
	"truceledger/domain/when"
)

func TestLatest(t *testing.T) {
	undated := func(best int) *RecordTally {
		c := civilians(best, "")
		c.Occurred = when.When{At: "2016-05-05"}
		return c
	}
	ended := func(best int, until string) *RecordTally {
		return with(civilians(best, ""), func(c *RecordTally) { c.Period.Until = when.When{At: until} })
	}
	tests := []struct {
		name  string
		given []domain.Command
		want  int
	}{
		{"the newest figure of the SOHR's Aleppo series", []domain.Command{civilians(250, "2016-05-01"), civilians(290, "2016-05-09")}, 290},
		{"an older figure that is recorded later is not the latest", []domain.Command{civilians(290, "2016-05-09"), civilians(250, "2016-05-01")}, 290},
		{"of two for the same day, the one recorded last", []domain.Command{civilians(290, "2016-05-09"), civilians(280, "2016-05-09")}, 280},
		{"without as_of the period's end counts", []domain.Command{ended(7, "2016-05-09"), civilians(6, "2016-05-08")}, 7},
		{"as_of goes before the period's end", []domain.Command{with(civilians(6, "2016-05-01"), over("2016-04-22", "2016-05-20")), civilians(7, "2016-05-02")}, 7},
		{"with neither, when it was said", []domain.Command{civilians(6, "2016-05-04"), undated(7)}, 7},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, ok := Fold(begin("aleppo", test.given...).readings()).Latest()
			if !ok || *p.Best != test.want {
				t.Errorf("got %+v, want %d", p, test.want)
			}
		})
	}
	if _, ok := Fold(nil).Latest(); ok {
		t.Error("an empty series has a latest figure")
	}
}

func TestTheStateSaysWhatTheCommandsSaid(t *testing.T) {
	c := with(civilians(250, "2016-05-01"), including(20))
	c.Qualifier, c.AsOf.Phrase, c.Area, c.About = "nearly", "so far", domain.Places{"aleppo"}, []string{"ceasefire/aleppo-silence"}
	d := civilians(290, "2016-05-09")
	d.Area, d.About = domain.Places{"aleppo", "aleppo-outskirts"}, c.About
	s := Fold(begin("aleppo", c, d).readings())
	if s.ID != "aleppo" || s.Source != "sohr" || s.Unit != "civilians" || s.Outcome != "killed" {
		t.Errorf("got %+v", s)
	}
	if !slices.Equal(s.Area, domain.Places{"aleppo", "aleppo-outskirts"}) || len(s.About) != 1 {
		t.Errorf("got area %v, about %v: each once", s.Area, s.About)
	}
	p := s.Points[0]
	if p.Sequence != 1 || p.Qualifier != "nearly" || p.AsOf.Phrase != "so far" || p.Occurred.Phrase != "so far" || p.Including[0].Best != 20 || p.Recorded.IsZero() {
		t.Errorf("got %+v", p)
	}
}

func TestScripts(t *testing.T) { rapid.Check(t, checkScript) }

func FuzzScripts(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkScript)) }

// checkScript plays a script of figures, and holds the series against a plain recount.
func checkScript(t *rapid.T) {
	s := begin("aleppo")
	for range rapid.IntRange(1, 12).Draw(t, "length") {
		before := s.record.Version()
		d, err := s.says(anyFigure(t))
		if err != nil && (len(d.Events) > 0 || s.record.Version() != before) {
			t.Fatalf("a refusal filed something: %v, %v", err, d.Events)
		}
	}
	readings := s.readings()
	whole := Fold(readings)
	state := Fold(readings[:rapid.IntRange(0, len(readings)).Draw(t, "cut")])
	for _, r := range readings[len(state.Points):] {
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
	if len(whole.Points) != len(readings) {
		t.Fatalf("%d figures recorded, the series has %d", len(readings), len(whole.Points))
	}
	for _, r := range readings {
		if c := r.Command.(*RecordTally); c.Source != whole.Source || c.Unit != whole.Unit || c.Outcome != whole.Outcome {
			t.Fatalf("the series of %s holds %+v", whole.Source, c)
		} else if *c.Best < 0 || len(c.Including) > 0 && c.Including[0].Best > *c.Best {
			t.Fatalf("the series holds a figure that no count can have: %+v", c)
		}
	}
}

func anyFigure(t *rapid.T) domain.Command {
	c := civilians(rapid.IntRange(-1, 9).Draw(t, "best"), fmt.Sprintf("2016-05-%02d", rapid.IntRange(1, 9).Draw(t, "as of")))
	c.Source = rapid.SampledFrom([]string{"sohr", "sohr", "msf"}).Draw(t, "source")
	c.Unit = rapid.SampledFrom([]domain.Unit{"civilians", "civilians", "people"}).Draw(t, "unit")
	c.Area = domain.Places{rapid.SampledFrom([]string{"aleppo", "syria"}).Draw(t, "area")}
	if rapid.Bool().Draw(t, "with a part") {
		including(rapid.IntRange(0, 9).Draw(t, "part"))(c)
	}
	return c
}
