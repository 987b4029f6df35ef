package bundle

import (
	"bytes"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/signed"
)

// says checks what an entry says: that it is of this ledger, follows by the rules, and was signed by whom it names.
func (v *verifier) says(l *line) error {
	if l.payload == nil {
		v.withhold(l.sequence)
		return nil
	}
	if !l.decoded {
		return nil
	}
	e := &l.entry
	if e.Ledger != v.report.Ledger {
		return failed(l.sequence, "entry", "it is of ledger %s, the head is of %s", e.Ledger, v.head.Origin)
	}
	v.time(e)
	v.disputes(e)
	if err := v.signature(e); err != nil {
		return err
	}
	if v.SkipRules {
		v.replay.Follow(*e)
		return nil
	}
	return v.rules(e)
}

func (v *verifier) withhold(sequence uint64) {
	v.report.Withheld++
	if len(v.report.WithheldSeq) < mostFlags {
		v.report.WithheldSeq = append(v.report.WithheldSeq, sequence)
	}
	if v.hidden == 0 {
		v.hidden = sequence
	}
	v.replay.Skip()
}

// time flags what the ledger's clock claims against what a witness has seen.
func (v *verifier) time(e *eventstore.Entry) {
	if e.RecordedAt.After(v.known) {
		v.known = e.RecordedAt
	}
	if b, ok := v.report.NotAfter(e.Sequence); ok && e.RecordedAt.Truncate(1e9).After(b.NotAfter) {
		v.report.flag(e.Sequence, "its recorded_at %s lies after %s had already cosigned it on %s", e.RecordedAt, b.By, b.NotAfter)
	}
}

// rules has the entry decided again, beside what comes after it.
func (v *verifier) rules(e *eventstore.Entry) error {
	c, err := v.replay.Take(v.ctx, e)
	if err == nil {
		v.cases = append(v.cases, ruling{c, e.Sequence, v.hidden != 0})
		return nil
	}
	if err = v.undecided(e.Sequence, v.hidden != 0, err); err == nil {
		v.replay.Follow(*e)
	}
	return err
}

// A ruling is a case with what it takes to say what its failure means.
type ruling struct {
	eventstore.Case
	sequence uint64
	hidden   bool // an entry before it is withheld
}

// judge hands the cases that were gathered to the pool.
func (v *verifier) judge() {
	cases := v.cases
	if v.cases = nil; len(cases) == 0 {
		return
	}
	v.cases = make([]ruling, 0, batchSize)
	v.pool.add(func() error {
		for _, c := range cases {
			if err := v.replay.Judge(v.ctx, c.Case); err != nil {
				if err := v.undecided(c.sequence, c.hidden, err); err != nil {
					return err // those after it in the batch are not the first
				}
				continue
			}
			v.decided.Add(1)
		}
		return nil
	})
}

// undecided says what it means that an entry could not be decided again. Where entries are withheld, one that then does not
// follow is only not decided: what is hidden may be what made it so.
func (v *verifier) undecided(sequence uint64, hidden bool, err error) error {
	var wrong *eventstore.Mismatch
	switch {
	case hidden && (errors.As(err, &wrong) || errors.Is(err, errWithheld)):
		v.hiddenCases.Add(1)
	case errors.Is(err, eventstore.ErrOtherRules):
		v.unruled.Add(1)
	case errors.As(err, &wrong):
		return failed(sequence, "rules", "%s", wrong.Why)
	default:
		return err
	}
	return nil
}

var signedBegins = []byte(`"command":{"signed":`)

// isSigned reports whether a payload may hold a signed command.
func isSigned(payload []byte) bool { return bytes.Contains(payload, signedBegins) }

// statementOf returns what a party signed, nil for a command that nobody signed. Verify the signature before believing it.
func statementOf(e *eventstore.Entry) (*signed.Statement, error) {
	if e.Signed == nil {
		return nil, nil
	}
	s, err := signed.ParseStatement(e.Signed.Signed)
	return &s, err
}

// signature checks who signed an entry's command: a key that stood on the record of the actor who acts, as of read_to.
func (v *verifier) signature(e *eventstore.Entry) error {
	s, err := statementOf(e)
	if s == nil || err != nil {
		return err
	}
	if err := s.Fresh(e.RecordedAt); err != nil {
		return failed(e.Sequence, "signature", "%v", err)
	}
	if err := v.seen(e.Sequence, s.Seen); err != nil {
		return err
	}
	keys, err := v.keys(e)
	if v.hidden != 0 && (errors.Is(err, errWithheld) || err == nil && len(keys) == 0) {
		v.report.flag(e.Sequence, "its signature was not checked: the record of its actor is withheld")
		return nil
	}
	if err != nil {
		return err
	}
	v.count(e, s.PartySeq)
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
// never logged, or one that was put on the record twice.
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
		v.report.flag(e.Sequence, "its signer calls it number %d, and number %d was the last before it: what was signed between is not in the log", number, last)
	}
	v.counts[key] = max(v.counts[key], number)
}

var ofActor, ofLedger = []byte(`"subject":"actor/`), []byte(`"subject":"ledger/`)

func isOfActor(payload []byte) bool  { return bytes.Contains(payload, ofActor) }
func isOfLedger(payload []byte) bool { return bytes.Contains(payload, ofLedger) }

// seen checks that the head that a signer says to have seen belongs to this history.
func (v *verifier) seen(sequence uint64, seen signed.Seen) error {
	if seen.Size == 0 {
		return nil
	}
	if seen.Size >= int64(sequence) {
		return failed(sequence, "seen", "its signer had seen a head of %d entries, before this one was there", seen.Size)
	}
	root, err := tlog.TreeHash(seen.Size, tlog.HashReaderFunc(v.tiles.hashes))
	if err != nil {
		return err
	}
	if !bytes.Equal(root[:], seen.Root) {
		return failed(sequence, "seen", "its signer had been shown another history of the first %d entries", seen.Size)
	}
	return nil
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
