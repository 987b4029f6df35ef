package projections

import (
	"encoding/binary"
	"sort"
	"time"

	"go.etcd.io/bbolt"

	"truceledger/eventstore"
)

const (
	entriesBucket  = "entries/1"
	clockBucket    = "clock/1"
	commandsBucket = "commands/1"
)

// entries keeps every payload by its sequence, exactly as the log has it.
type entries struct{}

func (entries) Name() string      { return entriesBucket }
func (entries) Buckets() []string { return []string{entriesBucket} }

func (entries) Apply(tx *Tx, e eventstore.Entry) error {
	tx.key = binary.BigEndian.AppendUint64(tx.key[:0], e.Sequence)
	return tx.Bucket(entriesBucket).Append(tx.key, e.Payload)
}

// clock keeps for each sequence when the ledger knew of it: the greatest recorded_at up to there, so that what was known at
// an instant is always a prefix of the log, even where a clock was set back.
type clock struct{}

func (clock) Name() string      { return clockBucket }
func (clock) Buckets() []string { return []string{clockBucket} }

func (clock) Apply(tx *Tx, e eventstore.Entry) error {
	b := tx.Bucket(clockBucket)
	known := e.RecordedAt
	if tx.clockAt != e.Sequence-1 { // the first of a transaction
		tx.clock = toTime(b.Get(number(e.Sequence - 1)))
	}
	if tx.clock.After(known) {
		known = tx.clock
	}
	tx.clockAt, tx.clock = e.Sequence, known
	tx.key = binary.BigEndian.AppendUint64(tx.key[:0], e.Sequence)
	return b.Append(tx.key, timeBytes(known))
}

// timeBytes is an instant in whole microseconds, which is what entries record.
func timeBytes(t time.Time) []byte { return number(uint64(t.UnixMicro())) }

func toTime(b []byte) time.Time {
	if len(b) < 8 {
		return time.Time{}
	}
	return time.UnixMicro(int64(toNumber(b))).UTC()
}

// knownBy returns the greatest sequence that the ledger knew at t, of those up to last.
func knownBy(tx *bbolt.Tx, last uint64, t time.Time) uint64 {
	b := tx.Bucket([]byte(clockBucket))
	first := sort.Search(int(last), func(i int) bool {
		return toTime(b.Get(number(uint64(i) + 1))).After(t)
	})
	return uint64(first)
}

// commands finds the entry of a principal's command_id.
type commands struct{}

func (commands) Name() string      { return commandsBucket }
func (commands) Buckets() []string { return []string{commandsBucket} }

func (commands) Apply(tx *Tx, e eventstore.Entry) error {
	id := e.Command.Head().CommandID
	if id == "" {
		return nil
	}
	// The first stays: a key belongs to the entry that used it first.
	tx.key = appendCommandKey(tx.key[:0], e.Principal, id)
	tx.value = binary.BigEndian.AppendUint64(tx.value[:0], e.Sequence)
	tx.Bucket(commandsBucket).Yield(tx.key, tx.value)
	return nil
}

func commandKey(principal, commandID string) []byte {
	return appendCommandKey(nil, principal, commandID)
}

func appendCommandKey(key []byte, principal, commandID string) []byte {
	return append(append(append(key, principal...), 0), commandID...)
}
