package eventstore

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"

	"truceledger/domain"
	"truceledger/domain/registry"
)

// ReadPayload reads an entry from its payload and its place in the log, where the subject that it was stored on is not at
// hand: the subject follows from the payload.
func ReadPayload(sequence uint64, payload []byte) (Entry, error) {
	e, err := decode(payload)
	if err == nil {
		e.Sequence = sequence
		err = e.standsIn(Message{Sequence: sequence, Subject: Subject(e.Ref), Payload: payload})
	}
	if err != nil {
		return Entry{}, fmt.Errorf("decode entry %d: %w", sequence, err)
	}
	return e, nil
}

// A Mismatch says that an entry does not follow from its command and from what stood before it.
type Mismatch struct {
	Sequence uint64
	Why      string
}

func (m *Mismatch) Error() string { return fmt.Sprintf("entry %d: %s", m.Sequence, m.Why) }

// ErrOtherRules says that an entry was decided by rules that this program does not have.
var ErrOtherRules = errors.New("decided by other rules than this program knows")

// A Replay decides the entries of a log again, one after the other, with nothing but the log: each must be, byte for byte,
// what the rules make of its command, of its record before it and of the other records as of its read_to. So an
// operator who writes what nobody decided is caught without any signature.
//
// The cases of entries may be judged on all cores. It keeps folded records within a bound of bytes, and reads a record again where it has forgotten it; besides, it keeps
// 16 bytes for each record.
type Replay struct {
	at     func(sequence uint64) ([]byte, error)
	cache  *cache
	seed   maphash.Seed
	opened LedgerOpened
	next   uint64

	mu       sync.RWMutex
	last     map[uint64]uint64        // by the hash of a record's name: the sequence of its newest entry
	keys     map[string][]domain.Step // by actor: the commands about its keys; those that have any are few
	policies policies
}

// NewReplay returns a replay that stands before the first entry. at returns the payload of an earlier entry again.
func NewReplay(at func(sequence uint64) ([]byte, error), cacheBytes int) *Replay {
	setDefault(&cacheBytes, 64<<20)
	return &Replay{at: at, cache: newCache(cacheBytes), seed: maphash.MakeSeed(), last: map[uint64]uint64{}, keys: map[string][]domain.Step{}, next: 1}
}

// Opened is the beginning of the ledger, once the first entry has been seen.
func (r *Replay) Opened() LedgerOpened { return r.opened }

// Skip passes over an entry whose payload is withheld.
func (r *Replay) Skip() { r.next++ }

// Next decides the next entry again and follows it. The errors are *Mismatch, ErrOtherRules, and those of reading.
func (r *Replay) Next(ctx context.Context, e Entry) error {
	c, err := r.Take(ctx, &e)
	if err == nil {
		err = r.Judge(ctx, c)
	}
	return err
}

// A Case is an entry that was taken and is to be judged, with its record as it stood before it.
type Case struct {
	entry  *Entry
	record domain.Record
	own    bool // a command of the ledger's own, which no rule decides
}

// Take follows the next entry, of which it checks only what the entry says of its place. Entries are taken one after the
// other, and e stays as it is until Judge has said whether it deserves it. A *Mismatch says that it was not taken: Follow does so all the same.
func (r *Replay) Take(ctx context.Context, e *Entry) (c Case, err error) {
	defer recovered(e, &err)
	if e.Sequence != r.next {
		return Case{}, &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf("it stands where entry %d is due", r.next)}
	}
	c = Case{entry: e, own: e.Ref == genesis}
	if c.record, err = r.Record(ctx, e.Ref); err != nil {
		return Case{}, err
	}
	if err := r.fits(*e, c.record); err != nil {
		return Case{}, err
	}
	r.follow(*e, c.record)
	return c, nil
}

