package bundle

import (
	"bytes"
	"errors"
	"sync"

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
	e := l.entry
	if e.Ledger != v.report.Ledger {
		return failed(l.sequence, "entry", "it is of ledger %s, the head is of %s", e.Ledger, v.head.Origin)
	}
	v.time(e)
	v.disputes(e)
	if err := v.signature(e); err != nil {
		return err
	}
	if v.SkipRules {
		v.replay.Follow(e)
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
func (v *verifier) time(e eventstore.Entry) {
	if e.RecordedAt.After(v.known) {
		v.known = e.RecordedAt
	}
	if b, ok := v.report.NotAfter(e.Sequence); ok && e.RecordedAt.Truncate(1e9).After(b.NotAfter) {
		v.report.flag(e.Sequence, "its recorded_at %s lies after %s had already cosigned it on %s", e.RecordedAt, b.By, b.NotAfter)
	}
}

// rules decides the entry again. Where entries are withheld, one that then does not follow is only not decided: what is
// hidden may be what made it so.
func (v *verifier) rules(e eventstore.Entry) error {
	err := v.replay.Next(v.ctx, e)
	var wrong *eventstore.Mismatch
	switch {
	case err == nil:
		v.report.Decided++
		return nil
	case v.hidden != 0 && (errors.As(err, &wrong) || errors.Is(err, errWithheld)):
		v.report.Undecided++
	case errors.Is(err, eventstore.ErrOtherRules):
		v.report.Unruled++
	case errors.As(err, &wrong):
		return failed(e.Sequence, "rules", "%s", wrong.Why)
	default:
		return err
	}
	v.replay.Follow(e)
	return nil
}

var signedBegins = []byte(`"command":{"signed":`)

// isSigned reports whether a payload may hold a signed command.
func isSigned(payload []byte) bool { return bytes.Contains(payload, signedBegins) }

// statementOf returns what a party signed, nil for a command that nobody signed. Verify the signature before believing it.
func statementOf(e eventstore.Entry) (*signed.Statement, error) {
	if e.Signed == nil {
		return nil, nil
	}
	s, err := signed.ParseStatement(e.Signed.Signed)
	return &s, err
}

// signature checks who signed an entry's command: a key that stood on the record of the actor who acts, as of read_to.
func (v *verifier) signature(e eventstore.Entry) error {
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
	v.pool.check(e, v.report.Ledger, keys)
	return nil
}

// count flags gaps and repeats among the numbers that a key's holder gives to what it signs: a command that was signed and
// never logged, or one that was put on the record twice.
func (v *verifier) count(e eventstore.Entry, number uint64) {
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

var ofActor = []byte(`"subject":"actor/`)

func isOfActor(payload []byte) bool { return bytes.Contains(payload, ofActor) }

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

// A signaturePool checks signatures on all cores and keeps the failure of the earliest entry.
type signaturePool struct {
	todo  chan func() error
	wg    sync.WaitGroup
	mu    sync.Mutex
	first error
	held  uint64
}

func newSignaturePool(workers int) *signaturePool {
	p := &signaturePool{todo: make(chan func() error, 256)}
	for range workers {
		p.wg.Go(p.work)
	}
	return p
}

func (p *signaturePool) work() {
	for job := range p.todo {
		err := job()
		p.mu.Lock()
		if err == nil {
			p.held++
		} else if p.first == nil || earlier(err, p.first) {
			p.first = err
		}
		p.mu.Unlock()
	}
}

func (p *signaturePool) check(e eventstore.Entry, ledger string, keys []registry.Key) {
	p.todo <- func() error {
		if err := eventstore.CheckSigned(*e.Signed, ledger, e.Command, keys, e.ReadTo); err != nil {
			return failed(e.Sequence, "signature", "%v", err)
		}
		return nil
	}
}

// wait ends the pool and returns the failure of the earliest entry.
func (p *signaturePool) wait() error {
	close(p.todo)
	p.wg.Wait()
	return p.first
}
