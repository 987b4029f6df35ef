package alert

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"truceledger/eventstore/boltguard"
)

// A Store remembers subscriptions and deliveries across restarts.
type Store struct{ db *bbolt.DB }

var (
	subscriptions = []byte("subscriptions")
	deliveries    = []byte("deliveries") // on their way
	dead          = []byte("dead")       // given up
	told          = []byte("told")       // ids of alerts that were made, so that none is made twice
	state         = []byte("state")
	readTo        = []byte("read_to")
)

// ErrUnknown is something that the store does not hold.
var ErrUnknown = errors.New("there is no such subscription or dead letter")

// OpenStore opens the file, or makes it, and reads all of it. It holds secrets: only its owner may read it. Damage is refused:
// an alert that goes to another address than was asked for is worse than none.
func OpenStore(file string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	db, err := boltguard.Open(file, subscriptions, deliveries, dead, told, state)
	if errors.Is(err, boltguard.ErrDamaged) {
		err = fmt.Errorf("%w: bring it back from a backup, or remove it, which ends every subscription; or serve without --alerts", err)
	}
	if err != nil {
		return nil, fmt.Errorf("the subscriptions in %s: %w", file, err)
	}
	return &Store{db}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Snapshot writes a consistent copy of the file, as it stands now.
func (s *Store) Snapshot(w io.Writer) error {
	return s.db.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(w); return err })
}

// Subscribe stores a subscription, and gives it an id and a secret.
func (s *Store) Subscribe(sub Subscription) (Subscription, error) {
	sub.ID, sub.Secret = "sub-"+newID(), "whsec_"+rand.Text()+rand.Text()
	return sub, s.put(subscriptions, sub.ID, sub)
}

func newID() string { return rand.Text()[:16] }

func (s *Store) put(bucket []byte, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return boltguard.Put(tx, bucket, []byte(key), raw) })
}

// Subscriptions lists them, with their secrets: whoever shows them takes those away.
func (s *Store) Subscriptions() ([]Subscription, error) { return all[Subscription](s, subscriptions) }

// Pending lists the deliveries on their way.
func (s *Store) Pending() ([]Delivery, error) { return all[Delivery](s, deliveries) }

// Dead lists the dead letters.
func (s *Store) Dead() ([]Delivery, error) { return all[Delivery](s, dead) }

func all[V any](s *Store, bucket []byte) (list []V, err error) {
	list = []V{}
	err = s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, raw []byte) error {
			var v V
			if err := json.Unmarshal(raw, &v); err != nil {
				return err
			}
			list = append(list, v)
			return nil
		})
	})
	return list, err
}

// Unsubscribe ends a subscription with what is on its way to it. Its dead letters stay until they are sent or dropped.
func (s *Store) Unsubscribe(id string) error {
	pending, err := s.Pending()
	if err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		if tx.Bucket(subscriptions).Get([]byte(id)) == nil {
			return ErrUnknown
		}
		for _, d := range pending {
			if d.Subscription == id {
				if err := boltguard.Delete(tx, deliveries, []byte(d.ID)); err != nil {
					return err
				}
			}
		}
		return boltguard.Delete(tx, subscriptions, []byte(id))
	})
}

// Revive puts a dead letter on its way again.
func (s *Store) Revive(id string, now time.Time) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		raw := tx.Bucket(dead).Get([]byte(id))
		if raw == nil {
			return ErrUnknown
		}
		var d Delivery
		if err := json.Unmarshal(raw, &d); err != nil {
			return err
		}
		if tx.Bucket(subscriptions).Get([]byte(d.Subscription)) == nil {
			return fmt.Errorf("%w: the subscription of this dead letter has ended", ErrUnknown) // nobody would ever take it off
		}
		d.Tries, d.Next = 0, now
		return move(tx, dead, deliveries, d)
	})
}

// finish takes a delivery off, or makes it a dead letter, or notes its next try.
func (s *Store) finish(d Delivery, delivered bool) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		switch {
		case tx.Bucket(deliveries).Get([]byte(d.ID)) == nil:
			return nil // its subscription has ended meanwhile
		case delivered:
			return boltguard.Delete(tx, deliveries, []byte(d.ID))
		case d.Next.IsZero():
			return move(tx, deliveries, dead, d)
		}
		return move(tx, deliveries, deliveries, d)
	})
}

func move(tx *bbolt.Tx, from, to []byte, d Delivery) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if err := boltguard.Delete(tx, from, []byte(d.ID)); err != nil {
		return err
	}
	return boltguard.Put(tx, to, []byte(d.ID), raw)
}

// tell puts alerts on their way, each once for each subscription for ever, and notes how far the log is read, all in one
// step: a crash before it loses nothing, and one after it repeats nothing.
func (s *Store) tell(read uint64, pairs []addressed, now time.Time) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, p := range pairs {
			key := []byte(p.to + "\x00" + p.alert.ID)
			if tx.Bucket(told).Get(key) != nil {
				continue
			}
			d := Delivery{ID: newID(), Subscription: p.to, Alert: p.alert, Next: now}
			if err := errors.Join(boltguard.Put(tx, told, key, []byte{1}), move(tx, deliveries, deliveries, d)); err != nil {
				return err
			}
		}
		if read == 0 {
			return nil
		}
		return boltguard.Put(tx, state, readTo, binary.BigEndian.AppendUint64(nil, read))
	})
}

// read is how far the log was read, 0 at the very beginning.
func (s *Store) read() (n uint64, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		if raw := tx.Bucket(state).Get(readTo); len(raw) == 8 {
			n = binary.BigEndian.Uint64(raw)
		}
		return nil
	})
	return n, err
}

// An addressed is an alert and the subscription that it goes to.
type addressed struct {
	to    string
	alert Alert
}