// Judge decides a case again: the entry must be, byte for byte, what the rules make of its command. Any number of goroutines
// may judge at once, also while further entries are taken: what those say lies after all that a case depends on.
func (r *Replay) Judge(ctx context.Context, c Case) (err error) {
	e := c.entry
	defer recovered(e, &err)
	switch {
	case c.own:
		return nil
	case e.Rules != Rules:
		return fmt.Errorf("entry %d: %w: version %d, not %d", e.Sequence, ErrOtherRules, e.Rules, Rules)
	}
	again, err := r.decide(ctx, *e, c.record)
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

// follow takes an entry as it is.
func (r *Replay) follow(e Entry, record domain.Record) {
	e.Void = r.voided(e)
	r.passed(e)
	if e.VersionBefore == 0 {
		r.cache.begin(e.Ref)
		r.cache.end(record.Then(e.Step()), weight(e))
		return
	}
	r.cache.apply(e)
}

func (r *Replay) passed(e Entry) {
	r.next = e.Sequence + 1
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[r.key(e.Ref)] = e.Sequence
	switch {
	case isKeyCommand(e.Command):
		r.keys[e.Ref.ID] = append(r.keys[e.Ref.ID], e.Step())
	case e.Ref == genesis:
		r.policies = r.policies.meet(e)
	}
}

// unkeyed reports that no key ever stood on an actor's record.
func (r *Replay) unkeyed(actor string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.keys[actor]) == 0
}

// voided returns the entry that had ended the key of a signed one before it came.
func (r *Replay) voided(e Entry) uint64 {
	if e.Signed == nil {
		return 0
	}
	r.mu.RLock()
	steps := slices.Clone(r.keys[Signer(e.Command)])
	r.mu.RUnlock()
	return VoidedBy(e, registry.FoldKeys(domain.Record{}.Then(steps...).Readings(domain.Everything)))
}

func (r *Replay) policyAt(readTo uint64) policySince {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.policies.at(readTo)
}

// Follow takes an entry without deciding it again: its record, or one that it refers to, is withheld in part.
func (r *Replay) Follow(e Entry) {
	e.Void = r.voided(e)
	r.passed(e)
	r.cache.apply(e)
}

// fits checks what the entry says of its place.
func (r *Replay) fits(e Entry, record domain.Record) error {
	wrong := func(format string, args ...any) error {
		return &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf(format, args...)}
	}
	switch {
	case e.Sequence == 1:
		return r.begin(e, wrong)
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

// begin checks the first entry.
func (r *Replay) begin(e Entry, wrong func(string, ...any) error) error {
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
	r.opened = opened
	return nil
}

// ownEntry checks a command of the ledger's own, which no rule decides: after the first there are two of them.
func (r *Replay) ownEntry(e Entry, wrong func(string, ...any) error) error {
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
	f := &facts{ctx: ctx, load: r.Record, readTo: e.ReadTo, seen: map[domain.Ref][]domain.Reading{}, unkeyed: r.unkeyed}
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
	policy := r.policyAt(e.ReadTo)
	actor, err := unspoken(f, policy.policy, e.Command, record, by)
	if err == nil && actor != "" {
		err = &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf("no key of %q has signed what it says for %q, though the ledger's policy since entry %d is %s", actor, actor, policy.sequence, policy.policy)}
	}
	return err
}

// A readingError is an error of reading the log, as opposed to a rule's no.
type readingError struct{ error }

func (e readingError) Unwrap() error { return e.error }

func isFactsError(err error) bool {
	var reading readingError
	return errors.As(err, &reading)
}

// Record returns a record as it stands before the next entry, or a later one.
func (r *Replay) Record(_ context.Context, ref domain.Ref) (domain.Record, error) {
	if record, held := r.cache.get(ref); held {
		return record, nil
	}
	r.mu.RLock()
	version := r.last[r.key(ref)]
	r.mu.RUnlock()
	if version == 0 {
		return domain.Record{Ref: ref}, nil
	}
	r.cache.begin(ref)
	record, size, err := r.read(ref, version)
	r.cache.end(record, size)
	return record, err
}

// read folds a record anew, by following its entries back from the newest: each names the one before it.
func (r *Replay) read(ref domain.Ref, version uint64) (domain.Record, int, error) {
	size := 0
	var steps []domain.Step
	for n := version; n != 0; {
		payload, err := r.at(n)
		if err != nil {
			return domain.Record{Ref: ref}, 0, readingError{err}
		}
		e, err := ReadPayload(n, payload)
		if err != nil || e.Ref != ref {
			return domain.Record{Ref: ref}, 0, readingError{fmt.Errorf("entry %d is not of %s: %w", n, ref, errors.Join(err, ErrNotAnEntry))}
		}
		e.Void = r.voided(e)
		steps, size, n = append(steps, e.Step()), size+weight(e), e.VersionBefore
	}
	slices.Reverse(steps)
	return domain.Record{Ref: ref}.Then(steps...), size, nil
}

func (r *Replay) key(ref domain.Ref) uint64 { return maphash.Comparable(r.seed, ref) }
