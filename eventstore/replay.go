package eventstore

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"unsafe"

	"truceledger/domain"
	"truceledger/domain/registry"
)

// ReadPayload reads an entry from its payload and its place in the log, where the subject that it was stored on is not at
// hand: the subject follows from the payload.
func ReadPayload(sequence uint64, payload []byte) (Entry, error) {
	return readPayload(sequence, payload, "")
}

// ReadKept is ReadPayload for a payload that nobody will ever write into: the entry's texts are parts of it.
func ReadKept(sequence uint64, payload []byte) (Entry, error) {
	return readPayload(sequence, payload, unsafe.String(unsafe.SliceData(payload), len(payload)))
}

func readPayload(sequence uint64, payload []byte, text string) (Entry, error) {
	e, err := decodeText(payload, text)
	if err == nil {
		e.Sequence = sequence
		err = e.standsBefore(sequence)
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

// An Unreadable is an entry that another one depends on and that cannot be read. It stands before the other.
type Unreadable struct {
	Sequence uint64
	Err      error
}

func (u *Unreadable) Error() string { return u.Err.Error() }
func (u *Unreadable) Unwrap() error { return u.Err }

// Why an entry cannot be decided again although nothing is wrong with it.
var (
	ErrOtherRules = errors.New("decided by other rules than this program knows")
	ErrIncomplete = errors.New("a part of a record that it depends on is missing")
)

// A Past gives the entries that a Replay has met again. Any number of goroutines ask at once.
type Past interface {
	// Payload returns the payload of an entry, which is not written into afterwards.
	Payload(sequence uint64) ([]byte, error)
	// Before returns what Meet returned for an entry.
	Before(sequence uint64) (uint64, error)
}

// A Replay decides the entries of a log again, with nothing but the log: each must be, byte for byte, what the rules make
// of its command, of its record before it and of the other records as of its read_to. So an operator who writes what nobody
// decided is caught without any signature.
//
// That goes in two passes. First one goroutine meets all entries in the order of the log, and follows those on which others
// depend: those of the ledger's own record and of actors, and those that are signed. Then each record's entries are decided,
// by a Course; records go in any order and on any number of goroutines, each decoded once. What the rules ask of other records
// is read from the past as it stood at the read_to of the entry that asks, whatever came later.
//
// It keeps some 40 bytes for each record, and those other records that were asked for last, within a bound of bytes.
type Replay struct {
	past   Past
	seed   maphash.Seed
	opened LedgerOpened
	met    map[uint64]meeting

	keys     map[string][]domain.Step // by actor: the commands about its keys; those that have any are few
	policies policies

	mu    sync.Mutex
	ends  map[uint64]end // by record: those that cannot be read to their end
	cache *cache
}

// A meeting is what is known of a record once its entries were met.
type meeting struct {
	last  uint64 // the sequence of its newest entry
	begun uint64 // of its first, where that alone says whether the record exists: 0 where corrections or gaps leave it open
}

// An end is the first entry of a record up to which it cannot be read, and why.
type end struct {
	sequence uint64
	err      error
}

// NewReplay returns a replay that stands before the first entry.
func NewReplay(past Past, cacheBytes int) *Replay {
	setDefault(&cacheBytes, 64<<20)
	return &Replay{
		past: past, cache: newCache(cacheBytes), seed: maphash.MakeSeed(),
		met: map[uint64]meeting{}, keys: map[string][]domain.Step{}, ends: map[uint64]end{},
	}
}

// Meet takes note of the next entry. It returns the sequence of the entry of the same record that was met before it, 0 for
// none. A gap between the two is no error here.
func (r *Replay) Meet(h Heading) (before uint64) {
	m, known := r.met[h.Record]
	before = m.last
	switch {
	case !known && h.creates && h.plain && h.before == 0:
		m.begun = h.Sequence
	case known && !h.plain:
		m.begun = 0
	}
	if h.before != before {
		m.begun = 0
		if _, earlier := r.ends[h.Record]; !earlier {
			r.ends[h.Record] = end{h.Sequence, ErrIncomplete}
		}
	}
	m.last = h.Sequence
	r.met[h.Record] = m
	return before
}

// Follow takes note of what an entry says that others depend on, after it was met.
func (r *Replay) Follow(e Entry) {
	switch {
	case isKeyCommand(e.Command):
		r.keys[e.Ref.ID] = append(r.keys[e.Ref.ID], e.Step())
	case e.Ref == genesis:
		if opened, ok := e.Events[0].(LedgerOpened); ok && e.Sequence == 1 {
			r.opened = opened
		}
		r.policies = r.policies.meet(e)
	}
}

// Keys returns the keys that the entries up to a sequence have put on an actor's record, as far as they were met.
// ErrIncomplete: some of that record's entries were not met.
func (r *Replay) Keys(actor string, upTo uint64) ([]registry.Key, error) {
	if gap, found := r.ends[r.key(domain.Ref{Kind: domain.KindActor, ID: actor})]; found {
		return nil, gap.err
	}
	return r.keysOf(actor, upTo), nil
}

func (r *Replay) keysOf(actor string, upTo uint64) []registry.Key {
	steps := r.keys[actor]
	for len(steps) > 0 && steps[len(steps)-1].Sequence > upTo {
		steps = steps[:len(steps)-1]
	}
	return registry.FoldKeys(domain.Record{}.Then(steps...).Readings(domain.Everything))
}

// voided returns the entry that had ended the key of a signed one before it came.
func (r *Replay) voided(e Entry) uint64 {
	if e.Signed == nil {
		return 0
	}
	return VoidedBy(e, r.keysOf(Signer(e.Command), e.Sequence))
}

// factsAt are the facts for a decision that has read the log up to a sequence.
func (r *Replay) factsAt(ctx context.Context, readTo uint64) *facts {
	return &facts{ctx: ctx, readTo: readTo, replay: r}
}

// begun reports whether a record exists at a sequence, where that is known without reading it.
func (r *Replay) begun(ref domain.Ref, readTo uint64) (exists, known bool) {
	m, met := r.met[r.key(ref)]
	if met && m.begun == 0 {
		return false, false
	}
	return met && m.begun <= readTo, true
}

// record returns a record with all that it held at a sequence, or more.
func (r *Replay) record(ref domain.Ref, readTo uint64) (domain.Record, error) {
	key := r.key(ref)
	m, met := r.met[key]
	if !met {
		return domain.Record{Ref: ref}, nil
	}
	record, held := r.cache.get(ref)
	if !held {
		var size int
		var err error
		r.cache.begin(ref)
		record, size, err = r.read(ref, key, m.last)
		r.cache.end(record, size)
		if err != nil {
			return domain.Record{}, err
		}
	}
	r.mu.Lock()
	end, ends := r.ends[key]
	r.mu.Unlock()
	if ends && end.sequence <= readTo {
		return domain.Record{}, end.err
	}
	return record, nil
}

// read folds a record anew, by following its entries back from the newest, up to where it cannot be read on.
func (r *Replay) read(ref domain.Ref, key, newest uint64) (record domain.Record, size int, err error) {
	r.mu.Lock()
	stop, stops := r.ends[key]
	r.mu.Unlock()
	var steps []domain.Step
	for n := newest; n != 0 && err == nil; n, err = r.past.Before(n) {
		if stops && n >= stop.sequence {
			continue
		}
		payload, err := r.past.Payload(n)
		if err != nil {
			return domain.Record{Ref: ref}, 0, readingError{err}
		}
		e, err := ReadKept(n, payload)
		if err != nil || e.Ref != ref {
			steps, size, stop, stops = nil, 0, end{n, &Unreadable{n, errors.Join(err, ErrNotAnEntry)}}, true
			continue
		}
		e.Void = r.voided(e)
		steps, size = append(steps, e.Step()), size+weight(e)
	}
	if err != nil {
		return domain.Record{Ref: ref}, 0, readingError{err}
	}
	if stops {
		r.mu.Lock()
		r.ends[key] = stop
		r.mu.Unlock()
	}
	record = domain.Record{Ref: ref}
	for _, s := range slices.Backward(steps) {
		record = record.Then(s) // one by one, so that its readings are at hand
	}
	return record, size, nil
}

// key names a record. Heading makes the same of an entry's bytes.
func (r *Replay) key(ref domain.Ref) uint64 {
	var name [96]byte
	return maphash.Bytes(r.seed, append(append(append(name[:0], ref.Kind...), '/'), ref.ID...))
}

// A readingError is an error of reading the log, as opposed to a rule's no.
type readingError struct{ error }

func (e readingError) Unwrap() error { return e.error }

// isFactsError reports whether an error says nothing of the entry that was to be decided.
func isFactsError(err error) bool {
	var reading readingError
	var unreadable *Unreadable
	return errors.As(err, &reading) || errors.As(err, &unreadable) || errors.Is(err, ErrIncomplete)
}
