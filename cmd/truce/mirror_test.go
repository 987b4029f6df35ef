package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjetstream "github.com/nats-io/nats.go/jetstream"
)

// TestAReadOnlyNodeOnAMirror joins a server of edge.conf to the cluster of node.conf by a leaf node, over a line that can be
// cut, and serves the mirror there.
func TestAReadOnlyNodeOnAMirror(t *testing.T) {
	t.Parallel()
	hub := startNATSCluster(t)
	home := t.TempDir()
	writer := serveProcess(t, append(hub.flags(t, hub.urls(), "truce-ledger"), "--replicas", "3", "--data", home)...)
	line := startLine(t, loopback(hub.nodes[0].leaf))
	edge := startEdge(t, hub.authority, line)
	operator := hub.connectTo(t, edge.url(), "truce-operator")
	makeMirror(t, operator, func(*natsjetstream.StreamConfig) {})
	said(t, writer, exitDone, "register-actor", "north", "--name", "North", "--kind", "armed_group")

	key := strings.TrimSpace(said(t, writer, exitDone, "log-key"))
	reader := serveProcess(t, append(hub.flags(t, edge.url(), "truce-reader"), "--read-only", "--stream", "MIRROR", "--writer", writer, "--log-key", key)...)

	t.Run("it answers what its origin answers", func(t *testing.T) {
		wantSame(t, writer, reader, 2, "/v1/actors/north")
		if lag := lagOf(t, reader); lag.entries != 0 || lag.heard > 5*time.Second {
			t.Errorf("on an open line: %+v", lag)
		}
	})
	t.Run("it proves what it reads with the writer's heads", func(t *testing.T) {
		if head := awaitHead(t, reader, 2); head != awaitHead(t, writer, 2) {
			t.Errorf("it shows another head: %s", head)
		}
		for _, path := range []string{"/v1/entries/2/receipt", "/log/tile/0/000.p/2", "/log/tile/entries/000.p/2", "/log/consistency?from=1"} {
			if there, here := awaitOK(t, writer+path), awaitOK(t, reader+path); there != here {
				t.Errorf("%s: the writer answers %q, the reader %q", path, there, here)
			}
		}
		if out := said(t, reader, exitDone, "verify", "--log-key", key, reader); !strings.Contains(out, "holds 2 entries") {
			t.Errorf("it is not verified: %s", out)
		}
	})
	t.Run("it names the writer to whoever writes", func(t *testing.T) { wantWriterNamed(t, reader, writer) })
	t.Run("it says how old it is while the line is down", func(t *testing.T) {
		line.cut()
		said(t, writer, exitDone, "register-actor", "south", "--name", "South", "--kind", "armed_group")
		for deadline := time.Now().Add(patience); lagOf(t, reader).heard < 2500*time.Millisecond; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it does not notice: %+v", lagOf(t, reader))
			}
		}
		if status, body := fetch(t, reader+"/v1/actors/south"); status != http.StatusNotFound {
			t.Errorf("what cannot have come is answered: %d %s", status, body)
		}
		if status, body := fetch(t, reader+"/v1/entries/3/receipt"); status != http.StatusNotFound {
			t.Errorf("a receipt for what has not come: %d %s", status, body)
		}
		if status, body := fetch(t, reader+"/readyz"); status != http.StatusOK || !regexp.MustCompile(`"origin":\{"known":true,"lag":0,"heard_seconds":[1-9]`).MatchString(body) {
			t.Errorf("readyz: %d %s", status, body)
		}
		line.mend()
		wantSame(t, writer, reader, 3, "/v1/actors/south")
		awaitHead(t, reader, 3)
	})
	t.Run("nobody there can write", func(t *testing.T) {
		nc := hub.connectTo(t, edge.url(), "truce-reader")
		for _, subject := range []string{"truce.ceasefire.forged", "$JS.API.STREAM.CREATE.MIRROR", "$JS.API.STREAM.UPDATE.MIRROR", "$JS.API.STREAM.DELETE.MIRROR",
			"$JS.API.STREAM.PURGE.MIRROR", "$JS.API.STREAM.MSG.DELETE.MIRROR", "$JS.API.CONSUMER.LIST.MIRROR", "truce-hub.CONSUMER.CREATE.TRUCE"} {
			wantRefused(t, nc, subject)
		}
		forgeFromAfar(t, operator, hub.connect(t, "truce-ledger"), writer)
	})
	t.Run("it becomes the log when its origin is lost", func(t *testing.T) {
		wantSame(t, writer, reader, 4, "/v1/actors/last")
		_, log := fetch(t, writer+"/v1/entries")
		for _, n := range hub.nodes {
			n.server.kill()
		}
		promote(t, operator)
		data := t.TempDir()
		if err := copyFile(filepath.Join(home, "log.key"), filepath.Join(data, "log.key")); err != nil {
			t.Fatal(err)
		}
		heir := serveProcess(t, append(hub.flags(t, edge.url(), "truce-ledger"), "--stream", "MIRROR", "--data", data)...)
		answersElsewhere(t, hub.connectTo(t, edge.url(), "truce-reader"), "MIRROR")
		said(t, heir, exitDone, "register-actor", "after", "--name", "After", "--kind", "person")
		if _, after := fetch(t, heir+"/v1/entries"); !strings.HasPrefix(after, log) || strings.Count(after, "\n") != strings.Count(log, "\n")+1 {
			t.Errorf("the log was\n%s\nand is\n%s", log, after)
		}
		awaitOK(t, reader+"/v1/actors/after?min_sequence=5") // who read the mirror reads on
	})
}

