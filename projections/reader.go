package projections

import (
	"context"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/registry"
	"truceledger/domain/when"
	"truceledger/eventstore"
)

// A reader answers one question on one snapshot. It belongs to one goroutine, and remembers what it has folded.
type reader struct {
	q  *Queries
	tx *bbolt.Tx
	Point

	actors  map[string]registry.Actor
	places  map[string]registry.Place
	sources map[string]registry.Source
	held    map[domain.Ref]*held
	read    map[domain.Ref]reading
	keys    map[domain.Ref][]registry.Key
	err     error // the first failure inside a callback that can return none
}

func newReader(q *Queries, tx *bbolt.Tx, p Point) *reader {
	return &reader{
		q: q, tx: tx, Point: p, held: map[domain.Ref]*held{}, read: map[domain.Ref]reading{}, keys: map[domain.Ref][]registry.Key{},
		actors: map[string]registry.Actor{}, places: map[string]registry.Place{}, sources: map[string]registry.Source{},
	}
}

// row returns the row of a record, the zero row where there is none.
func (r *reader) row(ref domain.Ref) row {
	if hidden(r.tx, ref, r.Reader) {
		return row{}
	}
	b := r.tx.Bucket([]byte(rowBucket(ref.Kind)))
	if b == nil {
		return row{}
	}
	return readRow(b.Get([]byte(ref.ID)))
}

// newest returns the sequence of a record's newest entry, 0 where there is none.
func (r *reader) newest(ref domain.Ref) uint64 {
	if h, ok := r.held[ref]; ok {
		return h.Version()
	}
	if hidden(r.tx, ref, r.Reader) {
		return 0
	}
	b := r.tx.Bucket([]byte(rowBucket(ref.Kind)))
	if b == nil {
		return 0
	}
	if row := b.Get([]byte(ref.ID)); len(row) >= 16 {
		return toNumber(row[8:])
	}
	return 0
}

// each calls fn for the records of a kind after an id, in order, that were begun within the prefix, until it is done.
func (r *reader) each(ctx context.Context, kind domain.Kind, after string, mayBe func(row) bool, fn func(id string) (done bool, err error)) error {
	c := r.tx.Bucket([]byte(rowBucket(kind))).Cursor()
	for k, v := c.Seek([]byte(after)); k != nil; k, v = c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		x := readRow(v)
		if string(k) == after || x.first > r.Prefix || mayBe != nil && !mayBe(x) || hidden(r.tx, domain.Ref{Kind: kind, ID: string(k)}, r.Reader) {
			continue
		}
		if done, err := fn(string(k)); done || err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// record returns a record with every entry of it, decoded; what the prefix does not know has to be cut off. A record that
// does not exist, or that the reader may not know of, has the version 0.
func (r *reader) record(ref domain.Ref) (*held, error) {
	if h, ok := r.held[ref]; ok {
		return h, nil
	}
	newest := r.row(ref).newest // 0 also for a record that the reader may not know of
	h := r.q.cache.get(ref)
	if h == nil || h.Version() != newest {
		var err error
		if h, err = r.decode(ref, h, newest); err != nil {
			return nil, err
		}
	}
	r.held[ref] = h
	return h, nil
}

// decode reads the entries of a record from the newest back to what is decoded already.
func (r *reader) decode(ref domain.Ref, known *held, newest uint64) (*held, error) {
	if known == nil || known.Version() > newest { // a snapshot from before the entry that is cached
		known = &held{Record: domain.Record{Ref: ref}}
	}
	var back []eventstore.Entry
	for n := newest; n > known.Version(); {
		e, err := r.entry(ref, n)
		if err != nil {
			return nil, err
		}
		back, n = append(back, e), e.VersionBefore
	}
	h := &held{
		Record:     domain.Record{Ref: ref, Steps: slices.Grow(slices.Clip(known.Steps), len(back))},
		principals: slices.Clip(known.principals), signers: slices.Clip(known.signers), bytes: known.bytes,
	}
	for _, e := range slices.Backward(back) {
		var err error
		if e.Void, err = r.voided(e); err != nil {
			return nil, err
		}
		h.Steps, h.principals = append(h.Steps, e.Step()), append(h.principals, e.Principal)
		var signers []string
		if e.Signed != nil {
			if signers, err = e.Signed.Claimed(); err != nil {
				return nil, damaged("entry %d: %v", e.Sequence, err)
			}
		}
		h.signers = append(h.signers, signers)
		h.bytes += 1200 + len(e.Payload) // measured, about, and its reading
	}
	if newest != 0 {
		r.q.cache.put(h)
	}
	r.q.p.touched(len(back))
	return h, nil
}

// entry decodes one entry. Its payload stays in the file, which is only there as long as the snapshot.
func (r *reader) entry(ref domain.Ref, n uint64) (eventstore.Entry, error) {
	return decodeEntry(ref, n, r.tx.Bucket([]byte(entriesBucket)).Get(number(n)))
}

func decodeEntry(ref domain.Ref, n uint64, payload []byte) (eventstore.Entry, error) {
	if payload == nil {
		return eventstore.Entry{}, damaged("entry %d of %s is missing", n, ref)
	}
	e, err := eventstore.Decode(eventstore.Message{Sequence: n, Subject: eventstore.Subject(ref), Payload: payload})
	if err != nil {
		return eventstore.Entry{}, damaged("%v", err)
	}
	return e, nil
}

// registered returns the readings of a registered actor, place or source, which obey recording only.
func (r *reader) registered(kind domain.Kind, id string) (readings []domain.Reading, version uint64) {
	h, err := r.record(domain.Ref{Kind: kind, ID: id})
	if err != nil {
		r.fail(err)
		return nil, 0
	}
	for _, s := range slices.Backward(h.Steps) {
		if s.Sequence <= r.Prefix {
			version = s.Sequence
			break
		}
	}
	return h.Readings(func(s domain.Step) bool { return s.Sequence <= r.Prefix }), version
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) actor(id string) registry.Actor {
	return remembered(r, r.actors, domain.KindActor, id, registry.FoldActor)
}

func (r *reader) place(id string) registry.Place {
	return remembered(r, r.places, domain.KindPlace, id, registry.FoldPlace)
}

func (r *reader) source(id string) registry.Source {
	return remembered(r, r.sources, domain.KindSource, id, registry.FoldSource)
}

func remembered[V any](r *reader, known map[string]V, kind domain.Kind, id string, fold func([]domain.Reading) V) V {
	v, ok := known[id]
	if !ok {
		readings, _ := r.registered(kind, id)
		v = fold(readings)
		known[id] = v
	}
	return v
}

// published says when a source was published, as the register had it at the prefix.
func (r *reader) published(source string) (when.Bounds, bool) {
	s := r.source(source)
	return s.Published, !s.Published.IsZero()
}

// picture returns a ceasefire at clocks that differ from the question's in the effective time at most.
func (r *reader) picture(id string, c domain.Clocks) (ceasefire.Picture, bool, error) {
	kept, err := r.kept(domain.Ref{Kind: domain.KindCeasefire, ID: id})
	if err != nil {
		return ceasefire.Picture{}, false, err
	}
	p, ok := ceasefire.Of(kept.list, c)
	if r.err != nil {
		return ceasefire.Picture{}, false, fmt.Errorf("ceasefire %s: %w", id, r.err)
	}
	return p, ok, nil
}
