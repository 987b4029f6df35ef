package projections

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Digests returns the digest of every projection as it serves, all as of one entry.
func (p *Projections) Digests(ctx context.Context) (states []ProjectionState, err error) {
	err = p.view(func(tx *bbolt.Tx) error {
		states, err = digests(ctx, tx)
		return err
	})
	return states, err
}

// digests folds the sorted rows of each projection into a SHA-256. Names and rows go in with their lengths, so that no two
// sets of rows give the same bytes.
func digests(ctx context.Context, tx *bbolt.Tx) ([]ProjectionState, error) {
	var states []ProjectionState
	for _, p := range all {
		h := sha256.New()
		write := func(b []byte) {
			_, _ = h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b))))
			_, _ = h.Write(b)
		}
		for _, name := range p.Buckets() {
			write([]byte(name))
			err := tx.Bucket([]byte(name)).ForEach(func(k, v []byte) error {
				write(k)
				write(v)
				return ctx.Err()
			})
			if err != nil {
				return nil, fmt.Errorf("digest of %s: %w", p.Name(), err)
			}
		}
		states = append(states, ProjectionState{Name: p.Name(), Sequence: checkpointOf(tx), Digest: hex.EncodeToString(h.Sum(nil))})
	}
	return states, nil
}

// Replay folds the log up to and with an entry into a file of its own, with nothing but the log, and returns the digests.
// o needs a Dir, a Log and a LedgerID. The file is removed afterwards, or by the next start.
func Replay(ctx context.Context, o Options, to uint64, progress func(done, of uint64)) (states []ProjectionState, err error) {
	o = o.withDefaults()
	dir, err := os.MkdirTemp(o.Dir, replayPrefix)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := createStore(filepath.Join(dir, fileName), o.LedgerID, true)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	defer func() { _ = s.close() }()
	told := func(n uint64) {
		if progress != nil {
			progress(n, to)
		}
	}
	if _, err := fill(ctx, o, s, 0, to, told); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	err = s.view(func(tx *bbolt.Tx) error {
		states, err = digests(ctx, tx)
		return err
	})
	return states, err
}

// A Comparison is a projection's digest as it serves, and as the log alone gives it.
type Comparison struct {
	Name     string `json:"name"`
	Sequence uint64 `json:"sequence"`
	Serving  string `json:"serving"`
	Replayed string `json:"replayed"`
	Equal    bool   `json:"equal"`
}

// Replay folds the log again from the start and compares what it comes to with what serves, as of one entry.
func (p *Projections) Replay(ctx context.Context, progress func(done, of uint64)) ([]Comparison, error) {
	serving, err := p.Digests(ctx)
	if err != nil {
		return nil, err
	}
	replayed, err := Replay(ctx, p.o, serving[0].Sequence, progress)
	if err != nil {
		return nil, err
	}
	rows := make([]Comparison, len(serving))
	for i, s := range serving {
		r := replayed[i]
		rows[i] = Comparison{Name: s.Name, Sequence: s.Sequence, Serving: s.Digest, Replayed: r.Digest, Equal: s == r}
	}
	return rows, nil
}
