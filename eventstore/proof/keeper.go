package proof

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Source lets the keeper see the tree as it stands on disk, within one transaction.
type Source interface {
	ViewTree(func(Tree) error) error
}

// In is the Source of a bbolt file whose tree stands in one bucket.
type In struct {
	DB     *bbolt.DB
	Bucket []byte
}

// ViewTree implements Source.
func (s In) ViewTree(f func(Tree) error) error {
	return s.DB.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(s.Bucket)
		if b == nil {
			return fmt.Errorf("there is no tree yet: %w", ErrBeyond)
		}
		return f(TreeIn(b))
	})
}

// ErrDiverged says that the log is not the one whose heads were signed. Nothing may be signed or written any more: a
// second signed history would make the operator a forger.
var ErrDiverged = errors.New("the log is not what its signed heads say")

// A DivergedError holds both sides.
type DivergedError struct {
	Signed Head
	Size   int64     // of the log
	Root   tlog.Hash // of the log at the smaller of the two sizes
	Why    string
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("%s: %s; nothing is signed or written until somebody has looked, see docs/verifying.md", ErrDiverged, e.Why)
}

func (e *DivergedError) Unwrap() error { return ErrDiverged }

// A Keeper signs heads. It is the only holder of the log's key. The order of its steps is such that a crash at any point
// leaves nothing signed that the next start would contradict:
//
//  1. the log has acknowledged the entries: they are on disk;
//  2. the tree's tiles are committed; the keeper reads nothing else;
//  3. the new head is proved consistent with the newest signed one, and signed, in memory;
//  4. it replaces the newest one in the shared register, which one node alone can do;
//  5. it is put into this node's own file, synced;
//  6. only then is it returned, published, shown to witnesses.
//
// A crash after 3 forgets a head that nobody saw. After 4, the register knows a head that nobody was shown; the next start
// takes it from there. After 5, the head is known and the witnesses get it with the next one.
type Keeper struct {
	key    *LogKey
	source Source
	heads  *Heads
	shared SharedHeads // nil on a single node
	clock  func() time.Time

	mu      sync.Mutex
	stopped error
}

// NewKeeper returns a keeper. shared is nil where one node alone serves the log.
func NewKeeper(key *LogKey, source Source, heads *Heads, shared SharedHeads) *Keeper {
	return &Keeper{key: key, source: source, heads: heads, shared: shared, clock: time.Now}
}

// Verifier checks what the keeper signs.
func (k *Keeper) Verifier() note.Verifier { return k.key.verifier }

// Sign signs the tree as it stands on disk and returns the head; the newest one where nothing has been added since.
func (k *Keeper) Sign(ctx context.Context) (Head, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		h, err := k.sign(ctx)
		if !errors.Is(err, ErrMoved) {
			return h, err
		}
		// Another node was faster. Its head is checked like our own before anything is built on it.
	}
}

func (k *Keeper) sign(ctx context.Context) (h Head, err error) {
	if k.stopped != nil {
		return Head{}, k.stopped
	}
	signed, revision, err := k.newest(ctx)
	if err != nil {
		return Head{}, err
	}
	var now tlog.Tree
	err = k.source.ViewTree(func(t Tree) error {
		now.N = t.Size()
		if now.N < signed.Size && k.shared != nil {
			return nil // this node is behind another one, which has signed already
		}
		if now.Hash, err = t.Root(now.N); err != nil {
			return err
		}
		return k.consistent(t, signed)
	})
	if err != nil {
		return Head{}, err
	}
	if now.N <= signed.Size {
		return signed, k.keep(signed)
	}
	if h, err = k.key.sign(now); err != nil { // step 3
		return Head{}, err
	}
	if k.shared != nil { // step 4
		if err := k.shared.CompareAndSet(ctx, revision, h.Note); err != nil {
			return Head{}, fmt.Errorf("publish the head at %d: %w", h.Size, err)
		}
	}
	return h, k.keep(h) // step 5
}

// keep puts a head into this node's own file.
func (k *Keeper) keep(h Head) error {
	if h.Size == 0 {
		return nil
	}
	return k.heads.put(h)
}

// consistent compares the tree with the newest signed head: the roots at its size, and once more by a proof that would
// convince a stranger.
func (k *Keeper) consistent(t Tree, signed Head) error {
	if signed.Size == 0 {
		return nil
	}
	size := t.Size()
	if size < signed.Size {
		root, err := t.Root(size)
		if err != nil {
			return err
		}
		return k.diverged(signed, size, root, fmt.Sprintf("the head at %d is signed, and the tree ends at %d", signed.Size, size))
	}
	then, err := t.Root(signed.Size)
	if err != nil {
		return err
	}
	if then != signed.Root {
		return k.diverged(signed, size, then, fmt.Sprintf("the first %d entries are not those that were signed", signed.Size))
	}
	root, err := t.Root(size)
	if err != nil {
		return err
	}
	p, err := t.Consistency(signed.Size, tlog.Tree{N: size, Hash: root})
	if err == nil && size > signed.Size {
		err = tlog.CheckTree(p, size, root, signed.Size, signed.Root)
	}
	if err != nil {
		return fmt.Errorf("prove that %d entries begin with the %d signed ones: %w", size, signed.Size, err)
	}
	return nil
}

// newest returns the newest signed head that this node's file or the shared register knows, checked, and the register's
// revision. Two that do not fit are told apart by consistent, because both must fit the tree.
func (k *Keeper) newest(ctx context.Context) (h Head, revision uint64, err error) {
	local, err := k.heads.Last()
	if err != nil {
		return Head{}, 0, err
	}
	if local != nil {
		if h, err = OpenHead(local, k.key.verifier); err != nil {
			return Head{}, 0, fmt.Errorf("the newest head in this node's own file: %w", err)
		}
	}
	if k.shared == nil {
		return h, 0, nil
	}
	text, revision, err := k.shared.Load(ctx)
	if err != nil {
		return Head{}, 0, fmt.Errorf("read the newest head: %w", err)
	}
	if text == nil {
		return h, revision, nil
	}
	other, err := OpenHead(text, k.key.verifier)
	switch {
	case err != nil:
		return Head{}, 0, fmt.Errorf("the newest head in the register: %w", err)
	case other.Size == h.Size && other.Root != h.Root:
		return Head{}, 0, k.diverged(h, other.Size, other.Root, fmt.Sprintf("two heads are signed at %d", h.Size))
	case other.Size >= h.Size:
		h = other
	}
	return h, revision, nil
}

// diverged keeps the evidence and stops the keeper for good.
func (k *Keeper) diverged(signed Head, size int64, root tlog.Hash, why string) error {
	e := &DivergedError{Signed: signed, Size: size, Root: root, Why: why}
	k.stopped = e
	kept := k.heads.keepEvidence(Evidence{
		At: k.clock().UTC().Format(time.RFC3339), Signed: string(signed.Note), Size: size,
		Root: base64.StdEncoding.EncodeToString(root[:]), Why: why,
	})
	return errors.Join(e, kept)
}

// Stopped returns why the keeper signs no more, nil while it does.
func (k *Keeper) Stopped() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stopped
}
