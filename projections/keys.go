package projections

import (
	"context"

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

const signersBucket = "signers/1"

// signers keeps, for each key by its fingerprint, the greatest number that its holder has given to a signed command.
type signers struct{}

func (signers) Name() string      { return signersBucket }
func (signers) Buckets() []string { return []string{signersBucket} }

func (signers) Apply(tx *Tx, e eventstore.Entry) error {
	key, n, err := e.Numbered()
	if err != nil || n == 0 {
		return err
	}
	b := tx.Bucket(signersBucket)
	if held := b.Get([]byte(key)); len(held) < 8 || toNumber(held) < n {
		b.Put([]byte(key), number(n))
	}
	return nil
}

// LastSigned returns the greatest number that a key's holder has given to a command on the record, 0 for none. The next one
// is one more.
func (q *Queries) LastSigned(_ context.Context, fingerprint string) (n uint64, err error) {
	err = q.p.view(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(signersBucket)); b != nil {
			if held := b.Get([]byte(fingerprint)); len(held) >= 8 {
				n = toNumber(held)
			}
		}
		return nil
	})
	return n, err
}
