package proof

import (
	"context"
	"errors"
	"fmt"

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
	return k.compare(ctx, log, t, signed, max(0, t.Size()-most), t.Size())
}

// Rehash hashes the log again from the start and compares every leaf. It is slow and runs behind; one that differs stops
// the keeper.
func (k *Keeper) Rehash(ctx context.Context, log Reader) error {
	for after, done := int64(0), false; !done; {
		k.mu.Lock()
		err := k.source.ViewTree(func(t Tree) error {
			signed, _, err := k.newest(ctx)
			if err != nil {
				return err
			}
			upTo := min(after+4096, t.Size())
			done = upTo == t.Size()
			err = k.compare(ctx, log, t, signed, after, upTo)
			after = upTo
			return err
		})
		k.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// compare hashes the entries after a sequence again, up to another.
func (k *Keeper) compare(ctx context.Context, log Reader, t Tree, signed Head, after, upTo int64) error {
	if after >= upTo {
		return nil
	}
	next := after
	for m, err := range log.Read(ctx, uint64(after)) {
		if err != nil {
			return fmt.Errorf("compare the log with its tree: %w", err)
		}
		want, err := t.LeafHash(next)
		if err != nil {
			return err
		}
		if got := tlog.RecordHash(m.Payload); got != want || m.Sequence != uint64(next)+1 {
			return k.diverged(signed, t.Size(), got, fmt.Sprintf("entry %d is not the one in the tree", m.Sequence))
		}
		if next++; next == upTo {
			return nil
		}
	}
	return k.diverged(signed, next, tlog.Hash{}, fmt.Sprintf("the log ends at %d, its tree at %d", next, t.Size()))
}

var _ Log = eventstore.Log(nil)
