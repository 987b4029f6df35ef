package eventstore_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

func TestAStaleExpectationIsAnsweredWithTheVersion(t *testing.T) {
	l, log := onTheTable(t)
	version := last(t, log)
	must(t, l, northAgrees)
	tests := map[string]eventstore.Request{
		"expect":                   {Command: command(t, `{"command":"agree","ceasefire":"river","by":"south","expect":4}`)},
		"If-Match":                 {Command: command(t, southAgrees), IfMatch: new(version - 1)},
		"ahead of the record":      {Command: command(t, southAgrees), IfMatch: new(version + 9)},
		"a new record, not seen 0": {Command: command(t, `{"command":"register-place","place":"hill","name":"Hill","expect":3}`)},
	}
	for name, r := range tests {
		_, err := l.Execute(t.Context(), r)
		var stale *eventstore.StaleError
		if !errors.As(err, &stale) {
			t.Errorf("%s: got %v, want a StaleError", name, err)
			continue
		}
		if want := last(t, log); name != "a new record, not seen 0" && stale.Version != want {
			t.Errorf("%s: got version %d, want %d", name, stale.Version, want)
		}
	}
	hill := must(t, l, `{"command":"register-place","place":"hill","name":"Hill","expect":0}`)
	r := eventstore.Request{Command: command(t, southAgrees), IfMatch: &hill.Sequence}
	if _, err := l.Execute(t.Context(), r); err == nil {
		t.Error("the version of another record was accepted")
	}
	r.IfMatch = new(version + 1)
	if _, err := l.Execute(t.Context(), r); err != nil {
		t.Errorf("the version of the record was refused: %v", err)
	}
}

// deaf ledgers do not hear of what other nodes append, so that their cache grows stale.
func deaf(o *eventstore.Options) { o.OwnReader = false }

func TestAfterAConflictTheRulesDecideAgain(t *testing.T) {
	a, log := onTheTable(t)
	b := open(t, log, deaf)
	must(t, b, northAgrees)                         // b holds the record now
	must(t, a, southAgrees)                         // and does not hear of this
	refused(t, b, southAgrees, "already-consented") // a no from the stale state would be another one
	if n := last(t, log); n != 7 {
		t.Errorf("the log has %d entries, want 7", n)
	}
}

func TestAnAppendOnAStaleStateIsDecidedAgain(t *testing.T) {
	a, log := onTheTable(t)
	b := open(t, log, deaf)
	must(t, b, `{"command":"amend","ceasefire":"river","by":"north","note":"one"}`)
	must(t, a, `{"command":"amend","ceasefire":"river","by":"north","note":"two"}`)
	e := must(t, b, northAgrees)
	if e.VersionBefore != 7 {
		t.Errorf("the entry follows %d, want 7: what the other node appended", e.VersionBefore)
	}
}

func TestACommandIsGivenUpAfterManyConflicts(t *testing.T) {
	log := memory.New()
	l := open(t, log)
	must(t, l, north)
	var tries atomic.Int32
	busy := &hooked{Log: log, before: func() error { tries.Add(1); return eventstore.ErrConflict }}
	_, err := send(t, open(t, busy), south)
	var conflict *eventstore.ConflictError
	if !errors.As(err, &conflict) || !errors.Is(err, eventstore.ErrConflict) {
		t.Fatalf("got %v, want a ConflictError", err)
	}
	if n := tries.Load(); n != 9 {
		t.Errorf("the log was asked %d times, want 9", n)
	}
}

func TestAnEngineThatIsAwayStoresNothing(t *testing.T) {
	log := memory.New()
	must(t, open(t, log), north)
	away := &hooked{Log: log, before: func() error { return eventstore.ErrUnavailable }}
	if _, err := send(t, open(t, away), south); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestARecordThatDoesNotExistIsNotFound(t *testing.T) {
	a, log := onTheTable(t)
	b := open(t, log, deaf)
	body := `{"command":"agree","ceasefire":"lake","by":"north"}`
	var missing *domain.NotFound
	if _, err := send(t, b, body); !errors.As(err, &missing) {
		t.Fatalf("got %v, want NotFound", err)
	}
	must(t, a, `{"command":"propose","ceasefire":"lake","by":"north","parties":["north","south"],"from":"2016-05-05T00:01Z"}`)
	if _, err := send(t, b, body); err != nil {
		t.Errorf("b remembers that the record did not exist: %v", err)
	}
}

func TestARecordThatExistsIsNotBegunAgain(t *testing.T) {
	a, log := onTheTable(t)
	var loads atomic.Int32
	b := open(t, &hooked{Log: log, load: func(subject string) {
		if subject == "truce.place.hill" {
			loads.Add(1)
		}
	}})
	refused(t, b, town, "exists")
	must(t, b, `{"command":"register-place","place":"hill","name":"Hill"}`)
	if n := loads.Load(); n != 0 {
		t.Errorf("a new record was looked up %d times, want never: the append tells", n)
	}
	refused(t, a, `{"command":"register-place","place":"hill","name":"Mount"}`, "exists")
	if n := last(t, log); n != 6 {
		t.Errorf("the log has %d entries, want 6", n)
	}
}
