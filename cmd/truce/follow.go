package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"truceledger/api"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
	"truceledger/projections"
)

// Followed is what lets a node that only reads prove what it reads: the heads that the writer signs, over the tree that this node
// has grown itself.
type followed struct {
	key      note.Verifier
	vkey     string // the same, in one line
	writer   string
	policy   *witness.Policy
	text     []byte // the policy
	heads    *proof.Heads
	follower *proof.Follower
	logger   *slog.Logger
	said     string
}

// openFollowed opens the heads of a reader; nil where it is to prove nothing.
func openFollowed(s *settings, ledger string, logger *slog.Logger) (f *followed, err error) {
	if s.mirror.logKey == "" {
		return nil, nil
	}
	f = &followed{writer: strings.TrimSuffix(s.mirror.writer, "/"), logger: logger}
	if f.key, err = logKeyOf(s.mirror.logKey); err != nil {
		return nil, err
	}
	f.vkey = vkeyOf(s.mirror.logKey)
	if proof.LedgerOf(f.key.Name()) != ledger {
		return nil, usage("--log-key is of the log %s, and the entries here are of ledger %s", f.key.Name(), ledger)
	}
	if s.policy != "" {
		if f.text, err = os.ReadFile(s.policy); err != nil {
			return nil, usage("--policy: %w", err)
		}
		p, err := witness.ParsePolicy(f.text)
		if err != nil {
			return nil, usage("--policy: %w", err)
		}
		f.policy = &p
	}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return nil, err
	}
	if f.heads, err = proof.OpenHeads(filepath.Join(s.data, "heads.db")); err != nil {
		return nil, err
	}
	return f, f.heads.Verify(f.key)
}

// over gives it the tree over the entries of this node.
func (f *followed) over(tree proof.Source) {
	f.follower = &proof.Follower{Key: f.key, Tree: tree, Heads: f.heads}
	if f.policy != nil {
		f.follower.Witnesses = f.policy.Verifiers()
	}
}

// run asks the writer for its newest head each second, until ctx ends. A head over entries that have not come yet waits for them
// here: a newer one would be ahead of them again.
func (f *followed) run(ctx context.Context) {
	each := time.NewTicker(time.Second)
	defer each.Stop()
	var waiting []byte
	for {
		err := f.take(ctx, &waiting)
		if errors.Is(err, proof.ErrDiverged) {
			f.logger.Error("the entries here are not those that the log's key has signed: either this copy or the writer lies or has lost something; no head is taken any more, keep everything", "err", err)
			return
		}
		f.tell(err)
		select {
		case <-each.C:
		case <-ctx.Done():
			return
		}
	}
}

func (f *followed) take(ctx context.Context, waiting *[]byte) (err error) {
	if *waiting == nil {
		if *waiting, err = f.newest(ctx); err != nil {
			return err
		}
	}
	if _, err = f.follower.Take(*waiting); errors.Is(err, proof.ErrBehind) {
		return nil
	}
	*waiting = nil
	return err
}

func (f *followed) newest(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, f.writer+"/log/checkpoint", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", q.URL, answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, 64<<10))
}

// tell says what is wrong, once for each reason: the writer is asked each second.
func (f *followed) tell(err error) {
	switch {
	case err == nil:
		f.said = ""
	case f.said != err.Error():
		f.said = err.Error()
		f.logger.Warn("the writer's newest head was not taken; receipts are made with the one before", "err", err)
	}
}

// forAPI is what the interface shows of it.
func (f *followed) forAPI(ledger string, models *projections.Projections) *api.Proof {
	return &api.Proof{Heads: f.heads, Tree: models, LogKey: f.key, VerifierKey: f.vkey, Ledger: ledger, Policy: f.policy, PolicyText: f.text}
}
