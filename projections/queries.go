package projections

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"truceledger/domain"
)

// A ClockError says that the clocks of a question cannot be set as asked.
type ClockError struct {
	Parameter string // known_at, as_of_sequence...
	Problem   string
}

func (e *ClockError) Error() string { return e.Parameter + ": " + e.Problem }

// ErrBadCursor says that a cursor is not one that this collection gave out.
var ErrBadCursor = errors.New("the cursor is not one that this collection gave out; begin again without it")

// A Point is the clocks of a question, fixed: however often it is asked, and however far the log has grown, the answer is
// the same.
type Point struct {
	domain.Clocks
	Reader  domain.Reader // who asks: the records that it may not know of do not exist in the answer
	Asked   Clock         // as it was asked: the answer says for which clocks it is
	Applied uint64        // the newest entry that was applied when the point was fixed
}

// Queries answer from the read models.
type Queries struct {
	p         *Projections
	cache     *cache
	answers   answered
	standings stood
}

func newQueries(p *Projections) *Queries { return &Queries{p: p, cache: newCache(p.o.CacheBytes)} }

// Resolve fixes the clocks of a question and who asks it (As): unset, the effective time is now and every entry applied is known.
func (q *Queries) Resolve(ctx context.Context, c Clock) (Point, error) {
	if c.KnownAt != nil && c.AsOfSequence != nil {
		return Point{}, &ClockError{"as_of_sequence", "replaces known_at: give one of the two"}
	}
	if c.AsOfSequence != nil {
		if err := q.awaitPrefix(ctx, *c.AsOfSequence); err != nil {
			return Point{}, err
		}
	}
	state := q.p.State()
	if !state.Ready && state.Applied < q.p.target() {
		return Point{}, ErrNotReady
	}
	at := Point{Clocks: domain.Clocks{Effective: q.p.o.Now().UTC(), Prefix: state.Applied}, Reader: ReaderOf(ctx), Asked: c, Applied: state.Applied}
	if c.Effective != nil {
		at.Effective = c.Effective.UTC()
	}
	if c.ReportedBy != nil {
		at.ReportedBy = c.ReportedBy.UTC()
	}
	return q.prefix(at, c)
}

// prefix fixes what was known.
func (q *Queries) prefix(at Point, c Clock) (Point, error) {
	switch {
	case c.AsOfSequence != nil:
		at.Prefix = *c.AsOfSequence
	case c.KnownAt != nil:
		err := q.view(at, func(r *reader) error {
			at.Prefix = knownBy(r.tx, at.Applied, *c.KnownAt)
			return nil
		})
		return at, err
	}
	return at, nil
}

// awaitPrefix waits for an entry that the log has and the projections do not yet; one that nobody has written is refused.
func (q *Queries) awaitPrefix(ctx context.Context, n uint64) error {
	if n <= q.Applied() {
		return nil
	}
	last, err := q.p.o.Log.Last(ctx)
	switch {
	case err != nil:
		return err
	case n > last:
		return &ClockError{"as_of_sequence", fmt.Sprintf("%d lies ahead: the newest entry is %d", n, last)}
	}
	return q.WaitFor(ctx, n)
}

// Applied returns the newest sequence that answers know of.
func (q *Queries) Applied() uint64 { return q.p.State().Applied }

// Changed returns a channel that is closed when more entries are applied.
func (q *Queries) Changed() <-chan struct{} {
	q.p.mu.Lock()
	defer q.p.mu.Unlock()
	return q.p.moved
}

// Stalled returns the sequence of a message of the log that cannot be read as an entry, 0 where there is none. Nothing after it is
// applied.
func (q *Queries) Stalled() uint64 {
	var at *unreadable
	if s := q.p.State(); !s.Stopped || !errors.As(s.Problem, &at) {
		return 0
	}
	return at.sequence
}

// WaitFor waits until the projections have applied an entry. It ends with ctx, or at once where they have stopped.
func (q *Queries) WaitFor(ctx context.Context, sequence uint64) error {
	for {
		moved := q.Changed()
		switch s := q.p.State(); {
		case s.Applied >= sequence:
			return nil
		case s.Stopped:
			return fmt.Errorf("entry %d is not applied, and will not be: %w", sequence, s.Problem)
		}
		if q.Applied()+near >= sequence {
			q.p.hasten()
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("entry %d is not applied yet: %w", sequence, context.Cause(ctx))
		}
	}
}

// Version returns the sequence of the newest entry of a record: what a writer must have seen.
func (q *Queries) Version(ctx context.Context, ref domain.Ref) (n uint64, err error) {
	err = q.p.view(func(tx *bbolt.Tx) error {
		if hidden(tx, ref, ReaderOf(ctx)) {
			return nil
		}
		if b := tx.Bucket([]byte(rowBucket(ref.Kind))); b != nil {
			n = readRow(b.Get([]byte(ref.ID))).newest
		}
		return nil
	})
	if err == nil && n == 0 {
		err = &domain.NotFound{Record: ref}
	}
	return n, err
}

// view reads on one snapshot. A file that is being refilled may lack what the point knows: then there is no answer yet.
func (q *Queries) view(p Point, fn func(*reader) error) error {
	return q.p.view(func(tx *bbolt.Tx) error {
		if checkpointOf(tx) < p.Applied {
			return ErrNotReady
		}
		return fn(newReader(q, tx, p))
	})
}

// one answers for one record.
func one[V any](q *Queries, p Point, ref domain.Ref, build func(r *reader, id string) (V, bool, error)) (v V, err error) {
	err = q.view(p, func(r *reader) error {
		var found bool
		if v, found, err = build(r, ref.ID); err == nil && !found {
			err = r.missing(ref, func(r *reader) (bool, error) {
				_, found, err := build(r, ref.ID)
				return found, err
			})
		}
		return err
	})
	return v, err
}

// target is how far the projections go before they first answer.
func (p *Projections) target() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.goal
}
