package eventstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"truceledger/domain"
)

// A draft is what an order amounts to on one state of its record: an entry that is ready to be appended, or the sequence
// of the one that holds it already.
type draft struct {
	before domain.Record
	entry  Entry
	holds  uint64
}

// draft decides the order on record. The checks come in the order of the contract: idempotency, what the caller
// expects, the rules.
func (l *Ledger) draft(ctx context.Context, o *order, record domain.Record, told uint64) (draft, error) {
	if err := l.admits(ctx, *o, record); err != nil {
		return draft{}, err
	}
	if holds, err := l.repeated(ctx, *o, record); err != nil || holds != 0 {
		return draft{holds: holds}, err
	}
	readTo, err := l.position.reach(ctx, l.life, told)
	if err != nil {
		return draft{}, fmt.Errorf("wait for the reader to reach %d: %w", told, err)
	}
	select {
	case l.deciding <- struct{}{}:
		defer func() { <-l.deciding }()
	case <-ctx.Done():
		return draft{}, ctx.Err()
	}
	return l.judged(o, record, l.factsAt(ctx, readTo))
}

// judged is what the order amounts to by the caller's expectation, the keys and the rules, given what is known of others.
func (l *Ledger) judged(o *order, record domain.Record, known *facts) (draft, error) {
	c, err := o.command()
	if err != nil {
		return draft{}, err
	}
	if err := expected(*o, c, record); err != nil {
		return draft{}, err
	}
	if err := CheckControls(o.sent); err != nil {
		return draft{}, err // not before a repeated one is answered, which may be older than this check
	}
	if err := l.hasMaterial(c); err != nil {
		return draft{}, err
	}
	known.mayName = l.mayName(known.ctx, *o, record, c)
	setting := domain.Setting{Now: l.now(record), Zone: l.Zone(), Facts: known}
	if !o.rehearsed {
		if err := l.authorise(known, *o, c, record, setting.Now); err != nil {
			return draft{}, err
		}
	}
	decision, err := domain.Decide(record, c, setting, judges[o.ref.Kind])
	if err != nil {
		return draft{}, err
	}
	if len(decision.Events) == 0 {
		return draft{holds: holder(record, c)}, nil
	}
	defaults := distinct(o.defaults, decision.Defaults)
	if err := o.inFull(defaults); err != nil {
		return draft{}, err
	}
	e, err := write(Entry{
		ID: uuid.Must(uuid.NewV7()).String(), Ledger: l.ID(), Ref: o.ref, RecordedAt: setting.Now,
		VersionBefore: record.Version(), ReadTo: known.readTo, Rules: Rules,
		Command: c, Signed: o.Signed, Defaults: defaults, Principal: o.Principal, Events: decision.Events,
		CausationID: o.CausationID, CorrelationID: o.CorrelationID, Nonce: newNonce(),
	})
	return draft{before: record, entry: e}, err
}

// repeated looks for the order's key: (principal, command_id). It returns the sequence of the entry that answered the
// same request before; the same key for another request is refused.
func (l *Ledger) repeated(ctx context.Context, o order, record domain.Record) (holds uint64, err error) {
	if !o.ownKey && !o.tried {
		return 0, nil
	}
	for _, s := range record.Steps {
		if s.Command.Head().CommandID != o.commandID || s.Void != 0 {
			continue
		}
		e, err := l.entry(ctx, o.ref, s.Sequence)
		switch {
		case err != nil:
			return 0, err
		case e.Principal != o.Principal:
			continue // another caller's key
		}
		sent, err := decodeCommand(o.verb, o.sent)
		if err != nil {
			return 0, err
		}
		if !SameRequest(e, sent) {
			return 0, domain.Refuse(ErrCommandIDUsed, "entry %d of %s", e.Sequence, e.Ref)
		}
		return e.Sequence, nil
	}
	if l.options.FindCommand == nil || !o.ownKey {
		return 0, nil
	}
	if n, found := l.options.FindCommand(ctx, o.Principal, o.commandID); found {
		return 0, domain.Refuse(ErrCommandIDUsed, "entry %d", n)
	}
	return 0, nil
}

// expected refuses an order whose caller has seen another version of the record.
func expected(o order, c domain.Command, record domain.Record) error {
	for _, seen := range []*uint64{c.Head().Expect, o.IfMatch} {
		if seen != nil && *seen != record.Version() {
			return &StaleError{Record: o.ref, Version: record.Version()}
		}
	}
	return nil
}

// holder is the entry that says already what c says: the newest like it, else the record's newest.
func holder(record domain.Record, c domain.Command) uint64 {
	for _, s := range slices.Backward(record.Steps) {
		if s.Void == 0 && s.Command.Verb() == c.Verb() && s.Command.Head().By == c.Head().By {
			return s.Sequence
		}
	}
	return record.Version()
}

// now is the time of recording: the clock's, but never before the record's previous entry, so that a clock that was set
// back reorders nothing.
func (l *Ledger) now(record domain.Record) (t time.Time) {
	t = microseconds(l.options.Clock())
	if n := len(record.Steps); n > 0 && record.Steps[n-1].RecordedAt.After(t) {
		return record.Steps[n-1].RecordedAt
	}
	return t
}

func (l *Ledger) factsAt(ctx context.Context, readTo uint64) *facts {
	return &facts{ctx: ctx, load: l.Record, readTo: readTo}
}

// write encodes an entry, and reads and folds its own bytes before anybody else does: what cannot be read back must not
// be stored, because nothing that is stored can be taken away again.
func write(e Entry) (Entry, error) {
	payload, err := Encode(e)
	if err != nil {
		return Entry{}, err
	}
	read, err := Decode(Message{Subject: Subject(e.Ref), Payload: payload})
	if err != nil {
		return Entry{}, fmt.Errorf("read back: %w", err)
	}
	if !encodesTo(read, payload) {
		return Entry{}, fmt.Errorf("read back %s of %s: it does not say the same", e.Command.Verb(), e.Ref)
	}
	return read, nil
}

// distinct joins the two lists of paths, each path once.
func distinct(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
