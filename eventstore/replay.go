package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"truceledger/domain"
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
// It keeps folded records within a bound of bytes, and reads a record again where it has forgotten it; besides, it keeps
// 16 bytes for each record.
type Replay struct {
	at     func(sequence uint64) ([]byte, error)
	cache  *cache
	seed   maphash.Seed
	last   map[uint64]uint64 // by the hash of a record's name: the sequence of its newest entry
	opened LedgerOpened
	next   uint64
}

// NewReplay returns a replay that stands before the first entry. at returns the payload of an earlier entry again.
func NewReplay(at func(sequence uint64) ([]byte, error), cacheBytes int) *Replay {
	setDefault(&cacheBytes, 64<<20)
	return &Replay{at: at, cache: newCache(cacheBytes), seed: maphash.MakeSeed(), last: map[uint64]uint64{}, next: 1}
}

// Opened is the beginning of the ledger, once the first entry has been seen.
func (r *Replay) Opened() LedgerOpened { return r.opened }

// Skip passes over an entry whose payload is withheld.
func (r *Replay) Skip() { r.next++ }

// Next decides the next entry again and follows it. The errors are *Mismatch, ErrOtherRules, and those of reading.
func (r *Replay) Next(ctx context.Context, e Entry) error {
	if e.Sequence != r.next {
		return &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf("it stands where entry %d is due", r.next)}
	}
	record, err := r.Record(ctx, e.Ref)
	if err != nil {
		return err
	}
	if err := r.fits(ctx, e, record); err != nil {
		return err
	}
	r.follow(e, record)
	return nil
}

// follow takes an entry as it is.
func (r *Replay) follow(e Entry, record domain.Record) {
	r.next = e.Sequence + 1
	r.last[r.key(e.Ref)] = e.Sequence
	if e.VersionBefore == 0 {
		r.cache.begin(e.Ref)
		r.cache.end(record.Then(e.Step()), weight(e))
		return
	}
	r.cache.apply(e)
}

// Follow takes an entry without deciding it again: its record, or one that it refers to, is withheld in part.
func (r *Replay) Follow(e Entry) {
	r.next = e.Sequence + 1
	r.last[r.key(e.Ref)] = e.Sequence
	r.cache.apply(e)
}

// fits checks what the entry says of its place, and decides it again.
func (r *Replay) fits(ctx context.Context, e Entry, record domain.Record) error {
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
	case e.Rules != Rules:
		return fmt.Errorf("entry %d: %w: version %d, not %d", e.Sequence, ErrOtherRules, e.Rules, Rules)
	}
	again, err := r.decide(ctx, e, record)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, e.Payload) {
		return wrong("the rules make something else of its command: %s", firstDifference(again, e.Payload))
	}
	return nil
}

// begin checks the first entry.
func (r *Replay) begin(e Entry, wrong func(string, ...any) error) error {
	opened, ok := e.Events[0].(LedgerOpened)
	if !ok || opened.Ledger != e.Ledger || e.VersionBefore != 0 || e.Ref != genesis || len(e.Events) != 1 {
		return wrong("%v", ErrNotALedger)
	}
	if opened.Format > Format {
		return wrong("%v", ErrNewerFormat)
	}
	r.opened = opened
	return nil
}

// ownEntry checks a command of the ledger's own, which no rule decides: after the first there is only one of them.
func (r *Replay) ownEntry(e Entry, wrong func(string, ...any) error) error {
	_, raised := e.Events[0].(FormatRaised)
	if _, raise := e.Command.(*raiseFormat); !raise || !raised || len(e.Events) != 1 {
		return wrong("only the first entry opens a ledger")
	}
	return nil
}

