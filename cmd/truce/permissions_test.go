package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/logtest"
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
		read, err := jetstream.Open(t.Context(), c.connect(t, "truce-reader"), jetstream.Options{ReadOnly: true, NoConsumers: true})
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
			"truce-reader": slices.Concat(readersMayNot, nobodyMay),
			"truce-ledger": append([]string{"$JS.API.STREAM.CREATE.OTHER", "$JS.API.STREAM.UPDATE.OTHER", "$JS.API.STREAM.DELETE.OTHER"}, nobodyMay...),
		} {
			nc := c.connect(t, user)
			for _, subject := range refused {
				wantRefused(t, nc, subject)
			}
		}
		wantDeaf(t, c.connect(t, "truce-reader"), "truce.>", "$JS.>", "$KV.>", "$SYS.>", "_R_.>", ">")
	})
	t.Run("what can be used up is bounded", func(t *testing.T) {
		answer, err := ledger.Request("$JS.API.INFO", nil, patience)
		if err != nil || !strings.Contains(string(answer.Data), `"max_streams":2`) || !strings.Contains(string(answer.Data), `"max_consumers":256`) {
			t.Errorf("the account of the log: %s, %v", answer.Data, err)
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
	t.Run("no answer to a reader is filed as an entry", func(t *testing.T) { answersElsewhere(t, c.connect(t, "truce-reader"), "TRUCE") })
	t.Run("no reader joins as a server", func(t *testing.T) { uninvited(t, c) })
	if after := contentOf(t, log); after != before {
		t.Errorf("the log was changed:\n%s\n%s", before, after)
	}
	if _, err := log.Append(t.Context(), "truce.ceasefire.c-0", 1, []byte("another entry")); err != nil {
		t.Errorf("the ledger can no longer write: %v", err)
	}
}

// nobodyMay is what would take something away from the log or its heads, or rule over the servers that keep them.
var nobodyMay = []string{
	"$JS.API.STREAM.DELETE.TRUCE", "$JS.API.STREAM.PURGE.TRUCE", "$JS.API.STREAM.MSG.DELETE.TRUCE", "$JS.API.STREAM.SNAPSHOT.TRUCE", "$JS.API.STREAM.RESTORE.TRUCE",
	"$JS.SNAPSHOT.RESTORE.TRUCE.x", "$JS.API.STREAM.DELETE.KV_TRUCE_HEADS", "$JS.API.STREAM.PURGE.KV_TRUCE_HEADS", "$JS.API.STREAM.MSG.DELETE.KV_TRUCE_HEADS",
	"$JS.API.CONSUMER.DURABLE.CREATE.TRUCE.x", "$JS.API.CONSUMER.PAUSE.TRUCE.x", "$JS.API.CONSUMER.RESET.TRUCE.x", "$JS.API.CONSUMER.UNPIN.TRUCE.x",
	"$JS.API.STREAM.PEER.REMOVE.TRUCE", "$JS.API.STREAM.LEADER.STEPDOWN.TRUCE", "$JS.API.CONSUMER.LEADER.STEPDOWN.TRUCE.x",
	"$JS.API.ACCOUNT.PURGE.TRUCE", "$JS.API.META.LEADER.STEPDOWN", "$JS.API.SERVER.REMOVE", "$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.x.RELOAD",
}

// readersMayNot is what would write for the ledger, answer in its stead, or have the servers keep something for a reader.
var readersMayNot = []string{
	"truce.ceasefire.c-0", "$KV.TRUCE_HEADS.x", "_INBOX.x.y", "_R_.x", "$JS.API.STREAM.CREATE.TRUCE", "$JS.API.STREAM.UPDATE.TRUCE", "$JS.API.STREAM.CREATE.OTHER",
	"$JS.API.STREAM.UPDATE.KV_TRUCE_HEADS", "$JS.API.STREAM.MSG.GET.KV_TRUCE_HEADS", "$JS.API.DIRECT.GET.KV_TRUCE_HEADS", "$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES",
	"$JS.API.CONSUMER.CREATE.TRUCE", "$JS.API.CONSUMER.CREATE.TRUCE.x", "$JS.API.CONSUMER.CREATE.TRUCE.x.truce.ceasefire.c-0", "$JS.API.CONSUMER.MSG.NEXT.TRUCE.x",
	"$JS.API.CONSUMER.DELETE.TRUCE.x", "$JS.API.CONSUMER.INFO.TRUCE.x", "$JS.API.CONSUMER.LIST.TRUCE", "$JS.API.CONSUMER.NAMES.TRUCE",
	"$JS.ACK.TRUCE.x.1.1.1.1.1", "$JS.FC.TRUCE.x", "truce-hub.CONSUMER.CREATE.TRUCE", "truce-mirror.x", "truce-api.query", "truce-api.command.propose",
}

// wantDeaf subscribes, and waits for the server's no.
func wantDeaf(t *testing.T, nc *nats.Conn, subjects ...string) {
	t.Helper()
	said := make(chan error, 16)
	nc.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { said <- err })
	for _, subject := range subjects {
		if _, err := nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-said:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("listening to %s: got %v", subject, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: it was allowed to listen", subject)
		}
	}
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
func answersElsewhere(t *testing.T, reader *nats.Conn, stream string) {
	t.Helper()
	for subject, request := range map[string]string{
		"$JS.API.INFO": "", "$JS.API.STREAM.INFO." + stream: "", "$JS.API.STREAM.MSG.GET." + stream: `{"seq":1}`, "$JS.API.DIRECT.GET." + stream: `{"seq":1,"batch":3}`,
	} {
		if err := reader.PublishRequest(subject, "truce.ceasefire.forged", []byte(request)); err != nil {
			t.Fatal(err)
		}
		// The answer to the next request comes after: what the last one did has been done by then.
		if _, err := reader.Request("$JS.API.STREAM.INFO."+stream, nil, patience); err != nil {
			t.Fatal(err)
		}
	}
}

// uninvited starts a server with the certificate of a reader, who wants to be one of the cluster.
func uninvited(t *testing.T, c *natsCluster) {
	cert, key := c.issue(t, "truce-reader")
	ports := logtest.Ports(t, 4)
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
