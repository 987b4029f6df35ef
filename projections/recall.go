package projections

import (
	"iter"
	"slices"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
)

// Recall yields the messages of a record after a sequence, in order, as far as they are applied: what a ledger decides by when it
// has forgotten a record, so that it need not read all of it from the engine. Each is checked against its leaf in the tree: an
// answer that a broken page has altered is asked for again, but what is decided by one stays.
//
// It yields nothing for a record that the read models keep no row of, and ErrNotReady while they are filled or found damaged.
func (p *Projections) Recall(ref domain.Ref, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		var back []eventstore.Message
		if err := p.view(func(tx *bbolt.Tx) (err error) { back, err = entriesOf(tx, ref, after); return err }); err != nil {
			yield(eventstore.Message{}, err)
			return
		}
		for _, m := range slices.Backward(back) {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// entriesOf reads a record's messages from the newest one back.
func entriesOf(tx *bbolt.Tx, ref domain.Ref, after uint64) (back []eventstore.Message, err error) {
	rows := tx.Bucket([]byte(rowBucket(ref.Kind)))
	if rows == nil {
		return nil, nil
	}
	entries, tree := tx.Bucket([]byte(entriesBucket)), proof.TreeIn(tx.Bucket([]byte(proofBucket)))
	subject := eventstore.Subject(ref)
	for n := readRow(rows.Get([]byte(ref.ID))).newest; n > after; {
		payload := slices.Clone(entries.Get(number(n))) // the file's memory is gone with the transaction
		leaf, err := tree.LeafHash(int64(n) - 1)
		if err != nil || leaf != tlog.RecordHash(payload) {
			return nil, damaged("entry %d of %s is not the one in the tree", n, ref)
		}
		back = append(back, eventstore.Message{Sequence: n, Subject: subject, Payload: payload})
		before, err := eventstore.VersionBefore(payload)
		if err != nil || before >= n {
			return nil, damaged("entry %d of %s follows entry %d: %v", n, ref, before, err)
		}
		n = before
	}
	return back, nil
}