// decide makes the entry again from its command as it was sent. What it chose freely it takes over: ids, times, nonce.
func (r *Replay) decide(ctx context.Context, e Entry, record domain.Record) ([]byte, error) {
	refused := func(err error) error {
		if isFactsError(err) {
			return err
		}
		return &Mismatch{Sequence: e.Sequence, Why: fmt.Sprintf("the rules refuse its command: %v", err)}
	}
	o := order{Request: Request{Principal: e.Principal}, ref: e.Ref, verb: e.Command.Verb(), commandID: e.Command.Head().CommandID}
	c, err := unfilled(e)
	if err != nil {
		return nil, refused(err)
	}
	if slices.Contains(e.Defaults, "command_id") {
		o.defaults = append(o.defaults, "command_id")
	}
	o.nameRecords(c)
	if err := domain.Prepare(c, r.opened.Zone); err != nil {
		return nil, refused(err)
	}
	if err := expected(o, c, record); err != nil {
		return nil, refused(err)
	}
	f := &facts{ctx: ctx, load: r.Record, readTo: e.ReadTo, seen: map[domain.Ref][]domain.Reading{}}
	decision, err := domain.Decide(record, c, domain.Setting{Now: e.RecordedAt, Zone: r.opened.Zone, Facts: f}, judges[e.Ref.Kind])
	if err != nil {
		return nil, refused(err)
	}
	e.Command, e.Events = c, decision.Events
	e.Defaults = distinct(o.defaults, decision.Defaults)
	return Encode(e)
}

// A readingError is an error of reading the log, as opposed to a rule's no.
type readingError struct{ error }

func (e readingError) Unwrap() error { return e.error }

func isFactsError(err error) bool {
	var reading readingError
	return errors.As(err, &reading)
}

// Record returns a record as it stands before the next entry.
func (r *Replay) Record(_ context.Context, ref domain.Ref) (domain.Record, error) {
	if record, held := r.cache.get(ref); held {
		return record, nil
	}
	version := r.last[r.key(ref)]
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
		steps, size, n = append(steps, e.Step()), size+weight(e), e.VersionBefore
	}
	slices.Reverse(steps)
	return domain.Record{Ref: ref}.Then(steps...), size, nil
}

func (r *Replay) key(ref domain.Ref) uint64 { return maphash.Comparable(r.seed, ref) }

// unfilled returns the command of an entry as it was sent: without what the ledger filled in, except the command's id.
func unfilled(e Entry) (domain.Command, error) {
	c, err := copyOf(e.Command)
	if err != nil {
		return nil, err
	}
	for _, path := range e.Defaults {
		if path == "command_id" {
			continue
		}
		if !clearField(reflect.ValueOf(c).Elem(), splitPath(path)) {
			return nil, fmt.Errorf("the ledger says that it filled in %q, which the command does not have", clip(path))
		}
	}
	return c, nil
}

// copyOf returns a copy of c that shares nothing with it.
func copyOf(c domain.Command) (domain.Command, error) {
	raw, err := EncodeCommand(c)
	if err != nil {
		return nil, err
	}
	return decodeCommand(c.Verb(), raw)
}

// clearField sets the field at a path to its zero value; false where there is none.
func clearField(v reflect.Value, path []string) bool {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if len(path) == 0 {
		if !v.CanSet() {
			return false
		}
		v.SetZero()
		return true
	}
	switch v.Kind() {
	case reflect.Slice:
		i, err := strconv.Atoi(path[0])
		return err == nil && i >= 0 && i < v.Len() && clearField(v.Index(i), path[1:])
	case reflect.Struct:
		field, found := fieldNamed(v, path[0])
		return found && clearField(field, path[1:])
	}
	return false
}

// fieldNamed finds a field by its name in JSON, also in embedded structs. A stated time has its fields from options.go.
func fieldNamed(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			if inner, found := fieldNamed(v.Field(i), name); found {
				return inner, true
			}
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name || tag == "" && strings.EqualFold(f.Name, name) {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// firstDifference shows where two payloads part, for a person to look at.
func firstDifference(want, got []byte) string {
	i := 0
	for i < min(len(want), len(got)) && want[i] == got[i] {
		i++
	}
	from := max(0, i-20)
	show := func(b []byte) string { return clip(string(b[min(from, len(b)):min(i+40, len(b))])) }
	return fmt.Sprintf("%q became %q", show(got), show(want))
}
