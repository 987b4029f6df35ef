package projections

import (
	"fmt"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
)

const proofBucket = "proof/1"

// merkle keeps the Merkle tree over the exact payloads. It is a projection like the others: its size moves in the
// transaction that moves the checkpoint, it can be made again from the log, and truce replay compares its digest.
type merkle struct{}

func (merkle) Name() string      { return proofBucket }
func (merkle) Buckets() []string { return []string{proofBucket} }

// Apply gathers the leaf; hashing here keeps no payload alive until the end of the batch.
func (merkle) Apply(tx *Tx, e eventstore.Entry) error {
	tx.leaves = append(tx.leaves, tlog.RecordHash(e.Payload))
	return nil
}

// Finish grows the tree once for the whole batch: each unfinished tile is written once, however many leaves it takes. The
// tiles go past the gathered rows, straight to the file, so that the sum over the rows is brought up to date here.
func (merkle) Finish(tx *Tx) error {
	b := tx.Bucket(proofBucket)
	t := proof.TreeIn(b.disk)
	size := t.Size()
	if size != int64(tx.checkpoint) {
		return damaged("the tree has %d leaves at entry %d", size, tx.checkpoint)
	}
	for k, v := range t.RowsFrom(size) {
		b.sum.remove(k, v)
	}
	if err := t.AppendHashes(tx.leaves...); err != nil {
		return fmt.Errorf("grow the tree: %w", err)
	}
	for k, v := range t.RowsFrom(size) {
		b.sum.add(k, v)
	}
	return nil
}

// ViewTree runs fn on the tree as it stands on disk. It implements proof.Source. While the file is filled again there is
// no tree to look at: a signer that took a half-filled one for all of it would believe the log cut short, and stop.
func (p *Projections) ViewTree(fn func(proof.Tree) error) error {
	return p.view(func(tx *bbolt.Tx) error {
		if !p.Ready() { // asked within the transaction: a file that is put in place meanwhile makes it false first
			return fmt.Errorf("%w: %w: %w", ErrNotReady, proof.ErrBehind, proof.ErrBeyond)
		}
		return fn(proof.TreeIn(tx.Bucket([]byte(proofBucket))))
	})
}
