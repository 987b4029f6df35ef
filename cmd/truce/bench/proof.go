package bench

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
)

// signing is what the proof costs those who write: the same commands on one ledger, with heads signed and a witness asked,
// and without.
func (r *run) signing(ctx context.Context) (value, raw float64, unit string, err error) {
	n, err := r.OpenProved(ctx, r.folder("proved"))
	if err != nil {
		return 0, 0, "", err
	}
	l := &ledger{dir: r.folder("proved"), node: n}
	defer l.close()
	if err = l.prepare(ctx); err == nil {
		err = l.begin(ctx)
	}
	if err != nil {
		return 0, 0, "", err
	}
	value, raw, err = r.inTurns(
		func() (float64, error) {
			n.Sign(ctx, true)
			defer n.Sign(ctx, false)
			return l.rate(ctx, callers, r.Seconds, l.tally)
		},
		func() (float64, error) { return l.rate(ctx, callers, r.Seconds, l.tally) })
	if size, failed := n.Cosigned(); err == nil && (failed != nil || size == 0) {
		err = fmt.Errorf("no head was cosigned, so that nothing was measured: %w", errors.Join(failed, errNothing))
	}
	return value, raw, "commands/s", err
}

var errNothing = errors.New("the witness has signed nothing")

// verify is an auditor's check of a bundle, rules and all, beside hashing its bytes once.
func (r *run) verify(ctx context.Context) (value, raw float64, unit string, err error) {
	return r.verified(ctx, bundle.Options{})
}

// verifyLog is the same without deciding every entry again: that the log is the one that was signed, and who has signed what.
func (r *run) verifyLog(ctx context.Context) (value, raw float64, unit string, err error) {
	return r.verified(ctx, bundle.Options{SkipRules: true})
}

func (r *run) verified(ctx context.Context, o bundle.Options) (value, raw float64, unit string, err error) {
	dir := r.folder("bundle")
	if o.LogKey, err = r.bundled(ctx, dir); err != nil {
		return 0, 0, "", err
	}
	value, raw, err = r.inTurns(
		func() (float64, error) {
			defer bundle.Room()() // as truce verify does
			began := time.Now()
			_, err := bundle.Verify(ctx, dir, o)
			return ms(time.Since(began)), err
		},
		func() (float64, error) { return hashed(filepath.Join(dir, "events.jsonl")) })
	return value, raw, "ms", err
}

// bundled writes a bundle of a ledger of the full size under a key of its own, once. The entries are decided by the rules, on
// a log in memory: what fills the large ledger on disk is not, to save the time.
func (r *run) bundled(ctx context.Context, dir string) (note.Verifier, error) {
	if r.bundleKey != nil {
		return r.bundleKey, nil
	}
	r.progress("deciding %d entries over %d records, for a bundle", r.Entries, r.Records)
	log := memory.New()
	l, err := eventstore.Open(ctx, log, eventstore.Options{OwnReader: true})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if err := r.decideMany(ctx, l); err != nil {
		return nil, err
	}
	edge := proof.NewEdge(nil)
	for m, err := range log.Read(ctx, 0) {
		if err == nil {
			err = edge.Append(tlog.RecordHash(m.Payload))
		}
		if err != nil {
			return nil, err
		}
	}
	head, key, err := signHead(proof.Origin("bench", l.ID()), edge)
	if err != nil {
		return nil, err
	}
	err = bundle.Write(ctx, dir, bundle.Source{Log: log, Head: head, LogKey: key})
	r.bundleKey = key
	return key, err
}

// decideMany puts figures on the record until the ledger has as many entries as are asked for.
func (r *run) decideMany(ctx context.Context, l *eventstore.Ledger) error {
	source := &registry.RegisterSource{Source: observer, Title: "Observer"}
	if _, err := l.Execute(ctx, eventstore.Request{Principal: "bench", Command: source}); err != nil {
		return err
	}
	at := &ledger{node: &Node{Ledger: l}}
	const hands = 16
	var group sync.WaitGroup
	failed := make(chan error, hands)
	for hand := range hands {
		group.Go(func() {
			for i := hand; i < r.Entries && ctx.Err() == nil; i += hands {
				if _, err := at.tallyAt(ctx, i%r.Records); err != nil {
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
		return ctx.Err()
	}
}

func signHead(origin string, edge *proof.Edge) (head []byte, key note.Verifier, err error) {
	root, err := edge.Root()
	if err != nil {
		return nil, nil, err
	}
	skey, vkey, err := note.GenerateKey(nil, origin)
	if err != nil {
		return nil, nil, err
	}
	signer, err := note.NewSigner(skey)
	if err == nil {
		head, err = note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, edge.Size(), root)}, signer)
	}
	if err != nil {
		return nil, nil, err
	}
	key, err = proof.Verifier(vkey)
	return head, key, err
}

// hashed is how long the SHA-256 over the bytes of a file takes, in milliseconds.
func hashed(path string) (float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	began := time.Now()
	_, err = io.Copy(sha256.New(), bufio.NewReaderSize(f, 1<<20))
	return ms(time.Since(began)), err
}
