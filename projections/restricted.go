package projections

import (
	"context"
	"strings"

	"go.etcd.io/bbolt"

	"truceledger/domain"
	"truceledger/eventstore"
)

const restrictedBucket = "restricted/2"

// restricted keeps who may know of each restricted record: the principal who began it, and the actors of its beginning and those
// it was shared with since. Whoever may know of it now may know of all that it ever said: a question about an earlier time or an
// earlier prefix of the log is answered to who asks now.
//
// The one place where a reader is kept from a record is hidden, below: every answer of this package is made from rows and
// records that a reader has passed through it, so that no list, count, calendar or history has to think of it.
type restricted struct{}

func (restricted) Name() string      { return restrictedBucket }
func (restricted) Buckets() []string { return []string{restrictedBucket} }

func (restricted) Apply(tx *Tx, e eventstore.Entry) error {
	if !e.Ref.Restricted() {
		return nil
	}
	b, key := tx.Bucket(restrictedBucket), []byte(e.Ref.String())
	if e.VersionBefore == 0 {
		parts := append([]string{e.Principal}, domain.RestrictedActors(e.Command)...)
		b.Insert(key, []byte(strings.Join(parts, "\x00")))
		return nil
	}
	added, shared := domain.AddedBy(e.Events)
	if !shared {
		return nil
	}
	if by, err := tx.voided(e); by != 0 || err != nil {
		return err
	}
	parts := append([]string{string(b.Get(key))}, added...)
	b.Put(key, []byte(strings.Join(parts, "\x00")))
	return nil
}

// hidden reports whether a record must not exist for a reader. One that is not known yet is hidden from all but those who
// see everything.
func hidden(tx *bbolt.Tx, ref domain.Ref, reader domain.Reader) bool {
	if !ref.Restricted() || reader.All {
		return false
	}
	row := tx.Bucket([]byte(restrictedBucket)).Get([]byte(ref.String()))
	if row == nil {
		return true
	}
	parts := strings.Split(string(row), "\x00")
	return !reader.Sees(domain.Audience{Begun: parts[0], Actors: parts[1:]})
}

type readerKey struct{}

// As returns a context whose questions are asked by reader. Without it they are asked by the public.
func As(ctx context.Context, reader domain.Reader) context.Context {
	return context.WithValue(ctx, readerKey{}, reader)
}

// ReaderOf returns who asks the questions of a context.
func ReaderOf(ctx context.Context) domain.Reader {
	reader, _ := ctx.Value(readerKey{}).(domain.Reader)
	return reader
}

// Sees reports whether who asks may know of a record: that is what everything must ask that hands out entries of the log.
func (q *Queries) Sees(ctx context.Context, ref domain.Ref) (sees bool, err error) {
	reader := ReaderOf(ctx)
	if !ref.Restricted() || reader.All {
		return true, nil
	}
	err = q.p.view(func(tx *bbolt.Tx) error {
		sees = !hidden(tx, ref, reader)
		return nil
	})
	return sees, err
}
