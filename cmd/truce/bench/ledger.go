package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore"
)

const observer = "observer" // the one source that everything cites

// A ledger is a node on a folder, with a raw stream beside the ledger's own on the same server.
type ledger struct {
	dir        string
	entries    int // as it was filled
	records    int
	node       *Node
	raw        jetstream.JetStream
	rawPayload []byte
}

func (r *run) openLedger(ctx context.Context, dir string) (*ledger, error) {
	n, err := r.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	l := &ledger{dir: dir, node: n}
	if err := l.prepare(ctx); err != nil {
		n.Close()
		return nil, err
	}
	return l, nil
}

// prepare makes the raw stream, registers the source, and sees how long an entry is.
func (l *ledger) prepare(ctx context.Context) (err error) {
	if l.raw, err = jetstream.New(l.node.Conn); err != nil {
		return err
	}
	_, err = l.raw.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "RAW", Subjects: []string{"raw.*"}, Storage: jetstream.FileStorage, Duplicates: 100 * time.Millisecond,
		MaxMsgs: -1, MaxBytes: -1, MaxMsgsPerSubject: -1,
	})
	if err != nil {
		return fmt.Errorf("raw stream: %w", err)
	}
	source := &registry.RegisterSource{Source: observer, Title: "Observer"}
	source.CommandID = "0190a1b2-0000-7000-8000-0000000000b1" // so that it may be sent at every opening
	if _, err := l.node.Ledger.Execute(ctx, eventstore.Request{Principal: "bench", Command: source}); err != nil {
		return err
	}
	if err := l.tally(ctx, rand.New(rand.NewPCG(1, 1))); err != nil {
		return err
	}
	last, err := l.node.Log.Last(ctx)
	for m, err := range l.node.Log.Read(ctx, last-1) {
		l.rawPayload = m.Payload
		if err != nil {
			return err
		}
	}
	return err
}

func (l *ledger) close() {
	if l.node != nil {
		l.node.Close()
		l.node = nil
	}
}

// settled waits until the read models hold everything that the log holds.
func (l *ledger) settled(ctx context.Context) error {
	last, err := l.node.Log.Last(ctx)
	if err != nil {
		return err
	}
	return l.node.Models.WaitFor(ctx, last)
}

// smallLedger is the one that is written to: every one of its records is begun, so that a command is one more entry.
func (r *run) smallLedger(ctx context.Context) (*ledger, error) {
	if r.small != nil {
		return r.small, nil
	}
	l, err := r.openLedger(ctx, r.folder("small"))
	if err != nil {
		return nil, err
	}
	r.small = l
	return l, l.begin(ctx)
}

// begin begins the records that are written to.
func (l *ledger) begin(ctx context.Context) error {
	var group sync.WaitGroup
	failed := make(chan error, callers)
	for w := range callers {
		group.Go(func() {
			for i := w; i < writtenRecords; i += callers {
				if _, err := l.tallyAt(ctx, i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return l.settled(ctx)
	}
}

func ref(kind domain.Kind, id string) domain.Ref { return domain.Ref{Kind: kind, ID: id} }
