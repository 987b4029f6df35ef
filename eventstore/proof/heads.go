package proof

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/boltguard"
)

// ErrMoved says that another node has signed a head meanwhile.
var ErrMoved = errors.New("another node has signed a newer head")

// SharedHeads is the one place where the nodes of a cluster agree on the newest head: a compare-and-set register. A lock
// is no substitute, because its holder may sleep through its end.
type SharedHeads interface {
	// Load returns the newest head and its revision; no bytes and revision 0 where there is none.
	Load(ctx context.Context) (head []byte, revision uint64, err error)
	// CompareAndSet replaces the head of that revision. ErrMoved: it is not the newest any more, and nothing changed.
	CompareAndSet(ctx context.Context, revision uint64, head []byte) error
}

// Heads keeps every head that this node has signed, with the cosignatures that came later, and the evidence of a log that
// does not fit them. It is a file of its own outside the projections, because it cannot be made again from the log:
// whoever deletes it deletes the ledger's memory of what it has promised.
type Heads struct {
	db   *bbolt.DB
	path string
}

var (
	headsBucket    = []byte("heads")    // size (8 bytes) -> signed note
	evidenceBucket = []byte("evidence") // number (8 bytes) -> Evidence in JSON
	cosignedBucket = []byte("cosigned") // a witness's key, zero, size (8 bytes) -> nothing: see Cosigned
)

// OpenHeads opens the file and reads all of it. Every write to it is on disk when it returns. Damage is refused and not
// mended: what was promised cannot be made again from anything else on this machine.
func OpenHeads(path string) (*Heads, error) {
	db, err := boltguard.Open(path, headsBucket, evidenceBucket, cosignedBucket)
	if errors.Is(err, boltguard.ErrDamaged) {
		err = &DamagedHeadsError{Path: path, Err: err}
	}
	if err == nil {
		err = indexCosigned(db)
	}
	if err != nil {
		return nil, fmt.Errorf("open the signed heads in %s: %w", path, err)
	}
	return &Heads{db: db, path: path}, nil
}

// A DamagedHeadsError says that the file of the signed heads is not as it was written.
type DamagedHeadsError struct {
	Path string
	Err  error
}

func (e *DamagedHeadsError) Error() string {
	return fmt.Sprintf("%s is damaged (%v): it is the memory of what was signed and cannot be made again; restore it from the newest backup", e.Path, e.Err)
}

func (e *DamagedHeadsError) Unwrap() error { return e.Err }

// mostVerified bounds the heads that a start verifies, the newest first: about a second.
const mostVerified = 10_000

// Verify checks the newest heads by the log's key, each of which stands under its own size: a head that is not what was
// signed would be served with every receipt. logKey's holder may have been replaced, so
// that a file whose newest head is sound but of another key is ErrHead, and one with both a *DamagedHeadsError.
func (s *Heads) Verify(logKey note.Verifier) error {
	sound, left := 0, mostVerified
	var broken error
	err := boltguard.Run(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			c := tx.Bucket(headsBucket).Cursor()
			for k, v := c.Last(); k != nil && left > 0; k, v = c.Prev() {
				h, err := OpenHead(bytes.Clone(v), logKey)
				switch {
				case err == nil && bytes.Equal(k, number(h.Size)):
					sound++
				case err == nil:
					broken = fmt.Errorf("the head at %d stands under another size", h.Size)
				case broken == nil:
					broken = err
				}
				left--
			}
			return nil
		})
	})
	switch {
	case err != nil:
		return &DamagedHeadsError{Path: s.path, Err: err}
	case broken != nil && sound == 0:
		return fmt.Errorf("%s: none of its heads is signed by this log's key: %w", s.path, broken)
	case broken != nil:
		return &DamagedHeadsError{Path: s.path, Err: broken}
	}
	return nil
}

// Newest is the size of the newest head in the file at path, 0 where there is none that can be read. Nobody else may have
// the file open.
func Newest(path string) (size uint64) {
	if _, err := os.Stat(path); err != nil {
		return 0
	}
	_ = boltguard.Run(func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
		if err != nil {
			return err
		}
		defer db.Close()
		return db.View(func(tx *bbolt.Tx) error {
			if b := tx.Bucket(headsBucket); b != nil {
				if k, v := b.Cursor().Last(); len(k) == 8 && v != nil {
					size = binary.BigEndian.Uint64(k)
				}
			}
			return nil
		})
	})
	return size
}

