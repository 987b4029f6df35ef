package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"truceledger/eventstore"
)

// TestARebuildWhileItServes rebuilds the projections of a real server while clients write and ask: two rebuilds at a time, one that a
// SIGKILL ends in the middle, and another after the next start. Nobody is refused but by the kill, and what is read is what was
// written.
func TestARebuildWhileItServes(t *testing.T) {
	k := &killing{t: t, data: filepath.Join(t.TempDir(), "data"), acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	putMany(t, k.data, 4000) // so that a rebuild takes a moment
	k.begin()
	over := k.busy()
	var both sync.WaitGroup
	for range 2 { // the second waits for the first
		both.Go(func() { k.rebuild() })
	}
	both.Wait()
	over()
	k.check()

	before := k.views()
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		run(context.Background(), []string{"rebuild", "--server", k.address}, nil, io.Discard, io.Discard, homeEnv)
	}()
	k.awaitRebuilding()
	k.server.kill()
	<-cut
	if after := k.views(); !slices.ContainsFunc(after, func(name string) bool { return strings.HasSuffix(name, ".new") }) {
		t.Logf("the kill came after the filling: %v, then %v", before, after)
	}
	k.start()
	if after := k.views(); len(after) != 1 || after[0] != before[0] {
		t.Errorf("the start left %v; before the rebuild there was %v", after, before)
	}
	over = k.busy()
	k.rebuild()
	over()
	k.check()
	if after := k.views(); len(after) != 1 || after[0] == before[0] {
		t.Errorf("after the last rebuild there is %v; before there was %v", after, before)
	}
}

// busy has clients write and ask until the returned function is called. Each answer is the right one.
func (k *killing) busy() (over func()) {
	var stop atomic.Bool
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for !stop.Load() && !k.t.Failed() {
				c := next()
				if status, err := k.send(c); err != nil || status != http.StatusCreated {
					k.t.Errorf("while it rebuilds a command is answered with %d, %v", status, err)
				}
				k.mu.Lock()
				sequence := k.acknowledged[c.id]
				k.mu.Unlock()
				if _, err := k.get(fmt.Sprintf("/v1/ceasefires/pause?min_sequence=%d", sequence)); err != nil {
					k.t.Errorf("while it rebuilds a question is answered with %v", err)
				}
			}
		})
	}
	return func() { stop.Store(true); clients.Wait() }
}

// rebuild runs truce rebuild.
func (k *killing) rebuild() {
	var out, said bytes.Buffer
	if code := run(context.Background(), []string{"rebuild", "--server", k.address}, nil, &out, &said, homeEnv); code != exitDone || !strings.Contains(out.String(), "ceasefires/") {
		k.t.Errorf("rebuild: exit code %d\n%s%s", code, &out, &said)
	}
}

// awaitRebuilding waits until the server says how far it is, and that it is under way.
func (k *killing) awaitRebuilding() {
	k.t.Helper()
	var ready struct {
		Ready   bool
		Filling *struct {
			Doing       string
			Done, Of    uint64
			PerSecond   float64 `json:"per_second"`
			SecondsLeft float64 `json:"seconds_left"`
		}
	}
	for deadline := time.Now().Add(patience); ; {
		_, body := fetch(k.t, k.address+"/readyz")
		ready.Filling = nil
		if err := json.Unmarshal([]byte(body), &ready); err != nil {
			k.t.Fatal(err)
		}
		if f := ready.Filling; f != nil && f.Done > 0 {
			if !ready.Ready || f.Doing != "rebuilding" || f.Of < f.Done || f.PerSecond <= 0 || f.SecondsLeft < 0 {
				k.t.Errorf("readyz: %s", body)
			}
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatalf("it is not rebuilding: %s", body)
		}
	}
}

// views are the names of the files of read models.
func (k *killing) views() (names []string) {
	k.t.Helper()
	found, err := os.ReadDir(filepath.Join(k.data, "views"))
	if err != nil {
		k.t.Fatal(err)
	}
	for _, f := range found {
		names = append(names, f.Name())
	}
	return names
}

// putMany puts statements on the record of a data folder that no server uses.
func putMany(t *testing.T, data string, entries int) {
	t.Helper()
	n, err := openNode(t.Context(), &settings{data: data, zone: "UTC", stream: "TRUCE"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	put := func(body string) {
		c, err := eventstore.DecodeCommand("", []byte(body))
		if err == nil {
			_, err = n.ledger.Execute(t.Context(), eventstore.Request{Command: c, Principal: "clerk"})
		}
		if err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	put(`{"command":"register-actor","actor":"council","name":"Council","kind":"organisation"}`)
	var left atomic.Int64
	left.Store(int64(entries))
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			for i := left.Add(-1); i >= 0 && !t.Failed(); i = left.Add(-1) {
				put(fmt.Sprintf(`{"command":"record-statement","statement":"s-%d","by":"council","statement_kind":"hope","text":"Hope %d"}`, i, i))
			}
		})
	}
	all.Wait()
}
