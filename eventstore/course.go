package eventstore

import (
	"context"
	"fmt"
	"slices"

	"truceledger/domain"
)

// A Course decides the entries of some records again. It holds those records, so that who lets go of it lets go of them.
type Course struct {
	r       *Replay
	records map[domain.Ref]*followed
}

// A followed record is one as it stands before its next entry.
type followed struct {
	domain.Record
	gap bool // some of its entries were not given
}

// Course begins to decide records. All entries of the log must have been met. It belongs to one goroutine.
func (r *Replay) Course() *Course { return &Course{r: r, records: map[domain.Ref]*followed{}} }

// Next decides an entry of a record all of whose earlier entries were given, and follows it, also where it does not deserve
// it. The errors are *Mismatch, *Unreadable, ErrOtherRules, ErrIncomplete and those of reading.
func (c *Course) Next(ctx context.Context, e *Entry) error {
	record := c.records[e.Ref]
	if record == nil {
		record = &followed{Record: domain.Record{Ref: e.Ref}}
	}
	err := c.r.judge(ctx, e, record)
	if c.r.met[c.r.key(e.Ref)].last == e.Sequence { // nothing more depends on it here
		delete(c.records, e.Ref)
		return err
	}
	e.Void = c.r.voided(*e)
	record.Record = record.Then(e.Step())
	c.records[e.Ref] = record
	return err
}

// judge decides an entry again: it must be, byte for byte, what the rules make of its command.
func (r *Replay) judge(ctx context.Context, e *Entry, record *followed) (err error) {
	defer recovered(e, &err)
	if record.gap {
		return ErrIncomplete
	}
	if err := r.fits(e, record.Record); err != nil {
		record.gap = e.VersionBefore != record.Version()
		return err
	}
	switch {
	case e.Ref == genesis:
		return nil // a command of the ledger's own, which no rule decides
	case e.Rules != Rules:
		return fmt.Errorf("%w: version %d, not %d", ErrOtherRules, e.Rules, Rules)
	}
	again, err := r.decide(ctx, *e, record.Record)
	if err != nil || e.canonical && alike(&again, e) || encodesTo(again, e.Payload) {
		return err
	}
	payload, err := Encode(again)
	if err != nil {
		return &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf("the rules make something of its command that is no entry: %v", err)}
	}
	return &Mismatch{Sequence: e.Sequence, Why: "the rules make something else of its command: " + firstDifference(payload, e.Payload)}
}

// recovered turns a panic into a mismatch: entries that no ledger has written may hold what the rules take for impossible.
func recovered(e *Entry, err *error) {
	if trouble := recover(); trouble != nil {
		*err = &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf("the rules cannot be applied to it: %v", trouble)}
	}
}

// fits checks what the entry says of its place.
func (r *Replay) fits(e *Entry, record domain.Record) error {
	wrong := func(format string, args ...any) error {
		return &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf(format, args...)}
	}
	switch {
	case e.Sequence == 1:
		return r.begins(e, wrong)
	case e.Ledger != r.opened.Ledger:
		return wrong("it is of ledger %s, this is %s", e.Ledger, r.opened.Ledger)
	case e.VersionBefore != record.Version():
		return wrong("it says that it follows entry %d of %s; that is entry %d", e.VersionBefore, e.Ref, record.Version())
	case len(record.Steps) > 0 && e.RecordedAt.Before(record.Steps[len(record.Steps)-1].RecordedAt):
		return wrong("it was recorded before the entry that it follows")
	case e.Ref == genesis:
		return r.ownEntry(e, wrong)
	}
	return nil
}

// begins checks the first entry.
func (r *Replay) begins(e *Entry, wrong func(string, ...any) error) error {
	opened, ok := e.Events[0].(LedgerOpened)
	if !ok || opened.Ledger != e.Ledger || e.VersionBefore != 0 || e.Ref != genesis || len(e.Events) != 1 {
		return wrong("%v", ErrNotALedger)
	}
	if opened.Signatures != "" && !opened.Signatures.known() {
		return wrong("it names a policy on signatures that this program does not know")
	}
	if opened.Format > Format {
		return wrong("%v", ErrNewerFormat)
	}
	return nil
}

// ownEntry checks a command of the ledger's own, which no rule decides: after the first there are two of them.
func (r *Replay) ownEntry(e *Entry, wrong func(string, ...any) error) error {
	_, raised := e.Events[0].(FormatRaised)
	_, raise := e.Command.(*raiseFormat)
	policy, isSet := e.Events[0].(SignaturesSet)
	isSet = isSet && policy.Signatures.known()
	_, set := e.Command.(*setSignatures)
	if len(e.Events) != 1 || !(raise && raised) && !(set && isSet) {
		return wrong("only the first entry opens a ledger")
	}
	return nil
}

// decide makes the entry again from its command as it was sent. What it chose freely it takes over: ids, times, nonce.
func (r *Replay) decide(ctx context.Context, e Entry, record domain.Record) (Entry, error) {
	refused := func(err error) error {
		if isFactsError(err) {
			return err
		}
		return &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf("the rules refuse its command: %v", err)}
	}
	o := order{Request: Request{Principal: e.Principal}, ref: e.Ref, verb: e.Command.Verb(), commandID: e.Command.Head().CommandID}
	c, err := unfilled(e)
	if err != nil {
		return Entry{}, refused(err)
	}
	if slices.Contains(e.Defaults, "command_id") {
		o.defaults = append(o.defaults, "command_id")
	}
	o.nameRecords(c)
	if err := domain.Prepare(c, r.opened.Zone); err != nil {
		return Entry{}, refused(err)
	}
	if err := expected(o, c, record); err != nil {
		return Entry{}, refused(err)
	}
	f := r.factsAt(ctx, e.ReadTo)
	if err := r.spokenFor(f, e, record); err != nil {
		return Entry{}, err
	}
	decision, err := domain.Decide(record, c, domain.Setting{Now: e.RecordedAt, Zone: r.opened.Zone, Facts: f}, judges[e.Ref.Kind])
	if err != nil {
		return Entry{}, refused(err)
	}
	e.Command, e.Events = c, decision.Events
	e.Defaults = distinct(o.defaults, decision.Defaults)
	return e, nil
}

// spokenFor checks that nobody is spoken for without a signature where the ledger's own policy asked for one.
func (r *Replay) spokenFor(f *facts, e Entry, record domain.Record) error {
	by := ""
	if e.Signed != nil {
		by = Signer(e.Command)
	}
	policy := r.policies.at(e.ReadTo)
	actor, err := unspoken(f, policy.policy, e.Command, record, by)
	if err == nil && actor != "" {
		err = &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf("no key of %q has signed what it says for %q, though the ledger's policy since entry %d is %s", actor, actor, policy.sequence, policy.policy)}
	}
	return err
}
