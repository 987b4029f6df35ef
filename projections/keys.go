package projections

import (
	"context"

	"truceledger/domain"
	"truceledger/domain/registry"
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
