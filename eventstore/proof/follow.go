package proof

import (
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Follower takes the heads that another node has signed, for a copy of the log that signs nothing itself: with them it gives out
// receipts made from its own tree. It believes nothing of them. A head must be signed by the log's key, and have the root of the
// copy at its size, or it is not shown: whoever asks here gets no proof of what does not stand here.
type Follower struct {
	Key       note.Verifier
	Witnesses []note.Verifier // whose cosignatures must hold; the lines of others are passed on as they came
	Tree      Source
	Heads     *Heads

	mu      sync.Mutex
	stopped error
}

// Take checks a head and keeps it. ErrBehind: the copy does not reach that far yet; offer the head again. A *DivergedError: the
// copy, or what is offered, is not the history that was signed; the evidence is kept, and nothing is taken any more.
func (f *Follower) Take(text []byte) (Head, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped != nil {
		return Head{}, f.stopped
	}
	h, err := OpenHead(text, f.Key, f.Witnesses...)
	if err != nil {
		return Head{}, err
	}
	var root tlog.Hash
	var size int64
	err = f.Tree.ViewTree(func(t Tree) error {
		if size = t.Size(); size < h.Size {
			return fmt.Errorf("%w: it is at %d of %d", ErrBehind, size, h.Size)
		}
		root, err = t.Root(h.Size)
		return err
	})
	switch {
	case err != nil:
		return Head{}, err
	case root != h.Root:
		return Head{}, f.diverged(h, size, root)
	}
	return h, f.Heads.take(h)
}

func (f *Follower) diverged(h Head, size int64, root tlog.Hash) error {
	e := &DivergedError{Signed: h, Size: size, Root: root, Why: fmt.Sprintf("the first %d entries of this copy are not those that were signed", h.Size)}
	f.stopped = e
	return errors.Join(e, f.Heads.keepEvidence(Evidence{
		At: time.Now().UTC().Format(time.RFC3339), Signed: string(h.Note), Size: size, Root: base64.StdEncoding.EncodeToString(root[:]), Why: e.Why,
	}))
}

// take keeps a head of somebody else, or the same one with more cosignatures. Its root was compared with the tree's.
func (s *Heads) take(h Head) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(headsBucket)
		if held := b.Get(number(h.Size)); len(held) >= len(h.Note) {
			return nil
		}
		if err := noteCosigned(tx, h.Size, h.Note); err != nil {
			return err
		}
		return b.Put(number(h.Size), h.Note)
	})
}
