package ceasefire_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
)

// script turns bytes into commands: any sequence that negotiators could send, sensible or not. All of its times are whole
// hours of ten days, so that acts meet, precede and contradict each other often.
type script struct{ bytes []byte }

func (s *script) next(n int) int {
	if len(s.bytes) == 0 {
		return 0
	}
	b := s.bytes[0]
	s.bytes = s.bytes[1:]
	return int(b) % n
}

var dayOne = at("2016-05-01T00:00Z")

func (s *script) hour() when.When {
	return when.Instant(dayOne.Add(time.Duration(s.next(240)) * time.Hour))
}

// moment is an hour, a whole day, or two days; nothing one time in four.
func (s *script) moment() when.When {
	switch day := dayOne.AddDate(0, 0, s.next(10)).Format(time.DateOnly); s.next(4) {
	case 0:
		return when.When{}
	case 1:
		return when.When{At: day, Zone: "UTC"}
	case 2:
		return when.When{At: day + "/" + dayOne.AddDate(0, 0, 10).Format(time.DateOnly), Zone: "UTC"}
	}
	return s.hour()
}

func (s *script) duration() string { return []string{"PT6H", "PT24H", "P1D", "P3D"}[s.next(4)] }

func (s *script) actor() string { return []string{"north", "south", "russia", "stranger"}[s.next(4)] }

func (s *script) proposal() *ceasefire.Propose {
	terms := ceasefire.Terms{Parties: []string{"north", "south"}, Guarantors: []string{"russia"}, From: s.moment()}
	if s.next(3) > 0 {
		terms.Lasting = s.duration()
	}
	if s.next(4) == 0 {
		terms.ExtensionRule = ceasefire.AllConsenting
	}
	return &ceasefire.Propose{Header: domain.Header{Occurred: when.Instant(dayOne)}, Ceasefire: "river", Terms: terms}
}

func (s *script) command(version uint64) domain.Command {
	h := domain.Header{By: s.actor(), Occurred: s.hour()}
	switch change := (ceasefire.Change{Header: h, Addressed: river, From: s.moment()}); s.next(14) {
	case 0, 1, 2:
		return &ceasefire.Agree{Header: h, Addressed: river}
	case 3, 4:
		return &ceasefire.Extend{Header: h, Addressed: river, Lasting: s.duration(), From: s.moment()}
	case 5:
		return &ceasefire.Extend{Header: h, Addressed: river, ToTotal: s.duration()}
	case 6:
		return &ceasefire.EnterIntoForce{Header: h, Addressed: river, From: s.moment(), Lasting: s.duration()}
	case 7:
		return &ceasefire.Suspend{Change: change}
	case 8:
		return &ceasefire.Resume{Change: change}
	case 9:
		return &ceasefire.Withdraw{Change: change}
	case 10:
		return &ceasefire.Terminate{Change: change}
	case 11:
		return &ceasefire.Thwart{Header: h, Addressed: river}
	case 12:
		return &ceasefire.Attest{Header: h, Addressed: river, From: s.moment(), Until: s.moment()}
	default:
		target := domain.CorrectionTarget{Record: "ceasefire/river", Sequence: 2 + uint64(s.next(int(version)+1))}
		return &domain.Retract{Header: domain.Header{Occurred: h.Occurred}, CorrectionTarget: target, Reason: "wrong"}
	}
}

// invariants tells a story and checks what must hold whatever the commands are.
func invariants(t *testing.T, bytes []byte) {
	s, in := newStory(t), &script{bytes: bytes}
	if s.try(in.proposal()) != nil {
		return
	}
	for len(in.bytes) > 0 && len(s.record.Steps) < 60 {
		before := s.record
		past := snapshot(before)
		err := s.try(in.command(before.Version()))
		if err != nil && s.record.Version() != before.Version() {
			t.Fatalf("a refusal (%v) was recorded", err)
		}
		if !reflect.DeepEqual(past, snapshot(s.record.UpTo(before.Version()))) {
			t.Fatal("a new entry changed what was known before it")
		}
	}
	for hour := range 24 * 11 {
		bounded(t, s, dayOne.Add(time.Duration(hour)*time.Hour))
	}
}

// snapshot is what a record answers at the start of every day.
func snapshot(r domain.Record) (answers []ceasefire.Answer) {
	for hour := 0; hour < 240; hour += 24 {
		p, _ := ceasefire.At(r, domain.Clocks{Effective: dayOne.Add(time.Duration(hour) * time.Hour), Prefix: r.Version()}, nil)
		answers = append(answers, p.Answer)
	}
	return answers
}

