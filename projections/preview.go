package projections

import (
	"context"

	"truceledger/domain"
	"truceledger/eventstore"
)

// Sentence tells an entry that is not stored yet as the history of its record will tell it, with the names that are known
// at p. What it refers to must be known at p.
func (q *Queries) Sentence(_ context.Context, e eventstore.Entry, p Point) (text string, err error) {
	err = q.view(p, func(r *reader) error {
		t := &teller{reader: r, asked: e.Ref, stories: map[domain.Ref]*story{}}
		text = t.sentence(e.Step(), nil)
		return r.err
	})
	return text, err
}
