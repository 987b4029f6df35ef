package bundle

import (
	"bytes"
	"errors"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/signed"
)

// says checks what an entry says, as far as it takes the order of the log: that it is of this ledger, and was signed by whom
// it names. Whether it follows by the rules is left for later: see rules.
func (v *verifier) says(l *line) error {
	before, err := v.meet(l)
	if err == nil {
		err = v.index.put(l.offset, l.end, before)
	}
	if err != nil {
		return err
	}
	if l.entry != nil {
		if err := v.follow(l); err != nil {
			return err
		}
	}
	if v.Entry != nil {
		v.Entry(l.sequence, v.times(l))
	}
	return nil
}

// meet takes note of a line, and puts aside what is to be decided again.
func (v *verifier) meet(l *line) (before uint64, err error) {
	if l.payload == nil {
		v.withhold(l.sequence)
		return 0, nil
	}
	v.time(l.sequence, l.heading.RecordedAt)
	before = v.replay.Meet(l.heading)
	if !v.SkipRules {
		err = v.shelves.put(l.heading.Record, l.sequence, l.payload)
	}
	return before, err
}

// follow checks an entry on which others depend, or that is signed.
func (v *verifier) follow(l *line) error {
	e := l.entry
	if e.Ledger != v.report.Ledger {
		return failed(e.Sequence, "entry", "it is of ledger %s, the head is of %s", e.Ledger, v.head.Origin)
	}
	v.disputes(e)
	if err := v.signature(l); err != nil {
		return err
	}
	v.replay.Follow(*e)
	return nil
}

func (v *verifier) withhold(sequence uint64) {
	v.report.Withheld++
	if len(v.report.WithheldSeq) < mostFlags {
		v.report.WithheldSeq = append(v.report.WithheldSeq, sequence)
	}
	if v.hidden == 0 {
		v.hidden = sequence
	}
}

// time flags what the ledger's clock claims against what a witness has seen.
func (v *verifier) time(sequence uint64, at time.Time) {
	if b, ok := v.report.NotAfter(sequence); ok && at.Truncate(1e9).After(b.NotAfter) {
		v.report.flag(sequence, "its recorded_at %s lies after %s had already cosigned it on %s", at, b.By, b.NotAfter)
	}
}

// statementOf returns what a party signed, nil for a command that nobody signed. Verify the signature before believing it.
func statementOf(e *eventstore.Entry) (*signed.Statement, error) {
	if e.Signed == nil {
		return nil, nil
	}
	s, err := signed.ParseStatement(e.Signed.Signed)
	return &s, err
}

// statement reads what a party says by signing an entry's command, and checks what it says of the log. It takes longer than
// all else about an entry but the signature, and no order.
func (w *worker) statement(e *eventstore.Entry) (*signed.Statement, error) {
	s, err := statementOf(e)
	if s == nil || err != nil {
		return nil, err
	}
	if err := s.Fresh(e.RecordedAt); err != nil {
		return nil, failed(e.Sequence, "signature", "%v", err)
	}
	return s, w.seen(e.Sequence, s.Seen)
}

// signature checks who signed an entry's command: a key that stood on the record of the actor who acts, as of read_to.
func (v *verifier) signature(l *line) error {
	if l.statement == nil {
		return nil
	}
	e := l.entry
	keys, err := v.keys(e)
	if v.hidden != 0 && (errors.Is(err, eventstore.ErrIncomplete) || err == nil && len(keys) == 0) {
		v.report.flag(e.Sequence, "its signature was not checked: the record of its actor is withheld")
		return nil
	}
	if err != nil {
		return failed(e.Sequence, "signature", "%v", err)
	}
	v.count(e, l.statement.PartySeq)
	v.checkSigned(e, keys)
	return nil
}

func (v *verifier) checkSigned(e *eventstore.Entry, keys []registry.Key) {
	v.pool.add(func() error {
		if err := eventstore.CheckSigned(*e.Signed, v.report.Ledger, e.Command, keys, e.KeysAt()); err != nil {
			return failed(e.Sequence, "signature", "%v", err)
		}
		v.signed.Add(1)
		return nil
	})
}

// count flags gaps and repeats among the numbers that a key's holder gives to what it signs: a command that was signed and
// never logged, be it that it was refused or that it was kept out, or one that was put on the record twice.
func (v *verifier) count(e *eventstore.Entry, number uint64) {
	claimed, err := e.Signed.Claimed()
	if err != nil {
		return // the check of the signature says so
	}
	key := claimed[0] // the first is the author's; others countersign
	switch last := v.counts[key]; {
	case number <= last:
		v.report.flag(e.Sequence, "its signer calls it number %d, after number %d: the same word may stand twice", number, last)
	case number > last+1:
		v.report.flag(e.Sequence, "its signer calls it number %d, and number %d was the last before it: what was signed between is not in the log, or was refused: ask the signer", number, last)
	}
	v.counts[key] = max(v.counts[key], number)
}

// seen checks that the head that a signer says to have seen belongs to this history.
func (w *worker) seen(sequence uint64, seen signed.Seen) error {
	if seen.Size == 0 {
		return nil
	}
	if seen.Size >= int64(sequence) {
		return failed(sequence, "seen", "its signer had seen a head of %d entries, before this one was there", seen.Size)
	}
	root, err := w.rootAt(seen.Size)
	if err != nil {
		return err
	}
	if !bytes.Equal(root[:], seen.Root) {
		return failed(sequence, "seen", "its signer had been shown another history of the first %d entries", seen.Size)
	}
	return nil
}

// rootAt returns the root of the first entries, as the tiles have it. Those who sign at about the same time have seen the same
// head, so that the last one is kept.
func (w *worker) rootAt(size int64) (tlog.Hash, error) {
	if size == w.rootSize {
		return w.root, nil
	}
	root, err := tlog.TreeHash(size, tlog.HashReaderFunc(w.tiles.hashes))
	if err == nil {
		w.root, w.rootSize = root, size
	}
	return root, err
}

// hashes reads hashes from the tile files, which are compared with the entries as these go by.
func (f *tileFiles) hashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		t := tlog.TileForIndex(proof.Height, x)
		t = tileAt(t.L, t.N, f.size)
		data, err := f.read(t)
		if err != nil {
			return nil, err
		}
		if found[i], err = tlog.HashFromTile(t, data, x); err != nil {
			return nil, err
		}
	}
	return found, nil
}