// bounded checks an answer against a recount that knows nothing of how the package computes it.
func bounded(t *testing.T, s *story, moment time.Time) {
	t.Helper()
	p, ok := s.asked(domain.Clocks{Effective: moment})
	if !ok {
		return
	}
	consents := recount(s.record, moment)
	agreed := slices.Contains(consents, "north") && slices.Contains(consents, "south")
	covered := slices.ContainsFunc(p.Spans, func(x ceasefire.Span) bool {
		return x.From.Reached(moment) != when.No && (x.Until.IsZero() || x.Until.Reached(moment) != when.Yes)
	})
	switch {
	case p.Status == ceasefire.InForce && !agreed:
		t.Fatalf("%s: in force without consent; consents: %v", moment, consents)
	case p.Status == ceasefire.InForce && !covered:
		t.Fatalf("%s: in force outside its bounds %v", moment, p.Spans)
	case p.Status == ceasefire.Proposed && agreed:
		t.Fatalf("%s: proposed although all have agreed: %v", moment, consents)
	case (p.Status == ceasefire.Indeterminate) != (len(p.CouldBe) > 1):
		t.Fatalf("%s: %s could be %v", moment, p.Status, p.CouldBe)
	}
}

// recount lists who has agreed by a moment, the slow and plain way: each standing consent that was not taken back before
// everybody had agreed.
func recount(r domain.Record, moment time.Time) (consents []string) {
	steps := slices.Clone(r.Steps)
	slices.SortStableFunc(steps, func(a, b domain.Step) int { return a.Moment().Place.Compare(b.Moment().Place) })
	for _, step := range steps {
		if step.Moment().Place.After(moment) || retracted(r, step.Sequence) {
			continue
		}
		complete := slices.Contains(consents, "north") && slices.Contains(consents, "south")
		switch c := step.Command.(type) {
		case *ceasefire.Agree:
			if !slices.Contains(consents, c.By) {
				consents = append(consents, c.By)
			}
		case *ceasefire.Withdraw:
			if !complete {
				consents = slices.DeleteFunc(consents, func(a string) bool { return a == c.By })
			}
		case *ceasefire.Thwart:
			if !wasEntered(r, step) {
				return consents // nothing counts after it
			}
		case *ceasefire.Terminate:
			if complete && step.Events[0].(ceasefire.CeasefireTerminated).From.Reached(moment) == when.Yes {
				return consents
			}
		}
	}
	return consents
}

func retracted(r domain.Record, sequence uint64) bool {
	for _, step := range slices.Backward(r.Steps) {
		if e, ok := step.Events[0].(domain.EntryRetracted); ok && e.Sequence == sequence && !retracted(r, step.Sequence) {
			return true
		}
	}
	return false
}

// wasEntered reports whether an act before a thwarting says that the ceasefire was in force.
func wasEntered(r domain.Record, thwart domain.Step) bool {
	return slices.ContainsFunc(r.Steps, func(s domain.Step) bool {
		switch s.Command.(type) {
		case *ceasefire.EnterIntoForce, *ceasefire.Suspend, *ceasefire.Terminate:
			return !s.Moment().Place.After(thwart.Moment().Place) && !retracted(r, s.Sequence)
		}
		return false
	})
}

func TestInvariantsOnRandomStories(t *testing.T) {
	random := rand.New(rand.NewPCG(2016, 5))
	for range 150 {
		bytes := make([]byte, 150)
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		invariants(t, bytes)
	}
}

func FuzzInvariants(f *testing.F) {
	f.Add([]byte{3, 9, 1, 1, 1, 0, 5, 0, 1, 6, 0, 9, 30, 3, 1, 40})
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) < 600 {
			invariants(t, bytes)
		}
	})
}

func TestEvolveLeavesItsArgumentAlone(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2016))
	for range 100 {
		s, in := newStory(t), &script{bytes: make([]byte, 120)}
		for i := range in.bytes {
			in.bytes[i] = byte(random.Uint32())
		}
		_ = s.try(in.proposal())
		for len(in.bytes) > 0 {
			_ = s.try(in.command(s.record.Version()))
		}
		leftAlone(t, s.record.Readings(domain.Everything))
	}
}

func leftAlone(t *testing.T, readings []domain.Reading) {
	t.Helper()
	for i := range readings {
		before, again := ceasefire.Fold(readings[:i]), ceasefire.Fold(readings[:i])
		for _, e := range readings[i].Events {
			ceasefire.Evolve(before, readings[i], e)
			ceasefire.Evolve(before, readings[i], e)
		}
		if !reflect.DeepEqual(before, again) {
			t.Fatalf("%T wrote into the state that it was given", readings[i].Events[0])
		}
	}
}
