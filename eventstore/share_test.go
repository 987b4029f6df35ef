package eventstore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/logtest"
	"truceledger/eventstore/memory"
)

// The ids of restricted records, as somebody brings them who signs.
const (
	draft = "restricted-3f0a1c52-9d5b-4c1e-8f5a-00000000000a"
	notes = "restricted-3f0a1c52-9d5b-4c1e-8f5a-00000000000b"
)

// A delegation sends commands as somebody who speaks for an actor.
type delegation struct {
	t *testing.T
	*eventstore.Ledger
	actor string
}

func (d delegation) send(body string) error {
	d.t.Helper()
	_, err := d.Execute(d.t.Context(), eventstore.Request{
		Command: command(d.t, body), Principal: d.actor, Reader: domain.Reader{Actors: []string{d.actor}},
	})
	return err
}

func (d delegation) must(body string) {
	d.t.Helper()
	if err := d.send(body); err != nil {
		d.t.Fatalf("%s: %v", body, err)
	}
}

func (d delegation) refused(code, body string) {
	d.t.Helper()
	var no domain.Rejection
	if err := d.send(body); !errors.As(err, &no) || no.Code() != code {
		d.t.Errorf("%s: got %v, want %s", body, err, code)
	}
}

// caucus opens a ledger with two restricted talks of north and south: draft, and notes.
func caucus(t *testing.T) (l *eventstore.Ledger, log *memory.Log, by func(actor string) delegation) {
	t.Helper()
	log = memory.New()
	l = open(t, log)
	for _, actor := range []string{"north", "south", "east", "west"} {
		must(t, l, `{"command":"register-actor","actor":"`+actor+`","name":"X","kind":"state"}`)
	}
	must(t, l, `{"command":"register-source","source":"paper","title":"Paper"}`)
	by = func(actor string) delegation { return delegation{t, l, actor} }
	for _, id := range []string{draft, notes} {
		by("north").must(`{"command":"open-talks","talks":"` + id + `","by":"north","restricted_to":["north","south"]}`)
	}
	return l, log, by
}

func shares(id, by, with string) string {
	return fmt.Sprintf(`{"command":"share","record":"talks/%s","by":"%s","with":["%s"]}`, id, by, with)
}

func TestWhoIsLetInMayKnowAndSay(t *testing.T) {
	l, log, by := caucus(t)
	reserve := `{"command":"reserve-right","talks":"` + draft + `","by":"east","right":"to leave"}`
	var nowhere *domain.NotFound
	if err := by("east").send(reserve); !errors.As(err, &nowhere) {
		t.Fatalf("got %v", err)
	}
	if err := by("east").send(shares(draft, "east", "east")); !errors.As(err, &nowhere) {
		t.Fatalf("somebody lets himself in: %v", err)
	}
	by("north").must(shares(draft, "north", "east"))
	by("east").must(reserve)
	by("east").refused("not-yours-to-share", shares(draft, "east", "west"))
	if err := by("west").send(shares(draft, "north", "west")); !errors.As(err, &nowhere) {
		t.Errorf("who may not know of a record shares it: %v", err)
	}
	a, exists, err := l.AudienceOf(t.Context(), domain.Ref{Kind: domain.KindTalks, ID: draft})
	if want := []string{"north", "south", "east"}; err != nil || !exists || !slices.Equal(a.Actors, want) || a.Begun != "north" {
		t.Errorf("got %+v, %v, %v", a, exists, err)
	}
	decidedAgain(t, log)
}

// What a record names must never be known to fewer than the record itself, whichever of the two grows.
func TestARecordThatGrowsTellsNothingElse(t *testing.T) {
	_, log, by := caucus(t)
	names := `{"command":"record-talks-status","talks":"` + draft + `","by":"south","status":"under_way","about":["talks/` + notes + `"]}`
	by("north").must(shares(draft, "north", "east"))
	by("south").refused("unknown-id", names)
	by("north").must(shares(notes, "north", "east"))
	by("south").must(names)
	by("north").refused("names-what-is-kept", shares(draft, "north", "west"))
	by("north").must(shares(notes, "south", "west"))
	by("north").must(shares(draft, "north", "west"))
	decidedAgain(t, log)
}

// An audience that has grown is no reason to refuse what goes on with the record as it began.
func TestASeriesGoesOnAfterItWasShared(t *testing.T) {
	l, log, by := caucus(t)
	tally := func(best int, to string) string {
		return fmt.Sprintf(`{"command":"record-tally","tally":"%s","by":"north","source":"paper","unit":"people","best":%d,"as_of":"2016-05-0%[2]d","restricted_to":%s}`, draft, best, to)
	}
	by("north").must(tally(1, `["north"]`))
	by("north").must(`{"command":"share","record":"tally/` + draft + `","by":"north","with":["east"]}`)
	by("north").must(tally(2, `["north"]`))
	var slip *domain.FieldError
	if err := by("north").send(tally(3, `["north","east"]`)); !errors.As(err, &slip) || slip.Field != "restricted_to" {
		t.Errorf("got %v", err)
	}
	before := last(t, log)
	r, err := l.Execute(t.Context(), eventstore.Request{Command: command(t, `{"command":"share","record":"tally/`+draft+`","by":"north","with":["east"]}`), Principal: "north"})
	if err != nil || !r.Replayed || r.Entry.Command.Verb() != "share" || last(t, log) != before {
		t.Errorf("shared twice: got %+v, %v", r.Entry, err)
	}
	decidedAgain(t, log)
}

// An operator who adds somebody to an audience by hand, without a sharing that the rules allow, is caught.
func TestAForgedSharingIsCaught(t *testing.T) {
	_, log, by := caucus(t)
	by("north").must(shares(draft, "north", "east"))
	payloads := payloadsOf(t, log)
	e, err := eventstore.ReadPayload(last(t, log), payloads[len(payloads)-1])
	if err != nil {
		t.Fatal(err)
	}
	e.Events[0] = domain.RecordShared{Moment: e.Events[0].When(), Added: []string{"east", "west"}}
	if payloads[len(payloads)-1], err = eventstore.Encode(e); err != nil {
		t.Fatal(err)
	}
	var wrong *eventstore.Mismatch
	if err := logtest.Replay(t.Context(), payloads, 0); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
}

func payloadsOf(t *testing.T, log eventstore.Log) (payloads [][]byte) {
	t.Helper()
	for m, err := range log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, m.Payload)
	}
	return payloads
}

func decidedAgain(t *testing.T, log eventstore.Log) {
	t.Helper()
	if err := logtest.Replay(t.Context(), payloadsOf(t, log), 0); err != nil {
		t.Errorf("decided again: %v", err)
	}
}
