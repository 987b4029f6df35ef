package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

const (
	key      = "0190a1b2-0000-7000-8000-000000000001"
	otherKey = "0190a1b2-0000-7000-8000-000000000002"
)

func withKey(body, key string) string {
	return strings.Replace(body, "{", `{"command_id":"`+key+`",`, 1)
}

func TestTheSameRequestIsAnsweredWithTheFirstEntryForEver(t *testing.T) {
	l, log := onTheTable(t)
	first := must(t, l, withKey(northAgrees, key))
	must(t, l, southAgrees)
	before := last(t, log)
	reopened := open(t, log)
	for name, l := range map[string]*eventstore.Ledger{"the same node": l, "after a reopening": reopened} {
		r, err := send(t, l, withKey(northAgrees, strings.ToUpper(key)))
		if err != nil || !r.Replayed || r.Entry.Sequence != first.Sequence || !bytes.Equal(r.Entry.Payload, first.Payload) {
			t.Errorf("%s: got entry %d, replayed %v, %v; want entry %d again", name, r.Entry.Sequence, r.Replayed, err, first.Sequence)
		}
	}
	if n := last(t, log); n != before {
		t.Errorf("a repeated request stored something: the log grew from %d to %d", before, n)
	}
}

func TestWhatTheLedgerFilledInMakesNoOtherRequest(t *testing.T) {
	l, _ := onTheTable(t)
	report := `{"command":"violate","command_id":"` + key + `","by":"south","at":"2016-05-03","ceasefires":["river"],"casualties":[{"outcome":"killed","best":3}]}`
	first := must(t, l, report)
	for name, body := range map[string]string{
		"the same":                  report,
		"another order of names":    `{"casualties":[{"best":3,"outcome":"killed"}],"ceasefires":["river"],"at":"2016-05-03","by":"south","command_id":"` + key + `","command":"violate"}`,
		"a time in its long form":   strings.Replace(report, `"2016-05-03"`, `{"at":"2016-05-03"}`, 1),
		"with the version expected": strings.Replace(report, `"by"`, `"expect":99,"by"`, 1),
	} {
		r, err := send(t, l, body)
		if err != nil || !r.Replayed || r.Entry.Sequence != first.Sequence {
			t.Errorf("%s: got entry %d, replayed %v, %v; want entry %d again", name, r.Entry.Sequence, r.Replayed, err, first.Sequence)
		}
	}
	for name, body := range map[string]string{
		"another figure":     strings.Replace(report, `"best":3`, `"best":4`, 1),
		"a field more":       strings.Replace(report, `"by"`, `"note":"n","by"`, 1),
		"a default, spelled": strings.Replace(report, `"by"`, `"count":1,"by"`, 1),
		"another verb":       `{"command":"corroborate","incident":"` + first.Ref.ID + `","by":"south","command_id":"` + key + `"}`,
	} {
		t.Run(name, func(t *testing.T) { refused(t, l, body, "command-id-used") })
	}
}

func TestARecordWithoutAnIDGetsTheSameOneOnEveryNode(t *testing.T) {
	log := memory.New()
	body := `{"command":"register-actor","name":"North","kind":"state","command_id":"` + key + `"}`
	first := must(t, open(t, log), body)
	r, err := send(t, open(t, log), body)
	if err != nil || !r.Replayed || r.Entry.Ref != first.Ref {
		t.Fatalf("got %v, replayed %v, %v; want %v again", r.Entry.Ref, r.Replayed, err, first.Ref)
	}
	if !domain.IsSlug(first.Ref.ID) {
		t.Errorf("the id %q is no slug", first.Ref.ID)
	}
	other := must(t, open(t, log), withKey(`{"command":"register-actor","name":"North","kind":"state"}`, otherKey))
	if other.Ref == first.Ref {
		t.Errorf("two commands made the same record %v", other.Ref)
	}
}

func TestAKeyBelongsToItsPrincipal(t *testing.T) {
	l, _ := onTheTable(t)
	must(t, l, withKey(northAgrees, key))
	r, err := l.Execute(t.Context(), eventstore.Request{Command: command(t, withKey(southAgrees, key)), Principal: "north-desk"})
	if err != nil || r.Replayed {
		t.Fatalf("another caller's key was taken for this one's: replayed %v, %v", r.Replayed, err)
	}
}

func TestAKeyUsedForAnotherRecordIsRefusedWhereTheIndexHasIt(t *testing.T) {
	index := map[string]uint64{}
	l, _ := onTheTable(t, func(o *eventstore.Options) {
		o.FindCommand = func(_ context.Context, principal, id string) (uint64, bool) {
			n, found := index[principal+" "+id]
			return n, found
		}
	})
	index["south-desk "+key] = must(t, l, withKey(northAgrees, key)).Sequence
	refused(t, l, withKey(`{"command":"register-place","place":"hill","name":"Hill"}`, key), "command-id-used")
	r, err := send(t, l, withKey(northAgrees, key))
	if err != nil || !r.Replayed {
		t.Fatalf("the same request on its own record: got replayed %v, %v", r.Replayed, err)
	}
}

func TestACorrectionMayBeRepeated(t *testing.T) {
	l, _ := onTheTable(t)
	body := `{"command":"correct","command_id":"` + key + `","record":"ceasefire/river","reason":"it was the south","replacement":{"command":"agree","by":"south"},"corrects":"` +
		must(t, l, withKey(southAgrees, otherKey)).Command.Head().CommandID + `"}`
	first := must(t, l, body)
	r, err := send(t, l, body)
	if err != nil || !r.Replayed || r.Entry.Sequence != first.Sequence {
		t.Fatalf("got entry %d, replayed %v, %v; want entry %d again", r.Entry.Sequence, r.Replayed, err, first.Sequence)
	}
}

func TestACommandIDIsAUUID(t *testing.T) {
	l, _ := onTheTable(t)
	for _, id := range []string{"1", "urn:uuid:" + key, strings.ReplaceAll(key, "-", ""), "{" + key + "}"} {
		_, err := send(t, l, withKey(northAgrees, id))
		var field *domain.FieldError
		if !errors.As(err, &field) || field.Field != "command_id" {
			t.Errorf("%q: got %v, want a field error for command_id", id, err)
		}
	}
}
