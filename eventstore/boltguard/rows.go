package boltguard

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// sumsBucket holds a checksum of each row of all other buckets: bbolt has none, and a bit that has flipped in a row would be
// served as what was written.
var sumsBucket = []byte("sums")

const sumBytes = 8

// Open opens the file at path, or makes it, with the given buckets, whose rows are written by Put and Delete alone. It reads
// all of it: every page, and every row against its checksum. ErrDamaged: it is not what was written, and it was not changed.
//
// A file that was written before there were checksums gets them, for what it holds.
func Open(path string, buckets ...[]byte) (db *bbolt.DB, err error) {
	err = Run(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
		return err
	})
	switch {
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum), errors.Is(err, bbolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case err != nil:
		return nil, err
	}
	if err = Check(db); err == nil {
		err = Run(func() error { return checkRows(db, buckets) })
	}
	if err == nil {
		err = layOut(db, buckets)
	}
	if err != nil {
		_ = Run(db.Close)
		return nil, err
	}
	return db, nil
}

// Put stores a row with its checksum.
func Put(tx *bbolt.Tx, bucket, key, value []byte) error {
	return errors.Join(tx.Bucket(bucket).Put(key, value), tx.Bucket(sumsBucket).Put(sumKey(bucket, key), sumOf(value)))
}

// Delete removes a row with its checksum. One that is not there is none.
func Delete(tx *bbolt.Tx, bucket, key []byte) error {
	return errors.Join(tx.Bucket(bucket).Delete(key), tx.Bucket(sumsBucket).Delete(sumKey(bucket, key)))
}

// sumKey is where the checksum of a row stands. A bucket's name has no zero byte.
func sumKey(bucket, key []byte) []byte {
	return slices.Concat(bucket, []byte{0}, key)
}

func sumOf(value []byte) []byte {
	sum := sha256.Sum256(value)
	return sum[:sumBytes]
}

// layOut makes what is missing. A file that has it all is not written to.
func layOut(db *bbolt.DB, buckets [][]byte) error {
	missing, unsummed := false, false
	err := db.View(func(tx *bbolt.Tx) error {
		unsummed = tx.Bucket(sumsBucket) == nil
		missing = unsummed || slices.ContainsFunc(buckets, func(name []byte) bool { return tx.Bucket(name) == nil })
		return nil
	})
	if err != nil || !missing {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		for _, name := range append(slices.Clip(buckets), sumsBucket) {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		if !unsummed {
			return nil
		}
		for _, name := range buckets {
			err := tx.Bucket(name).ForEach(func(k, v []byte) error {
				return tx.Bucket(sumsBucket).Put(sumKey(name, k), sumOf(v))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// checkRows compares each row with its checksum, and demands that none is missing.
func checkRows(db *bbolt.DB, buckets [][]byte) error {
	return db.View(func(tx *bbolt.Tx) error {
		err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if known := append(slices.Clip(buckets), sumsBucket); !slices.ContainsFunc(known, func(b []byte) bool { return bytes.Equal(b, name) }) {
				return fmt.Errorf("%w: it has a bucket %q, which nobody made", ErrDamaged, name)
			}
			return nil
		})
		sums := tx.Bucket(sumsBucket)
		if err != nil || sums == nil {
			return err
		}
		rows := 0
		for _, name := range buckets {
			b := tx.Bucket(name)
			if b == nil {
				continue // where it had rows, their sums are left over
			}
			err := b.ForEach(func(k, v []byte) error {
				rows++
				if !bytes.Equal(sums.Get(sumKey(name, k)), sumOf(v)) {
					return fmt.Errorf("%w: a row of the bucket %s does not fit its checksum", ErrDamaged, name)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if n := sums.Stats().KeyN; n != rows {
			return fmt.Errorf("%w: it has %d rows and the checksums of %d", ErrDamaged, rows, n)
		}
		return nil
	})
}
