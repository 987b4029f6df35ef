package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjetstream "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/proof/natsheads"
)

// TestDeployedNATS starts the servers of deploy/nats, and tries what each of their users may do and what not.
func TestDeployedNATS(t *testing.T) {
	t.Parallel()
	c := startNATSCluster(t)
	ledger := c.connect(t, "truce-ledger")
	log, err := jetstream.Open(t.Context(), ledger, jetstream.Options{Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := log.Append(t.Context(), fmt.Sprintf("truce.ceasefire.c-%d", i), 0, []byte("an entry")); err != nil {
			t.Fatal(err)
		}
	}
	before := contentOf(t, log)
	t.Run("a reader reads all of it", func(t *testing.T) {
		read, err := jetstream.Open(t.Context(), c.connect(t, "truce-reader"), jetstream.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := contentOf(t, read); got != before {
			t.Errorf("got %s, want %s", got, before)
		}
		for m, err := range read.Load(t.Context(), "truce.ceasefire.c-1", 0) {
			if err != nil || m.Sequence != 2 {
				t.Errorf("load: %v, %v", m, err)
			}
		}
	})
	t.Run("what is refused", func(t *testing.T) {
		for user, refused := range map[string][]string{
			"truce-reader": append([]string{"truce.ceasefire.c-0", "$JS.API.STREAM.CREATE.TRUCE", "$JS.API.STREAM.UPDATE.TRUCE", "$JS.API.STREAM.CREATE.OTHER",
				"$JS.API.CONSUMER.LIST.TRUCE", "$JS.API.CONSUMER.NAMES.TRUCE"}, nobodyMay...),
			"truce-ledger": append([]string{"$JS.API.STREAM.CREATE.OTHER", "$JS.API.STREAM.UPDATE.OTHER", "$JS.API.STREAM.DELETE.OTHER", "$SYS.REQ.SERVER.PING"}, nobodyMay...),
		} {
			nc := c.connect(t, user)
			for _, subject := range refused {
				wantRefused(t, nc, subject)
			}
		}
	})
	t.Run("a stranger is not let in", func(t *testing.T) {
		cert, key := c.issue(t, "somebody")
		if nc, err := jetstream.Dial(t.Context(), jetstream.DialOptions{URL: c.urls(), CAFile: c.file, CertFile: cert, KeyFile: key}); err == nil {
			nc.Close()
			t.Error("a user whom nobody named was let in")
		}
		if nc, err := nats.Connect(c.urls(), nats.RootCAs(c.file)); err == nil {
			nc.Close()
			t.Error("somebody without a certificate was let in")
		}
	})
	t.Run("no answer to a reader is filed as an entry", func(t *testing.T) { answersElsewhere(t, c) })
	t.Run("no consumer of a reader speaks for it", func(t *testing.T) { pushedElsewhere(t, c, ledger) })
	t.Run("no reader joins as a server", func(t *testing.T) { uninvited(t, c) })
	if after := contentOf(t, log); after != before {
		t.Errorf("the log was changed:\n%s\n%s", before, after)
	}
	if _, err := log.Append(t.Context(), "truce.ceasefire.c-0", 1, []byte("another entry")); err != nil {
		t.Errorf("the ledger can no longer write: %v", err)
	}
}

// nobodyMay is what would take something away from the log.
var nobodyMay = []string{
	"$JS.API.STREAM.DELETE.TRUCE", "$JS.API.STREAM.PURGE.TRUCE", "$JS.API.STREAM.MSG.DELETE.TRUCE", "$JS.API.STREAM.RESTORE.TRUCE",
	"$JS.API.STREAM.PEER.REMOVE.TRUCE", "$JS.API.STREAM.LEADER.STEPDOWN.TRUCE", "$JS.API.ACCOUNT.PURGE.TRUCE", "$JS.API.META.LEADER.STEPDOWN",
}

// wantRefused publishes, and waits for the server's no.
func wantRefused(t *testing.T, nc *nats.Conn, subject string) {
	t.Helper()
	said := make(chan error, 16)
	nc.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { said <- err })
	if err := nc.PublishRequest(subject, nc.NewRespInbox(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-said:
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), fmt.Sprintf("%q", subject)) {
			t.Errorf("%s: got %v", subject, err)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("%s: it was allowed", subject)
	}
}

// answersElsewhere asks what a reader may ask, and wants the answer to be sent to the log itself.
func answersElsewhere(t *testing.T, c *natsCluster) {
	reader := c.connect(t, "truce-reader")
	for subject, request := range map[string]string{
		"$JS.API.INFO": "", "$JS.API.STREAM.INFO.TRUCE": "", "$JS.API.STREAM.MSG.GET.TRUCE": `{"seq":1}`, "$JS.API.DIRECT.GET.TRUCE": `{"seq":1}`,
		"$JS.API.CONSUMER.CREATE.TRUCE.x":   `{"stream_name":"TRUCE","config":{"name":"x","ack_policy":"none"}}`,
		"$JS.API.CONSUMER.MSG.NEXT.TRUCE.x": `{"batch":1}`,
	} {
		if err := reader.PublishRequest(subject, "truce.ceasefire.forged", []byte(request)); err != nil {
			t.Fatal(err)
		}
		// The answer to the next request comes after: what the last one did has been done by then.
		if _, err := reader.Request("$JS.API.STREAM.INFO.TRUCE", nil, patience); err != nil {
			t.Fatal(err)
		}
	}
}

// pushedElsewhere makes consumers that send what they read to where it would be an entry, or an order to the server: a
// message without a body is one to delete the stream. The last one sends to us, so that we know when all have been sent.
func pushedElsewhere(t *testing.T, c *natsCluster, ledger *nats.Conn) {
	js, err := natsjetstream.New(ledger)
	if err != nil {
		t.Fatal(err)
	}
	heads, err := natsheads.Open(t.Context(), js, "forged", 3)
	if err != nil {
		t.Fatal(err)
	}
	const here = "_INBOX.pushed"
	arrived, err := ledger.SubscribeSync(here)
	if err != nil {
		t.Fatal(err)
	}
	reader := c.connect(t, "truce-reader")
	for i, to := range []string{"truce.ceasefire.forged", "$JS.API.STREAM.DELETE.TRUCE", "$JS.API.STREAM.PURGE.TRUCE", "$KV.TRUCE_HEADS.forged", here} {
		name := fmt.Sprint("push-", i)
		request, err := json.Marshal(map[string]any{"stream_name": "TRUCE", "config": map[string]any{
			"name": name, "ack_policy": "none", "deliver_policy": "all", "deliver_subject": to, "headers_only": to != "$KV.TRUCE_HEADS.forged", "inactive_threshold": time.Minute,
		}})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := reader.Request("$JS.API.CONSUMER.CREATE.TRUCE."+name, request, patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.150s", to, answer.Data)
	}
	for range 3 {
		if _, err := arrived.NextMsg(patience); err != nil {
			t.Fatal(err)
		}
	}
	if head, revision, err := heads.Load(t.Context()); revision != 0 || err != nil {
		t.Errorf("a reader has put %q among the signed heads, %v", head, err)
	}
	info, err := ledger.Request("$JS.API.STREAM.INFO.TRUCE", nil, patience)
	if err != nil || !strings.Contains(string(info.Data), `"messages":3`) {
		t.Errorf("the stream is no longer as it was: %s, %v", info.Data, err)
	}
}

// uninvited starts a server with the certificate of a reader, who wants to be one of the cluster.
func uninvited(t *testing.T, c *natsCluster) {
	cert, key := c.issue(t, "truce-reader")
	ports := freePorts(t, 4)
	rogue := *c.nodes[0]
	rogue.env = append(slices.Clone(rogue.env), "TRUCE_NATS_NAME=rogue", "TRUCE_NATS_LISTEN="+loopback(ports[0]), "TRUCE_NATS_CLUSTER_LISTEN="+loopback(ports[1]),
		"TRUCE_NATS_LEAF_LISTEN="+loopback(ports[2]), "TRUCE_NATS_MONITOR="+loopback(ports[3]), "TRUCE_NATS_STORE="+t.TempDir(),
		"TRUCE_NATS_CERT="+cert, "TRUCE_NATS_KEY="+key)
	rogue.start(t)
	if _, err := rogue.server.stderr.await("Route Error 'Authorization Violation'"); err != nil {
		t.Error(err)
	}
}

// contentOf is every message of a log, as text.
func contentOf(t *testing.T, log eventstore.Log) string {
	t.Helper()
	var b strings.Builder
	for m, err := range log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%d %s %s\n", m.Sequence, m.Subject, m.Payload)
	}
	return b.String()
}
