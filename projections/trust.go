package projections

import (
	"context"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"truceledger/eventstore/boltguard"
)

// sealSuffix is of the small file beside the projections' that says how the latter was when it was closed in good order.
const sealSuffix = ".sealed"

// stamp is what changes whenever somebody writes to a file.
func stamp(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d bytes, written at %d\n", info.Size(), info.ModTime().UnixNano()), nil
}

// seal notes how a file was left. A crash before it leaves no seal, or that of another state: the next start checks the file
// in full, as it does when the seal cannot be written.
func seal(path string) {
	if s, err := stamp(path); err == nil {
		_ = os.WriteFile(path+sealSuffix, []byte(s), 0o600)
	}
}

// unseal reports whether the file is as it was left in good order, and takes the seal away: from here on it is written to.
func unseal(path string) (intact bool) {
	left, err := os.ReadFile(path + sealSuffix)
	if err != nil {
		return false
	}
	if err := os.Remove(path + sealSuffix); err != nil {
		return false
	}
	is, err := stamp(path)
	return err == nil && is == string(left)
}

// mostAtOnce is the size in bytes up to which every start checks the whole file before it answers: less than a second.
var mostAtOnce int64 = 256 << 20

func large(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > mostAtOnce
}

// checkBehind checks a file that was taken on trust while it serves already: only the disk itself can have changed it since
// it was sealed, and reading all of it would make a start take as long as the ledger is large. What fails is refilled. The
// pages are not held against each other, which bbolt can only do while nobody writes.
func (p *Projections) checkBehind(s *store) {
	err := s.checkSums(p.life)
	s.letGo()
	if err == nil || p.life.Err() != nil || isClosed(err) {
		return
	}
	p.distrust(s, err)
}

// checkAll checks every row against the sums, and every page against the others. Nobody may write meanwhile.
func (s *store) checkAll(ctx context.Context) error {
	if err := s.checkSums(ctx); err != nil {
		return err
	}
	return s.view(func(tx *bbolt.Tx) error {
		if err := boltguard.Bounded(tx); err != nil {
			return damaged("%v", err)
		}
		var first error
		for err := range tx.Check() {
			if first == nil {
				first = damaged("%v", err)
			}
		}
		return first
	})
}

// checkSums checks every row. Between the buckets it lets go of its snapshot, so that the file can take up again what
// writers have freed meanwhile.
func (s *store) checkSums(ctx context.Context) error {
	for _, name := range bucketNames() {
		if err := s.view(func(tx *bbolt.Tx) error { return checkSum(ctx, tx, name) }); err != nil {
			return err
		}
	}
	return nil
}

func checkSum(ctx context.Context, tx *bbolt.Tx, name string) error {
	want, err := readSum(tx, name)
	if err != nil {
		return err
	}
	b := tx.Bucket([]byte(name))
	if b == nil {
		return damaged("bucket %s is missing", name)
	}
	var got sum
	err = b.ForEach(func(k, v []byte) error {
		if got.add(k, v); got.rows > want.rows { // pages that lead back to each other would go on for ever
			return damaged("bucket %s has more rows than the %d that were written", name, want.rows)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if got != want {
		return damaged("bucket %s has %d rows that do not add up to the %d that were written", name, got.rows, want.rows)
	}
	return nil
}

// mostTouched is how many entries are read from anywhere in the file before its pages are let go of.
const mostTouched = 128

// touched counts entries that were read. Each may bring sixteen pages of the file into this process's memory, and the system
// lets them be until it is short of it: without this a ledger that is asked for everything seems to need as much memory as
// its file is long.
func (p *Projections) touched(entries int) {
	if p.reads.Add(int64(entries)) < mostTouched {
		return
	}
	p.reads.Store(0)
	go p.serving().letGo() // not here: a question holds its snapshot, and a second one may wait for a writer that waits for the first
}
