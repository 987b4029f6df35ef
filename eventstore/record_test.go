package eventstore

import (
	"reflect"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
)

func TestGrowingAtOnceIsGrowingStepByStep(t *testing.T) {
	start := time.Date(2016, 5, 4, 0, 0, 0, 0, time.UTC)
	one := domain.Record{Ref: domain.Ref{Kind: domain.KindActor, ID: "north"}}
	var steps []domain.Step
	for i := range 100 {
		place := start.Add(time.Duration(i*37%50) * time.Hour)
		s := domain.Step{Sequence: uint64(i + 2), Command: &raiseFormat{}, Events: []domain.Event{FormatRaised{Moment: domain.Moment{Place: place}}}}
		steps, one = append(steps, s), one.Then(s)
	}
	next := steps[7]
	next.Sequence = 102 // with it the readings are at hand, whichever way the record came about
	for _, split := range []int{0, 3, 50, 98, 100} {
		half := domain.Record{Ref: one.Ref}.Then(steps[:split]...)
		if got := half.Then(steps[split:]...).Then(next); !reflect.DeepEqual(got, one.Then(next)) {
			t.Errorf("%d steps and then %d: got another record", split, 100-split)
		}
	}
}

func TestWhatIsOnTheRecordAlreadyIsAnsweredWithItsEntry(t *testing.T) {
	by := func(actor string) domain.Header { return domain.Header{By: actor} }
	record := domain.Record{Steps: []domain.Step{
		{Sequence: 2, Command: &ceasefire.Agree{Header: by("north")}},
		{Sequence: 3, Command: &ceasefire.Agree{Header: by("south")}},
		{Sequence: 5, Command: &ceasefire.Reject{Header: by("north")}},
	}}
	for want, c := range map[uint64]domain.Command{
		2: &ceasefire.Agree{Header: by("north")},
		3: &ceasefire.Agree{Header: by("south")},
		5: &ceasefire.Agree{Header: by("east")},
	} {
		if got := holder(record, c); got != want {
			t.Errorf("%s of %s: got entry %d, want %d", c.Verb(), c.Head().By, got, want)
		}
	}
}
