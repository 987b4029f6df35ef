package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"truceledger/api"
	"truceledger/eventstore/jetstream"
)

// mirrorSettings are those of a node that only reads.
type mirrorSettings struct {
	readOnly bool   // neither make nor change a stream, nor append
	writer   string // where commands are taken
	logKey   string // by which the writer's heads are checked
}

func (m *mirrorSettings) declare(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&m.readOnly, "read-only", false, "Answer questions only, from a log on --nats that others write: the stream itself, or a mirror of it that --stream names.")
	f.StringVar(&m.writer, "writer", "", "With --read-only: the `URL` of the server that takes commands, told to whoever sends one here.")
	f.StringVar(&m.logKey, "log-key", "", "With --writer: prove entries too, with the heads that the writer signs. Each is checked with this verifier `KEY`, or a file with it, and against the tree over the entries here.")
}

// check refuses what a node that only reads cannot do.
func (m *mirrorSettings) check(s *settings) error {
	switch {
	case !m.readOnly && m.writer != "":
		return usage("--writer goes with --read-only: a server that takes commands has no other to name")
	case !m.readOnly && m.logKey != "":
		return usage("--log-key goes with --read-only: a server that takes commands signs with a key of its own")
	case m.logKey != "" && m.writer == "":
		return usage("--log-key checks the heads of a server that signs: name it with --writer")
	case !m.readOnly:
		return nil
	case s.nats.URL == "":
		return usage("--read-only is for a log that others write: name the JetStream that has it with --nats")
	case s.replicas != 0:
		return usage("--replicas does not go with --read-only: such a server changes no stream")
	case s.bus.serve:
		return usage("--nats-service does not go with --read-only: it keeps a bucket of its own on NATS")
	case len(s.witnesses) > 0 || s.policy != "" && m.logKey == "" || s.origin != "":
		return usage("--witness, --policy and --origin do not go with --read-only: only a server that takes commands signs the log (--policy does with --log-key)")
	}
	if u, err := url.Parse(m.writer); m.writer != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return usage("--writer %q: the address of a server, such as https://ledger.example.org", m.writer)
	}
	return nil
}

// A copyWatch knows how far the log that is read is behind the one that it is a copy of. It asks each second, so that no answer
// waits for it.
type copyWatch struct {
	log *jetstream.Log

	mu    sync.Mutex
	known jetstream.Origin
	asked time.Time
}

// watchCopy waits until the log holds something, which a new mirror does not at once, and then watches it until ctx ends.
func watchCopy(ctx context.Context, log *jetstream.Log) (*copyWatch, error) {
	for _, err := range log.Follow(ctx, 0) {
		if err != nil {
			return nil, err
		}
		break
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("waiting for the first entry: %w", context.Cause(ctx))
	}
	w := &copyWatch{log: log}
	return w, w.ask(ctx)
}

func (w *copyWatch) run(ctx context.Context) {
	each := time.NewTicker(time.Second)
	defer each.Stop()
	for {
		select {
		case <-each.C:
			_ = w.ask(ctx) // what cannot be asked now grows old, and says so
		case <-ctx.Done():
			return
		}
	}
}

func (w *copyWatch) ask(ctx context.Context) error {
	o, err := w.log.Origin(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known, w.asked = o, time.Now()
	return nil
}

// behind is what is known by now.
func (w *copyWatch) behind() api.Behind {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := api.Behind{Last: w.known.Last, Entries: w.known.Lag, Heard: w.known.Heard}
	if b.Heard >= 0 {
		b.Heard += time.Since(w.asked)
	}
	return b
}

// missing says what to do about a stream that a server may not make.
func missing(err error, stream string) error {
	if errors.Is(err, jetstream.ErrNoStream) {
		return fmt.Errorf("%w: make the mirror %s first (deploy/nats/mirror.json), or name the stream with --stream", err, stream)
	}
	return err
}