// Snapshot writes a consistent copy of the file, as it stands now.
func (s *Heads) Snapshot(w io.Writer) error {
	return s.db.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(w); return err })
}

// Close closes the file.
func (s *Heads) Close() error { return s.db.Close() }

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// Last returns the head of the greatest size, nil where there is none.
func (s *Heads) Last() (text []byte, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		_, v := tx.Bucket(headsBucket).Cursor().Last()
		text = bytes.Clone(v)
		return nil
	})
	return text, err
}

// Covering returns the smallest head that covers a leaf index; nil for none.
func (s *Heads) Covering(index int64) (text []byte, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		_, v := tx.Bucket(headsBucket).Cursor().Seek(number(index + 1))
		text = bytes.Clone(v)
		return nil
	})
	return text, err
}

// All yields the heads in the order of their sizes, a few hundred in each transaction.
func (s *Heads) All() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for next := int64(0); ; {
			page, last, err := s.page(next)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, text := range page {
				if !yield(text, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
			next = last + 1
		}
	}
}

func (s *Heads) page(from int64) (page [][]byte, last int64, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(headsBucket).Cursor()
		for k, v := c.Seek(number(from)); k != nil && len(page) < 256; k, v = c.Next() {
			page, last = append(page, bytes.Clone(v)), int64(binary.BigEndian.Uint64(k))
		}
		return nil
	})
	return page, last, err
}

// put keeps a head. When it returns, the head is on disk; a crash before that forgets a head that nobody was shown.
func (s *Heads) put(h Head) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(headsBucket)
		if held := b.Get(number(h.Size)); held != nil {
			return nil // the same root, as the keeper has checked, and perhaps with cosignatures
		}
		return boltguard.Put(tx, headsBucket, number(h.Size), h.Note)
	})
}

// AddCosignatures keeps the cosignatures of witnesses beside the head that they stand under. Lines that do not verify
// are left out. It returns the head with all its signatures.
func (s *Heads) AddCosignatures(size int64, logKey note.Verifier, lines []byte, witnesses ...note.Verifier) (head Head, err error) {
	err = s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(headsBucket)
		text := b.Get(number(size))
		if text == nil {
			return fmt.Errorf("a cosignature for the head at %d, which this node does not hold", size)
		}
		if head, err = Merge(bytes.Clone(text), lines, logKey, witnesses...); err != nil {
			return err
		}
		if err := noteCosigned(tx, head.Size, head.Note); err != nil {
			return err
		}
		return boltguard.Put(tx, headsBucket, number(size), head.Note)
	})
	return head, err
}

// Merge adds signature lines to a head: those that verify under one of the witnesses' keys, each key once. The newest
// cosignature of a key is not better than its first, which bounds the time more closely: the first stays.
func Merge(head, lines []byte, logKey note.Verifier, witnesses ...note.Verifier) (Head, error) {
	held, err := OpenHead(head, logKey, witnesses...)
	if err != nil {
		return Head{}, err
	}
	for line := range bytes.Lines(lines) {
		more, err := OpenHead(append(bytes.Clone(held.Note), line...), logKey, witnesses...)
		if err == nil && len(more.Signed) > len(held.Signed) {
			held = more
		}
	}
	return held, nil
}

// Evidence is what the ledger keeps when its log does not fit what it has signed: the signed head, and what the tree over
// the stored entries says now. It is not proof of fraud by itself, because only one side of it is signed; a lost disk
// looks the same. It is what an auditor asks for first.
type Evidence struct {
	At     string `json:"at"`
	Signed string `json:"signed"` // the newest signed head
	Size   int64  `json:"size"`   // of the log now
	Root   string `json:"root"`   // of the log now, at the smaller of the two sizes
	Why    string `json:"why"`
}

func (s *Heads) keepEvidence(e Evidence) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(evidenceBucket)
		n, err := b.NextSequence()
		if err != nil {
			return err
		}
		return boltguard.Put(tx, evidenceBucket, number(int64(n)), raw)
	})
}

// Evidence returns what was kept, the oldest first.
func (s *Heads) Evidence() (all []Evidence, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(evidenceBucket).ForEach(func(_, v []byte) error {
			var e Evidence
			err := json.Unmarshal(v, &e)
			all = append(all, e)
			return err
		})
	})
	return all, err
}
