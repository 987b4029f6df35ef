package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjetstream "github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"truceledger/api/bus"
	"truceledger/eventstore/jetstream"
)

// TestTheBusOnACluster serves the bus on the servers of deploy/nats, as those who may use it there, and tries what they may not.
func TestTheBusOnACluster(t *testing.T) {
	t.Parallel()
	c := startNATSCluster(t)
	ledger := append(c.flags(t, c.urls(), "truce-ledger"), "--replicas", "3", "--nats-service")
	as := func(user string) []string {
		cert, key := c.issue(t, user)
		return append(slices.Clone(ledger), "--nats-service-cert", cert, "--nats-service-key", key)
	}
	address := serveProcess(t, as("truce-service")...)
	token, _, err := (&program{env: homeEnv}).token(address)
	if err != nil || token == "" {
		t.Fatalf("no token: %v", err)
	}
	message := func(subject, reply, payload string) *nats.Msg {
		return &nats.Msg{Subject: subject, Reply: reply, Data: []byte(payload), Header: nats.Header{"Authorization": {"Bearer " + token}}}
	}
	sender, watcher := c.program(t, "truce-sender"), c.program(t, "truce-watcher")
	m, err := sender.RequestMsg(message(bus.CommandSubject+".register-actor", "", `{"actor":"north","name":"North","kind":"state"}`), patience)
	if err != nil || m.Header.Get("Status") != "201" {
		t.Fatalf("got %+v, %v", m, err)
	}
	kept := watched(t, watcher, "actor.north")
	for _, nc := range []*nats.Conn{sender, watcher} {
		nc.SetErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})
		for subject, request := range map[string]string{
			"$JS.API.INFO": "", "$JS.API.STREAM.INFO.KV_TRUCE_STATE": "", "$JS.API.DIRECT.GET.KV_TRUCE_STATE.$KV.TRUCE_STATE.actor.north": "",
			"$SRV.INFO.truce": "", bus.QuerySubject: "/v1/actors/north",
		} {
			for _, to := range []string{"truce.ceasefire.forged", "$KV.TRUCE_STATE.actor.north", "$JS.API.STREAM.DELETE.KV_TRUCE_STATE", "$KV.TRUCE_HEADS.forged"} {
				if err := nc.PublishMsg(message(subject, to, request)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, subject := range append([]string{"truce.ceasefire.c-0", "$KV.TRUCE_STATE.actor.north", "$JS.API.STREAM.CREATE.OTHER", "$JS.API.STREAM.PURGE.KV_TRUCE_STATE"}, nobodyMay...) {
		wantRefused(t, sender, subject)
	}
	wantRefused(t, watcher, bus.CommandSubject+".register-actor")
	pushOnTheBus(t, watcher)
	if m, err := watcher.RequestMsg(message(bus.QuerySubject, "", "/v1/actors/north"), patience); err != nil || !strings.Contains(string(m.Data), `"North"`) {
		t.Errorf("got %+v, %v", m, err)
	}
	if after := watched(t, watcher, "actor.north"); after != kept {
		t.Errorf("the bucket held %s and now holds %s", kept, after)
	}
	log, err := jetstream.Open(t.Context(), c.connect(t, "truce-reader"), jetstream.Options{ReadOnly: true, NoConsumers: true})
	if err != nil {
		t.Fatal(err)
	}
	if last, err := log.Last(t.Context()); err != nil || last != 2 {
		t.Errorf("the log holds %d messages, %v; two are entries", last, err)
	}

	p, err := launch(t.TempDir(), os.Environ(), append([]string{"serve", "--listen", "127.0.0.1:0", "--data", t.TempDir()}, as("truce-ledger")...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if _, err := p.stderr.await("the user of --nats-service is in the NATS account TRUCE, which is that of the log"); err != nil {
		t.Error(err)
	}
}

// pushOnTheBus makes consumers of the bucket that send what they read to where it would be a command, a value, or an order to the
// server. The last one sends to us, so that we know when all have been sent.
func pushOnTheBus(t *testing.T, nc *nats.Conn) {
	t.Helper()
	const here = "_INBOX_program.pushed"
	arrived, err := nc.SubscribeSync(here)
	if err != nil {
		t.Fatal(err)
	}
	for i, to := range []string{bus.CommandSubject + ".register-actor", "$KV.TRUCE_STATE.actor.north", "$JS.API.STREAM.DELETE.KV_TRUCE_STATE", "$JS.API.STREAM.PURGE.KV_TRUCE_STATE", here} {
		name := fmt.Sprint("push-", i)
		request, err := json.Marshal(map[string]any{"stream_name": "KV_" + bus.Bucket, "config": map[string]any{
			"name": name, "ack_policy": "none", "deliver_policy": "all", "deliver_subject": to, "headers_only": strings.HasPrefix(to, "$JS"), "inactive_threshold": time.Minute,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nc.Request("$JS.API.CONSUMER.CREATE.KV_"+bus.Bucket+"."+name, request, patience); err != nil {
			t.Fatalf("%s: %v", to, err)
		}
	}
	if _, err := arrived.NextMsg(patience); err != nil {
		t.Fatal(err)
	}
}

// program connects as programs are told to: with an inbox of theirs.
func (c *natsCluster) program(t *testing.T, user string) *nats.Conn {
	t.Helper()
	cert, key := c.issue(t, user)
	nc, err := nats.Connect(c.urls(), nats.RootCAs(c.file), nats.ClientCert(cert, key), nats.CustomInboxPrefix("_INBOX_program"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// watched waits until the bucket has a key and returns its value.
func watched(t *testing.T, nc *nats.Conn, key string) string {
	t.Helper()
	js, err := natsjetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), bus.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	w, err := kv.Watch(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	for deadline := time.After(patience); ; {
		select {
		case e := <-w.Updates():
			if e != nil {
				return string(e.Value())
			}
		case <-deadline:
			t.Fatalf("the bucket never showed %s", key)
		}
	}
}

func TestTheServiceNeedsAUserOfItsOwn(t *testing.T) {
	for flags, want := range map[string]string{
		"--nats nats://n --nats-service":                                                  "--nats-service needs a user in another NATS account",
		"--nats nats://n --nats-service-creds f":                                          "go with --nats-service",
		"--nats nats://n --nats-service --nats-service-creds f --nats-service-cert other": "give both",
	} {
		p := &program{env: func(string) string { return "" }}
		c := &cobra.Command{}
		s := p.settingsFlags(c, "default")
		if err := c.ParseFlags(strings.Fields(flags)); err != nil {
			t.Fatal(err)
		}
		if err := s.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", flags, err, want)
		}
	}
}
