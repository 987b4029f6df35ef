package incident_test

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"truceledger/domain"
	. "truceledger/domain/incident"
)

// anyCommand draws one of the commands of an incident, by and about few actors, on few days, so that they collide.
func anyCommand(t *rapid.T) domain.Command {
	actor := rapid.SampledFrom([]string{un, hmeimim, "sohr"}).Draw(t, "by")
	day := fmt.Sprintf("2016-05-%02d", rapid.IntRange(1, 6).Draw(t, "day"))
	of := rapid.SampledFrom([]string{"russia", "nusra-front"}).Draw(t, "actor")
	return rapid.SampledFrom([]domain.Command{
		strike("aleppo"), &Corroborate{account(actor, day)}, &Dispute{account(actor, day)},
		&Attribute{Account: account(actor, day), Actor: of}, &Deny{Account: account(actor, day), Actor: of},
		duplicate(actor, "tent"), duplicate(actor, "ward"),
		open(actor, day), open(actor, day), suspend(actor, day), conclude(actor, day, Verified),
		&domain.Retract{CorrectionTarget: domain.CorrectionTarget{Record: "incident/hospital", Sequence: rapid.Uint64Range(1, 9).Draw(t, "sequence")}, Reason: "wrong"},
	}).Draw(t, "command")
}

func FuzzScripts(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkScript)) }

func TestScripts(t *testing.T) { rapid.Check(t, checkScript) }

// checkScript plays a script, and holds the fold against what it must keep.
func checkScript(t *rapid.T) {
	s := begin("hospital")
	for range rapid.IntRange(1, 25).Draw(t, "length") {
		before := s.record.Version()
		d, err := s.says(anyCommand(t))
		if err != nil && (len(d.Events) > 0 || s.record.Version() != before) {
			t.Fatalf("a refusal filed something: %v, %v", err, d.Events)
		}
	}
	readings := s.readings()
	whole := Fold(readings)
	cut := rapid.IntRange(0, len(readings)).Draw(t, "cut")
	if got := rest(t, Fold(readings[:cut]), readings[cut:]); !reflect.DeepEqual(got, whole) {
		t.Fatalf("the fold of %d and the rest: got %+v, want %+v", cut, got, whole)
	}
	checkCounts(t, whole, readings)
}

// rest evolves s by readings, twice from each state, and sees that neither run disturbs the other.
func rest(t *rapid.T, s State, readings []domain.Reading) State {
	for i, r := range readings {
		for _, e := range r.Events {
			next := Evolve(s, r, e)
			shown := fmt.Sprintf("%+v", next)
			other := readings[len(readings)-1-i]
			Evolve(s, other, other.Events[0])
			if got := fmt.Sprintf("%+v", next); got != shown {
				t.Fatalf("Evolve wrote into its argument: %s became %s", shown, got)
			}
			s = next
		}
	}
	return s
}

// checkCounts states plainly what every fold keeps: no account is lost, at most one proceeding of a monitor is open, and
// an inquiry's step is either in a proceeding or flagged.
func checkCounts(t *rapid.T, s State, readings []domain.Reading) {
	accounts, steps, open, used := 0, 0, map[string]int{}, len(s.OutOfOrder)
	for _, r := range readings {
		switch r.Command.(type) {
		case *OpenInquiry, *SuspendInquiry, *ConcludeInquiry:
			steps++
		case *Violate, *MarkDuplicate:
		default:
			accounts++
		}
	}
	for _, p := range s.Inquiries {
		used++
		if !p.Suspended.IsZero() {
			used++
		}
		if !p.Concluded.IsZero() {
			used++
		}
		if p.Status == UnderInquiry {
			open[p.By]++
		}
	}
	if accounts != len(s.Accounts) || steps != used || open[un] > 1 || open[hmeimim] > 1 {
		t.Fatalf("%d accounts, %d steps recorded; the state has %d, %d; open: %v", accounts, steps, len(s.Accounts), used, open)
	}
}
