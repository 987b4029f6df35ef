package boltguard_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"truceledger/eventstore/boltguard"
)

var fruit, seeds = []byte("fruit"), []byte("seeds")

// filled makes a file with rows in two buckets, some of which were written over and removed.
func filled(t *testing.T, path string) {
	t.Helper()
	db, err := boltguard.Open(path, fruit, seeds)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		err := db.Update(func(tx *bbolt.Tx) error {
			key := fmt.Appendf(nil, "key-%02d", i)
			return errors.Join(
				boltguard.Put(tx, fruit, key, []byte("first")), boltguard.Put(tx, fruit, key, fmt.Appendf(nil, "value %d of a certain length", i)),
				boltguard.Put(tx, seeds, key, nil), boltguard.Delete(tx, seeds, fmt.Appendf(nil, "key-%02d", i-i%2)))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func rows(t *testing.T, db *bbolt.DB) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := db.View(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{fruit, seeds} {
			err := tx.Bucket(name).ForEach(func(k, v []byte) error { all[string(name)+" "+string(k)] = string(v); return nil })
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A flipped bit anywhere ends in the same rows, or in those of the last transaction but one where one of the two meta pages is
// lost, or in ErrDamaged with the file left as it was found; never in other rows.
func TestAFlippedBitIsFoundOrDoesNotMatter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sound.db")
	filled(t, path)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := boltguard.Open(path, fruit, seeds)
	if err != nil {
		t.Fatal(err)
	}
	want := rows(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(want) // the last transaction wrote one row of each bucket
	delete(before, "fruit key-39")
	delete(before, "seeds key-39")
	const step = 61
	refused := 0
	for at := 0; at < len(sound); at += step {
		damaged, path := bytes.Clone(sound), filepath.Join(dir, "damaged.db")
		damaged[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := boltguard.Open(path, fruit, seeds)
		if err != nil {
			if now, _ := os.ReadFile(path); !errors.Is(err, boltguard.ErrDamaged) || !bytes.Equal(now, damaged) {
				t.Errorf("byte %d: got %v, want ErrDamaged and the file as it was", at, err)
			}
			refused++
			continue
		}
		if got := rows(t, db); !maps.Equal(got, want) && (at > 2*os.Getpagesize() || !maps.Equal(got, before)) {
			t.Errorf("byte %d: other rows are served", at)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if refused < 20 {
		t.Errorf("only %d of %d flips were refused", refused, len(sound)/step)
	}
}

// A file from before there were checksums is taken as it is, and guarded from then on.
func TestAnOlderFileGetsItsChecksums(t *testing.T) {
	path := filepath.Join(t.TempDir(), "older.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(fruit)
		return errors.Join(err, b.Put([]byte("apple"), []byte("red")))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if db, err = boltguard.Open(path, fruit, seeds); err != nil {
			t.Fatal(err)
		}
		if got := rows(t, db); len(got) != 1 || got["fruit apple"] != "red" {
			t.Errorf("got %v", got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second}); err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(fruit).Put([]byte("apple"), []byte("rod")) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := boltguard.Open(path, fruit, seeds); !errors.Is(err, boltguard.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged: a row was changed behind its checksum", err)
	}
}