// promote makes the mirror a log of its own, as an operator does: from the file.
func promote(t *testing.T, operator *nats.Conn) {
	t.Helper()
	raw, err := os.ReadFile(deployed(t, "promoted.json"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := operator.Request("$JS.API.STREAM.UPDATE.MIRROR", raw, patience)
	if err != nil || strings.Contains(string(answer.Data), `"error"`) {
		t.Fatalf("the mirror is not promoted: %s, %v", answer.Data, err)
	}
}

// forgeFromAfar does what the edge's own operator could try on the origin.
func forgeFromAfar(t *testing.T, operator, ledger *nats.Conn, writer string) {
	t.Helper()
	_, before := fetch(t, writer+"/v1/entries")
	heads := held(t, ledger, "KV_TRUCE_HEADS")
	for _, m := range []*nats.Msg{
		{Subject: "truce.ceasefire.forged", Data: []byte("{}")},
		{Subject: "$KV.TRUCE_HEADS.forged", Data: []byte("{}")},
		{Subject: "truce-hub.CONSUMER.CREATE.TRUCE", Reply: "truce.ceasefire.forged", Data: []byte(`{"stream_name":"TRUCE","config":{"ack_policy":"none"}}`)},
		{Subject: "truce-hub.STREAM.DELETE.TRUCE", Reply: "_INBOX.x"},
		{Subject: "$JS.FC.TRUCE.x", Reply: "truce.ceasefire.forged"},
	} {
		if err := operator.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	pushFromAfar(t, operator)
	said(t, writer, exitDone, "register-actor", "last", "--name", "Last", "--kind", "person")
	_, after := fetch(t, writer+"/v1/entries")
	if rest, ok := strings.CutPrefix(after, before); !ok || strings.Count(rest, "\n") != 1 {
		t.Errorf("the origin's log was changed:\n%s", rest)
	}
	if n := held(t, ledger, "KV_TRUCE_HEADS"); n.foreign != heads.foreign {
		t.Errorf("among the heads stand messages of somebody else: %+v", n)
	}
}

// pushFromAfar makes consumers that send what they read to where it would be an entry, a head, or an order to the server: a
// message without a body is one to delete the stream. The last one sends to us, so that we know when all have been sent.
func pushFromAfar(t *testing.T, operator *nats.Conn) {
	t.Helper()
	const here = "truce-mirror.pushed"
	arrived, err := operator.SubscribeSync(here)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"truce.ceasefire.forged", "$JS.API.STREAM.DELETE.TRUCE", "$JS.API.STREAM.PURGE.TRUCE", "$KV.TRUCE_HEADS.forged", here} {
		request, err := json.Marshal(map[string]any{"stream_name": "TRUCE", "config": map[string]any{
			"ack_policy": "none", "deliver_policy": "all", "deliver_subject": to, "headers_only": strings.HasPrefix(to, "$JS"), "inactive_threshold": time.Minute,
		}})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := operator.Request("truce-hub.CONSUMER.CREATE.TRUCE", request, patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.250s", to, answer.Data)
	}
	for range 3 {
		if _, err := arrived.NextMsg(patience); err != nil {
			t.Fatal(err)
		}
	}
}

// kept is what a stream holds: messages of its own subjects, and of others.
type kept struct{ own, foreign int }

func held(t *testing.T, ledger *nats.Conn, stream string) (k kept) {
	t.Helper()
	m, err := ledger.Request("$JS.API.STREAM.INFO."+stream, []byte(`{"subjects_filter":">"}`), patience)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		State struct{ Subjects map[string]int }
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %v", stream, answer.State.Subjects)
	for subject, n := range answer.State.Subjects {
		if strings.HasPrefix(subject, "$KV.TRUCE_HEADS.") && subject != "$KV.TRUCE_HEADS.forged" {
			k.own += n
		} else {
			k.foreign += n
		}
	}
	return k
}

// wantSame compares an answer and the digests, the proof tree's among them, of two nodes at a sequence.
func wantSame(t *testing.T, one, two string, sequence uint64, path string) {
	t.Helper()
	for _, p := range []string{fmt.Sprintf("%s?as_of_sequence=%d&effective_at=2016-05-05T00:00:00Z", path, sequence), "/v1/admin/digests?"} {
		var bodies []string
		for _, address := range []string{one, two} {
			bodies = append(bodies, awaitOK(t, fmt.Sprintf("%s%s&min_sequence=%d", address, p, sequence)))
		}
		if bodies[0] != bodies[1] {
			t.Errorf("%s differs:\n%s\n%s", p, bodies[0], bodies[1])
		}
		if strings.HasSuffix(p, "digests?") && !strings.Contains(bodies[1], `"proof/1"`) {
			t.Errorf("no digest of the proof tree: %s", bodies[1])
		}
	}
}

// awaitOK asks until the answer is no longer: later.
func awaitOK(t *testing.T, url string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		status, body := fetch(t, url)
		switch {
		case status == http.StatusOK:
			return body
		case status != http.StatusServiceUnavailable || time.Now().After(deadline):
			t.Fatalf("%s: %d %s", url, status, body)
		}
	}
}

type lag struct {
	entries uint64
	heard   time.Duration
}

// lagOf reads the lag that goes with an answer; any will do.
func lagOf(t *testing.T, address string) lag {
	t.Helper()
	answer, err := operator.Get(address + "/v1/ceasefires")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	found := regexp.MustCompile(`^entries=(\d+), heard=(\d+\.\d)$`).FindStringSubmatch(answer.Header.Get("Truce-Lag"))
	if found == nil {
		t.Fatalf("Truce-Lag: %q", answer.Header.Get("Truce-Lag"))
	}
	entries, err := strconv.ParseUint(found[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	heard, err := time.ParseDuration(found[2] + "s")
	if err != nil {
		t.Fatal(err)
	}
	return lag{entries, heard}
}

func wantWriterNamed(t *testing.T, reader, writer string) {
	t.Helper()
	answer, err := operator.Post(reader+"/v1/commands/register-actor", "application/json", strings.NewReader(`{"actor":"x","name":"X","kind":"state"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var p struct{ Code, Detail, Writer string }
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusForbidden || p.Code != "read-only" || p.Writer != writer || !strings.Contains(p.Detail, writer) {
		t.Errorf("got %d %+v", answer.StatusCode, p)
	}
}
