package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	natsjetstream "github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// A mirror that was just made holds nothing: who reads it waits for the first entry instead of opening a ledger of its own.
func TestAReaderWaitsForTheFirstEntry(t *testing.T) {
	server, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	origin, err := jetstream.Open(t.Context(), nc, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	makeMirror(t, nc, func(c *natsjetstream.StreamConfig) { c.Mirror.External = nil })
	mirror, err := jetstream.Open(t.Context(), nc, jetstream.Options{Stream: "MIRROR", ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.Open(t.Context(), mirror, eventstore.Options{}); !errors.Is(err, eventstore.ErrReadOnly) {
		t.Errorf("a ledger was opened on an empty mirror: %v", err)
	}
	watched := make(chan error, 1)
	go func() {
		w, err := watchCopy(t.Context(), mirror)
		if err == nil && w.behind().Last != 1 {
			err = fmt.Errorf("got %+v", w.behind())
		}
		watched <- err
	}()
	select {
	case err := <-watched:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if _, err := origin.Append(t.Context(), "truce.ledger.genesis", 0, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := <-watched; err != nil {
		t.Error(err)
	}
}

// A mirror that could lack something is refused, and so is one to write to.
func TestAMirrorWithAnotherConfigurationIsRefused(t *testing.T) {
	server, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jetstream.Open(t.Context(), nc, jetstream.Options{}); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*natsjetstream.StreamConfig){
		"mirror.filter_subject": func(c *natsjetstream.StreamConfig) { c.Mirror.FilterSubject = "truce.ceasefire.*" },
		"mirror.subject_transforms": func(c *natsjetstream.StreamConfig) {
			c.Mirror.SubjectTransforms = []natsjetstream.SubjectTransformConfig{{Source: "truce.ceasefire.*", Destination: "truce.x.{{wildcard(1)}}"}}
		},
		"mirror.opt_start_seq": func(c *natsjetstream.StreamConfig) { c.Mirror.OptStartSeq = 7 },
		"mirror.opt_start_time": func(c *natsjetstream.StreamConfig) {
			c.Mirror.OptStartTime = new(time.Now())
		},
		"storage":              func(c *natsjetstream.StreamConfig) { c.Storage = natsjetstream.MemoryStorage },
		"max_age":              func(c *natsjetstream.StreamConfig) { c.MaxAge = time.Hour },
		"max_bytes":            func(c *natsjetstream.StreamConfig) { c.MaxBytes = 1 << 20 },
		"max_msgs":             func(c *natsjetstream.StreamConfig) { c.MaxMsgs = 10 },
		"max_msgs_per_subject": func(c *natsjetstream.StreamConfig) { c.MaxMsgsPerSubject = 10 },
		"deny_delete":          func(c *natsjetstream.StreamConfig) { c.DenyDelete = false },
		"deny_purge":           func(c *natsjetstream.StreamConfig) { c.DenyPurge = false },
		"allow_direct":         func(c *natsjetstream.StreamConfig) { c.AllowDirect = false },
		"mirror":               nil,
	} {
		t.Run(field, func(t *testing.T) {
			name := strings.ToUpper(strings.ReplaceAll(field, ".", "_"))
			makeMirror(t, nc, func(c *natsjetstream.StreamConfig) {
				c.Name, c.Mirror.External = name, nil
				if change != nil {
					change(c)
				}
			})
			_, err := jetstream.Open(t.Context(), nc, jetstream.Options{Stream: name, ReadOnly: change != nil})
			if drift, ok := errors.AsType[*jetstream.DriftError](err); !ok || drift.Field != field {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhatDoesNotGoWithReadingOnly(t *testing.T) {
	for flags, want := range map[string]string{
		"--read-only":       "--read-only is for a log that others write: name the JetStream that has it with --nats",
		"--writer http://w": "--writer goes with --read-only",
		"--read-only --nats nats://n --replicas 3":   "--replicas does not go with --read-only",
		"--read-only --nats nats://n --nats-service": "--nats-service does not go with --read-only",
		"--read-only --nats nats://n --origin x":     "--witness, --policy and --origin do not go with --read-only",
		"--read-only --nats nats://n --policy x":     "--policy does with --log-key",
		"--read-only --nats nats://n --log-key x":    "--log-key checks the heads of a server that signs: name it with --writer",
		"--log-key x": "--log-key goes with --read-only",
		"--read-only --nats nats://n --writer ledger":      `--writer "ledger": the address of a server`,
		"--read-only --nats nats://n --writer file:///etc": `--writer "file:///etc": the address of a server`,
	} {
		p := &program{env: homeEnv}
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
