package proof

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
)

// ErrBehind says that the tree has not read as far as a head is signed.
var ErrBehind = errors.New("the tree has not caught up with the newest signed head")

// A Log is what Check asks of the log; an eventstore.Log is one.
type Log interface {
	Reader
	Last(ctx context.Context) (uint64, error)
}

// Check compares the log with what was signed, before anything is served: it must not be shorter, the tree must have the
// signed root, and the newest entries must be those in the tree. ErrBehind: try again when the projection has caught up.
func (k *Keeper) Check(ctx context.Context, log Log) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	signed, _, err := k.newest(ctx)
	if err != nil {
		return err
	}
	last, err := log.Last(ctx) // after the head: other nodes may be appending
	if err != nil {
		return err
	}
	if signed.Size > int64(last) {
		return k.diverged(signed, int64(last), tlog.Hash{}, fmt.Sprintf("the head at %d is signed, and the log ends at %d", signed.Size, last))
	}
	return k.source.ViewTree(func(t Tree) error {
		if t.Size() < signed.Size {
			return fmt.Errorf("%w: it is at %d of %d", ErrBehind, t.Size(), signed.Size)
		}
		if err := k.consistent(t, signed); err != nil {
			return err
		}
		return k.newestLeaves(ctx, log, t, signed)
	})
}

// newestLeaves hashes the newest entries again. All of them are hashed behind, by Rehash.
func (k *Keeper) newestLeaves(ctx context.Context, log Reader, t Tree, signed Head) error {
	const most = 256
	after := max(0, t.Size()-most)
	for leaves, err := range hashed(ctx, log, after, t.Size()) {
		if err != nil {
			return err
		}
		if err := k.compare(t, signed, after, leaves); err != nil {
			return err
		}
		after += int64(len(leaves))
	}
	return k.reached(t, signed, after, t.Size())
}

// Rehash hashes the log again from the start and compares every leaf that the tree has now; those that come meanwhile are
// hashed as they come. It is slow and runs behind: only the comparing, and none of the reading, keeps heads from being signed.
// A leaf that differs stops the keeper.
func (k *Keeper) Rehash(ctx context.Context, log Reader) error {
	var size int64
	if err := k.source.ViewTree(func(t Tree) error { size = t.Size(); return nil }); err != nil {
		return err
	}
	after := int64(0)
	for leaves, err := range hashed(ctx, log, 0, size) {
		if err == nil {
			err = k.withTree(ctx, func(t Tree, signed Head) error { return k.compare(t, signed, after, leaves) })
		}
		if err != nil {
			return err
		}
		after += int64(len(leaves))
	}
	return k.withTree(ctx, func(t Tree, signed Head) error { return k.reached(t, signed, after, size) })
}

// withTree calls f with the tree and the newest signed head while nothing is signed.
func (k *Keeper) withTree(ctx context.Context, f func(Tree, Head) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.source.ViewTree(func(t Tree) error {
		signed, _, err := k.newest(ctx)
		if err != nil {
			return err
		}
		return f(t, signed)
	})
}

// mostHashed is how many leaves are compared at a time: 32 bytes each.
const mostHashed = 4096

// hashed yields the hashes of the log's entries after one sequence up to another, some thousands at a time. A log that has a gap
// ends there: what comes after it stands under other numbers than it was signed under.
func hashed(ctx context.Context, log Reader, after, upTo int64) iter.Seq2[[]tlog.Hash, error] {
	return func(yield func([]tlog.Hash, error) bool) {
		if after >= upTo {
			return
		}
		leaves := make([]tlog.Hash, 0, min(mostHashed, upTo-after))
		for m, err := range log.Read(ctx, uint64(after)) {
			if err != nil {
				yield(nil, fmt.Errorf("compare the log with its tree: %w", err))
				return
			}
			if m.Sequence != uint64(after)+1 {
				break
			}
			leaves = append(leaves, tlog.RecordHash(m.Payload))
			if after++; after == upTo {
				break
			}
			if len(leaves) == mostHashed {
				if !yield(leaves, nil) {
					return
				}
				leaves = leaves[:0]
			}
		}
		if len(leaves) > 0 {
			yield(leaves, nil)
		}
	}
}

// compare holds the hashes of the entries after a sequence against the leaves in the tree.
func (k *Keeper) compare(t Tree, signed Head, after int64, leaves []tlog.Hash) error {
	for i, got := range leaves {
		want, err := t.LeafHash(after + int64(i))
		if err != nil {
			return err
		}
		if got != want {
			return k.diverged(signed, t.Size(), got, fmt.Sprintf("entry %d is not the one in the tree", after+int64(i)+1))
		}
	}
	return nil
}

// reached makes sure that the log had as many entries as the tree.
func (k *Keeper) reached(t Tree, signed Head, after, size int64) error {
	if after < size {
		return k.diverged(signed, after, tlog.Hash{}, fmt.Sprintf("the log ends at %d, its tree at %d", after, t.Size()))
	}
	return nil
}

var _ Log = eventstore.Log(nil)
