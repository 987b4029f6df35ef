package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	natsjetstream "github.com/nats-io/nats.go/jetstream"

	"truceledger/api"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/natsheads"
	"truceledger/eventstore/proof/signed"
	"truceledger/eventstore/proof/witness"
	"truceledger/projections"
)

// Notarised is what makes a node's log provable: its key, the heads that it has signed, and the witnesses it asks.
type notarised struct {
	key        *proof.LogKey
	heads      *proof.Heads
	keeper     *proof.Keeper
	notary     *proof.Notary
	policy     *witness.Policy
	policyText []byte
	courier    *courier
	logger     *slog.Logger

	rehashed chan struct{} // closed when all of the log has been read again after a start

	checked atomic.Bool // the log is what was signed, or the ledger is stopped: before that nothing may be written
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// openNotarised opens the key and the heads. The notary exists before the read models, which wake it.
func openNotarised(s *settings, ledger string, logger *slog.Logger) (n *notarised, err error) {
	n = &notarised{logger: logger, notary: &proof.Notary{Logger: logger}, rehashed: make(chan struct{})}
	path := filepath.Join(s.data, "log.key")
	if n.key, err = openLogKey(path, s.origin, ledger); err != nil {
		return nil, err
	}
	if n.policyText, n.policy, err = s.witnessPolicy(n.key.VerifierKey()); err != nil {
		return nil, err
	}
	heads := filepath.Join(s.data, "heads.db")
	if _, err := os.Stat(heads); errors.Is(err, os.ErrNotExist) && projections.Remembered(filepath.Join(s.data, "views")) > 0 { // they are made after it
		logger.Error("heads.db is missing: this ledger no longer knows what it has signed, and could not see that its log was put back; bring it back from the newest backup", "path", heads)
	}
	if n.heads, err = proof.OpenHeads(heads); err != nil {
		return n, err
	}
	verifier, err := proof.Verifier(n.key.VerifierKey())
	if err != nil {
		return n, err
	}
	err = n.heads.Verify(verifier)
	if errors.Is(err, proof.ErrHead) {
		err = fmt.Errorf("%w; log.key must be the key that began this log: copy it from the node that did, or restore the newest backup", err)
	}
	return n, err
}

// openLogKey opens the log's key. An origin that was not asked for is the one that the key has already: it names the log
// in every head that anybody keeps, so that it must not change with the name of a machine.
func openLogKey(path, host, ledger string) (*proof.LogKey, error) {
	if host == "" {
		host = "localhost"
		if raw, err := os.ReadFile(path); err == nil {
			if k, err := proof.ParseLogKey(strings.TrimSuffix(string(raw), "\n")); err == nil && proof.LedgerOf(k.Origin()) == ledger {
				return proof.OpenLogKey(path, k.Origin())
			}
		}
	}
	return proof.OpenLogKey(path, proof.Origin(host, ledger))
}

// connect gives the notary the tree to sign and the witnesses to ask.
func (n *notarised) connect(ctx context.Context, node *node, replicas int) error {
	var shared proof.SharedHeads
	if node.embedded == nil {
		js, err := natsjetstream.New(node.conn)
		if err != nil {
			return err
		}
		if shared, err = natsheads.Open(ctx, js, node.ledger.ID(), replicas); err != nil {
			return err
		}
	}
	n.keeper = proof.NewKeeper(n.key, node.models, n.heads, shared)
	n.notary.Keeper, n.notary.Stop = n.keeper, node.ledger.Stop
	if n.policy != nil {
		n.courier = newCourier(n, node.models)
		n.notary.Publish = n.courier.take
	}
	return nil
}

// checkSeen refuses a head that a signer claims to have seen and that is not of this log.
func checkSeen(tree proof.Source) func(context.Context, signed.Seen) error {
	return func(_ context.Context, seen signed.Seen) error {
		if seen.Size == 0 {
			return nil
		}
		return tree.ViewTree(func(t proof.Tree) error {
			root, err := t.Root(seen.Size)
			if err == nil && string(root[:]) != string(seen.Root) {
				err = errors.New("the head that the signer has seen is not of this log: compare it with /log/checkpoint")
			}
			return err
		})
	}
}

// begin compares the log with what was signed and then signs on. The read models have caught up. A log that is not what
// was signed stops all writing; questions are answered, because the evidence is for everybody to look at.
func (n *notarised) begin(ctx context.Context, node *node) error {
	if n.checked.Load() {
		return nil
	}
	err := n.check(ctx, node.log)
	switch {
	case errors.Is(err, proof.ErrDiverged):
		node.ledger.Stop(err)
		n.checked.Store(true)
		return nil
	case errors.Is(err, proof.ErrHead):
		return fmt.Errorf("log.key in the data folder is not the key that signs this log: copy log.key from the node that began it: %w", err)
	case err != nil:
		return err
	}
	ctx = n.sign(ctx)
	n.running.Go(func() {
		n.rehash(ctx, node)
		node.beside.inspect(ctx, n.logger)
	})
	n.checked.Store(true)
	return nil
}

// sign begins to sign heads and to ask the witnesses, until end, which is the end of the context that it returns.
func (n *notarised) sign(ctx context.Context) context.Context {
	ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Go(func() { _ = n.notary.Run(ctx) }) // it has called Stop with its error
	if n.courier != nil {
		n.running.Go(func() { n.courier.run(ctx) })
	}
	return ctx
}

// check waits for a tree that is still behind: another node of a cluster may have signed what this one has not read yet.
func (n *notarised) check(ctx context.Context, log proof.Log) error {
	for {
		err := n.keeper.Check(ctx, log)
		if !errors.Is(err, proof.ErrBehind) {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rehash reads all of the log behind, and gives back the memory that it took. Only a log that differs stops the ledger; one that cannot be read now is read later.
func (n *notarised) rehash(ctx context.Context, node *node) {
	for {
		err := n.keeper.Rehash(ctx, node.wholeLog())
		switch {
		case err == nil:
			runtime.GC() // pools let go of what they hold at the second collection
			debug.FreeOSMemory()
			close(n.rehashed)
			return
		case ctx.Err() != nil:
			return
		case errors.Is(err, proof.ErrDiverged):
			node.ledger.Stop(err)
			return
		}
		n.logger.Warn("the log could not be hashed again to its end; trying later", "err", err)
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
	}
}

// end stops signing. What is not signed yet is signed by the next start.
func (n *notarised) end() {
	if n.cancel != nil {
		n.cancel()
	}
	n.running.Wait()
}

func (n *notarised) close() error {
	if n.heads == nil {
		return nil
	}
	return n.heads.Close()
}

// forAPI is what the interface shows of it.
func (n *notarised) forAPI(ledger string, models *projections.Projections) *api.Proof {
	return &api.Proof{
		Heads: n.heads, Tree: models, LogKey: n.keeper.Verifier(), VerifierKey: n.key.VerifierKey(), Ledger: ledger,
		Policy: n.policy, PolicyText: n.policyText,
	}
}

// A checkedLedger takes no command before the log has been compared with what was signed.
type checkedLedger struct {
	*eventstore.Ledger
	checked *atomic.Bool
}

func (l checkedLedger) Execute(ctx context.Context, r eventstore.Request) (eventstore.Result, error) {
	if !l.checked.Load() {
		return eventstore.Result{}, fmt.Errorf("the log is still being compared with what was signed: %w", eventstore.ErrUnavailable)
	}
	return l.Ledger.Execute(ctx, r)
}
