package witness

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore/boltguard"
	"truceledger/eventstore/proof"
)

// A Store is what a witness must never forget: for each log the newest head that it has signed. Whoever restores an
// older copy of it makes the witness forget, and lets the log show it another history from there.
type Store struct{ db *bbolt.DB }

// Signed is the newest head that a witness holds of a log; the zero value where it holds none.
type Signed struct {
	Size int64     `json:"size"`
	Root tlog.Hash `json:"root"`
	Note string    `json:"note"` // with the log's signature
}

// Refused is a head that the log's key has signed and the witness has not. Together with the one that it held then, it
// shows anybody who has the log's key that the log may have two histories; where both have one size, it proves it.
type Refused struct {
	At      string `json:"at"`
	Held    string `json:"held"`
	Refused string `json:"refused"`
	Why     string `json:"why"`
	// Proves says that the two heads are enough: one size, two roots. Otherwise only a consistency proof that the log
	// cannot give would clear it.
	Proves bool `json:"proves"`
}

var (
	signedBucket  = []byte("signed")  // origin -> Signed
	refusedBucket = []byte("refused") // SHA-256 of both heads -> Refused
)

// mostRefused bounds what is kept: anybody who can reach the witness can send it what the log has signed.
const mostRefused = 1000

// OpenStore opens the file and reads all of it. Every write to it is on disk when it returns. Damage is refused: a witness
// whose memory a disk has changed would refuse an honest log, or sign for a dishonest one.
func OpenStore(path string) (*Store, error) {
	db, err := boltguard.Open(path, signedBucket, refusedBucket)
	if errors.Is(err, boltguard.ErrDamaged) {
		err = fmt.Errorf("%w: bring back the newest copy that there is; where there is none, begin anew under another name", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the witness's memory in %s: %w", path, err)
	}
	return &Store{db: db}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Advance puts h in the place of what is held of a log, if may allows it. Reading, judging and writing are one
// transaction, of which there is one at a time: two requests can never both go on from the same head.
func (s *Store) Advance(origin string, h proof.Head, may func(held Signed) error) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(signedBucket)
		held, err := readSigned(b.Get([]byte(origin)))
		if err != nil {
			return err
		}
		if err := may(held); err != nil {
			return err
		}
		if held.Size == h.Size && held.Note != "" {
			return nil
		}
		raw, err := json.Marshal(Signed{Size: h.Size, Root: h.Root, Note: string(h.Note)})
		if err != nil {
			return err
		}
		return boltguard.Put(tx, signedBucket, []byte(origin), raw)
	})
}

func readSigned(raw []byte) (held Signed, err error) {
	if raw != nil {
		err = json.Unmarshal(raw, &held)
	}
	return held, err
}

// Held returns the newest head that is held of a log.
func (s *Store) Held(origin string) (held Signed, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		held, err = readSigned(tx.Bucket(signedBucket).Get([]byte(origin)))
		return err
	})
	return held, err
}

// KeepRefused keeps a head that was refused, beside the one that is held.
func (s *Store) KeepRefused(h proof.Head, why error) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		held, err := readSigned(tx.Bucket(signedBucket).Get([]byte(h.Origin)))
		if err != nil {
			return err
		}
		b := tx.Bucket(refusedBucket)
		key := sha256.Sum256(append([]byte(held.Note+"\x00"), h.Note...))
		if b.Get(key[:]) != nil || b.Stats().KeyN >= mostRefused {
			return nil
		}
		raw, err := json.Marshal(Refused{
			At: time.Now().UTC().Format(time.RFC3339), Held: held.Note, Refused: string(h.Note), Why: why.Error(),
			Proves: held.Size == h.Size && held.Root != h.Root,
		})
		if err != nil {
			return err
		}
		return boltguard.Put(tx, refusedBucket, key[:], raw)
	})
}

// Refused returns what was kept.
func (s *Store) Refused() (all []Refused, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(refusedBucket).ForEach(func(_, v []byte) error {
			var r Refused
			err := json.Unmarshal(v, &r)
			all = append(all, r)
			return err
		})
	})
	return all, err
}

// originOf reads the first line of a head.
func originOf(text []byte) (string, error) {
	line, _, found := bytes.Cut(text, []byte("\n"))
	if !found || len(line) == 0 || len(line) > 1024 {
		return "", errors.Join(ErrMalformed, errors.New("there is no head"))
	}
	return string(line), nil
}
