package projections

import (
	"context"
	"slices"

	"go.etcd.io/bbolt"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore"
)

// Keys returns every key that ever stood on the record of an actor, by actor, as of an entry.
func (q *Queries) Keys(ctx context.Context, p Point) (map[string][]registry.Key, error) {
	all := map[string][]registry.Key{}
	err := q.view(p, func(r *reader) error {
		return r.each(ctx, domain.KindActor, "", nil, func(id string) (bool, error) {
			readings, _ := r.registered(domain.KindActor, id)
			if keys := registry.FoldKeys(readings); len(keys) > 0 {
				all[id] = keys
			}
			return false, r.err
		})
	})
	return all, err
}

// voided returns the entry that had ended the key of a signed one before it came, 0 for none: then it is void on arrival, and
// no reading of its record has it.
func (r *reader) voided(e eventstore.Entry) (uint64, error) {
	signer, named := e.Signer()
	if e.Signed == nil || !named || signer == e.Ref {
		return 0, nil
	}
	keys, err := r.keysOf(signer)
	return eventstore.VoidedBy(e, keys), err
}

// disputed returns the entry that says of an entry's key that it was in other hands by then, 0 for none. prints are the keys
// that have signed it.
func (r *reader) disputed(s domain.Step, prints []string) uint64 {
	actor := eventstore.Signer(s.Command)
	if len(prints) == 0 || actor == "" {
		return 0
	}
	keys, err := r.keysOf(domain.Ref{Kind: domain.KindActor, ID: actor})
	r.err = first(r.err, err)
	return registry.Disputed(keys, s.Sequence, r.Prefix, prints)
}

// keysOf are all keys that ever stood on an actor's record.
func (r *reader) keysOf(actor domain.Ref) (keys []registry.Key, err error) {
	keys, known := r.keys[actor]
	if !known {
		if keys, err = r.allKeys(actor); err == nil {
			r.keys[actor] = keys
		}
	}
	return keys, err
}

// allKeys reads what stands about keys on an actor's record. It goes past the records that are held, which ask this very
// question of what they hold: two actors may have signed on each other's record. A command about keys is never void.
func (r *reader) allKeys(actor domain.Ref) ([]registry.Key, error) {
	return keysBack(actor, r.row(actor).newest, r.tx.Bucket([]byte(entriesBucket)).Get)
}

// voided is reader.voided while an entry is applied: the actor's record is read as far as the log goes before it.
func (t *Tx) voided(e eventstore.Entry) (uint64, error) {
	signer, named := e.Signer()
	if e.Signed == nil || !named {
		return 0, nil
	}
	newest := readRow(t.Bucket(rowBucket(signer.Kind)).Get([]byte(signer.ID))).newest
	keys, err := keysBack(signer, newest, t.Bucket(entriesBucket).Get)
	return eventstore.VoidedBy(e, keys), err
}

// keysBack reads an actor's record from its newest entry back.
func keysBack(actor domain.Ref, newest uint64, payload func(key []byte) []byte) ([]registry.Key, error) {
	var readings []domain.Reading
	for n := newest; n > 0; {
		e, err := decodeEntry(actor, n, payload(number(n)))
		if err != nil {
			return nil, err
		}
		readings, n = append(readings, domain.Reading{Sequence: e.Sequence, RecordedAt: e.RecordedAt, Command: e.Command}), e.VersionBefore
	}
	return registry.FoldKeys(readings), nil
}

const signersBucket = "signers/2"

// signers keeps, for each key by its fingerprint, the greatest number that its holder has given to a signed command: of all, and
// of those that stand on public records.
type signers struct{}

func (signers) Name() string      { return signersBucket }
func (signers) Buckets() []string { return []string{signersBucket} }

func (signers) Apply(tx *Tx, e eventstore.Entry) error {
	key, n, err := e.Numbered()
	if err != nil || n == 0 {
		return err
	}
	b := tx.Bucket(signersBucket)
	all, public := signedNumbers(b.Get([]byte(key)))
	all = max(all, n)
	if !e.Ref.Restricted() {
		public = max(public, n)
	}
	b.Put([]byte(key), append(number(all), number(public)...))
	return nil
}

// signedNumbers reads a row of signers.
func signedNumbers(row []byte) (all, public uint64) {
	if len(row) != 16 {
		return 0, 0
	}
	return toNumber(row[:8]), toNumber(row[8:])
}

// LastSigned returns the greatest number that an actor's key has given to a command on the record, 0 for none. The next one is
// one more. Who does not speak for the actor is told of public records alone: the number would count the others.
func (q *Queries) LastSigned(ctx context.Context, actor, fingerprint string) (n uint64, err error) {
	reader := ReaderOf(ctx)
	err = q.p.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(signersBucket))
		if b == nil {
			return nil
		}
		all, public := signedNumbers(b.Get([]byte(fingerprint)))
		if n = public; reader.All || slices.Contains(reader.Actors, actor) {
			n = all
		}
		return nil
	})
	return n, err
}
