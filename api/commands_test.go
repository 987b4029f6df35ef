package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"truceledger/api/wire"
)

const uuid1 = "0b6f3f52-4a54-4f0b-8c5e-1f3c2f8f6f10"

func TestACommandIsAnsweredWithItsEntry(t *testing.T) {
	w := open(t)
	a := w.send("register-actor", `{"actor":"north","name":"North","kind":"state"}`, "Correlation-Id", "talks-7", "Causation-Id", "mail-9")
	got := into[wire.Accepted](t, a)
	if a.StatusCode != 201 || got.Record != "actor/north" || got.Sequence != 2 || got.Version != 2 || got.CommandID == "" || got.RecordedAt.IsZero() {
		t.Fatalf("got %d %s", a.StatusCode, a.body)
	}
	if tag, at := a.Header.Get("ETag"), a.Header.Get("Location"); tag != `"2"` || at != "/v1/actors/north" {
		t.Errorf("got ETag %s, Location %s", tag, at)
	}
	var event struct{ Type string }
	if err := json.Unmarshal(got.Events[0], &event); err != nil || event.Type != "actor-registered" {
		t.Errorf("got the events %s", got.Events)
	}
	entry := w.get("/v1/entries/2")
	for _, want := range []string{`"principal":"recorder:local"`, `"correlation_id":"talks-7"`, `"causation_id":"mail-9"`, string(got.Events[0])} {
		if !bytes.Contains(entry.body, []byte(want)) {
			t.Errorf("the entry lacks %s: %s", want, entry.body)
		}
	}
	if back := w.get(a.Header.Get("Location") + "?min_sequence=2"); back.StatusCode != 200 || back.Header.Get("ETag") != `"2"` {
		t.Errorf("the Location answers %d with ETag %s", back.StatusCode, back.Header.Get("ETag"))
	}
}

func TestTheSameCommandAgainIsAnsweredWithTheFirstAnswer(t *testing.T) {
	for name, send := range map[string]func(w *world, body string) answered{
		"header": func(w *world, body string) answered {
			return w.send("register-actor", "{"+body+"}", "Idempotency-Key", uuid1)
		},
		"quoted header": func(w *world, body string) answered {
			return w.send("register-actor", "{"+body+"}", "Idempotency-Key", `"`+uuid1+`"`)
		},
		"field": func(w *world, body string) answered {
			return w.send("register-actor", `{"command_id":"`+uuid1+`",`+body+"}")
		},
		"both": func(w *world, body string) answered {
			return w.send("register-actor", `{"command_id":"`+uuid1+`",`+body+"}", "Idempotency-Key", uuid1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			first := send(w, `"actor":"north","name":"North","kind":"state"`)
			again := send(w, `"kind":"state","name":"North","actor":"north"`)
			if first.StatusCode != 201 || again.StatusCode != 200 || !bytes.Equal(first.body, again.body) {
				t.Fatalf("got %d %s, then %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
			}
			for _, header := range []string{"ETag", "Location"} {
				if first.Header.Get(header) != again.Header.Get(header) {
					t.Errorf("%s differs", header)
				}
			}
			if last, _ := w.log.Last(t.Context()); last != 2 {
				t.Errorf("the log ends at %d, want 2", last)
			}
		})
	}
}

func TestTheLedgerMakesTheSameIDForTheSameKey(t *testing.T) {
	w := open(t)
	body := `{"name":"North","kind":"state"}`
	first := w.must("register-actor", body, "Idempotency-Key", uuid1)
	again := into[wire.Accepted](t, w.send("register-actor", body, "Idempotency-Key", uuid1))
	if first.Record != again.Record || first.Sequence != again.Sequence {
		t.Errorf("got %v, then %v", first, again)
	}
}

func TestManyCallersOfOneKeyStoreOneEntry(t *testing.T) {
	w := open(t)
	statuses := make(chan int, 16)
	var all sync.WaitGroup
	for range cap(statuses) {
		all.Go(func() {
			statuses <- w.send("register-actor", `{"actor":"north","name":"North","kind":"state"}`, "Idempotency-Key", uuid1).StatusCode
		})
	}
	all.Wait()
	close(statuses)
	counts := map[int]int{}
	for s := range statuses {
		counts[s]++
	}
	if counts[201] != 1 || counts[200] != 15 {
		t.Errorf("got %v, want one 201 and 15 times 200", counts)
	}
}

func TestIfMatch(t *testing.T) {
	w := open(t)
	w.river()
	body := `{"ceasefire":"river","by":"north"}`
	tag := w.get("/v1/ceasefires/river").Header.Get("ETag")
	if tag != `"7"` {
		t.Fatalf("got ETag %s", tag)
	}
	for _, match := range []string{tag, "*", `W/"9"`} {
		a := w.send("reaffirm", body, "If-Match", match)
		if a.StatusCode != http.StatusCreated {
			t.Errorf("If-Match %s: got %d %s", match, a.StatusCode, a.body)
		}
	}
	if a := w.send("reaffirm", body, "If-Match", tag); a.StatusCode != 412 {
		t.Errorf("a stale ETag is answered %d", a.StatusCode)
	}
	// Idempotency goes before expect: a retry is answered although the record has moved on.
	first := w.send("reaffirm", body, "If-Match", `"10"`, "Idempotency-Key", uuid1)
	again := w.send("reaffirm", body, "If-Match", `"10"`, "Idempotency-Key", uuid1)
	if first.StatusCode != 201 || again.StatusCode != 200 {
		t.Errorf("got %d %s, then %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
	}
}
