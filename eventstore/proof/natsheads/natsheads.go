// Package natsheads keeps the newest signed head of a ledger in a NATS key-value bucket, so that of several nodes one
// alone can sign the next. It checks no signature: whoever loads a head does.
package natsheads

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore/proof"
)

// Bucket is the name of the bucket. A backup includes it.
const Bucket = "TRUCE_HEADS"

// history is how many earlier heads of a ledger the bucket keeps, for whoever has to find out what happened.
const history = 64

// A Register is the register of one ledger.
type Register struct {
	kv  jetstream.KeyValue
	key string // the ledger's id: an origin may hold characters that a key may not
}

var _ proof.SharedHeads = (*Register)(nil)

// Open opens the bucket, and makes it where there is none.
func Open(ctx context.Context, js jetstream.JetStream, ledger string, replicas int) (*Register, error) {
	kv, err := js.KeyValue(ctx, Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: Bucket, Description: "the newest signed head of each ledger", History: history,
			Storage: jetstream.FileStorage, Replicas: max(1, replicas),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open the bucket %s: %w", Bucket, err)
	}
	return &Register{kv: kv, key: ledger}, nil
}

// Load implements proof.SharedHeads.
func (r *Register) Load(ctx context.Context) ([]byte, uint64, error) {
	e, err := r.kv.Get(ctx, r.key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return e.Value(), e.Revision(), nil
}

// CompareAndSet implements proof.SharedHeads. An answer that was lost is an unknown outcome; the next Load tells, and a
// head that did get in is consistent with whatever this node would sign.
func (r *Register) CompareAndSet(ctx context.Context, revision uint64, head []byte) error {
	var err error
	if revision == 0 {
		_, err = r.kv.Create(ctx, r.key, head)
	} else {
		_, err = r.kv.Update(ctx, r.key, head, revision)
	}
	if moved(err) {
		return fmt.Errorf("%w: %w", proof.ErrMoved, err)
	}
	return err
}

// moved reports whether err says that the revision is not the newest. A replicated stream has a code of its own.
func moved(err error) bool {
	const wrongLastSequence, wrongLastSequenceReplicated = 10071, 10164
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) || errors.As(err, &api) && (api.ErrorCode == wrongLastSequence || api.ErrorCode == wrongLastSequenceReplicated)
}
