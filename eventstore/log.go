package eventstore

import (
	"context"
	"errors"
	"iter"
)

// A Message is one stored entry as the log keeps it: bytes with a place in the order.
type Message struct {
	Sequence uint64 // the stream sequence, from 1, without gaps
	Subject  string // truce.<kind>.<id>
	Payload  []byte // never re-encoded
}

// A Log keeps messages in one order for ever. Every implementation keeps the promises of package logtest.
//
// All methods may be called by any number of goroutines at once.
type Log interface {
	// Append files payload as the next message of subject, provided that subject's last message has the sequence
	// expected (0: subject has none). It returns only when the message is on disk.
	//
	// ErrConflict: subject is no longer at expected; nothing was stored.
	// ErrOutcomeUnknown: the message may or may not be stored, now or later.
	// Any other error: nothing was stored.
	Append(ctx context.Context, subject string, expected uint64, payload []byte) (sequence uint64, err error)

	// Load yields the messages of one subject with a sequence greater than after, in order. What it yields includes
	// every message that was acknowledged, by whichever node, before the call.
	Load(ctx context.Context, subject string, after uint64) iter.Seq2[Message, error]

	// Read yields the messages after the given sequence up to the newest one at the time of the call, then ends.
	Read(ctx context.Context, after uint64) iter.Seq2[Message, error]

	// Follow yields the messages after the given sequence and then every new one as it is stored, without gap or
	// repeat, until ctx ends. It survives the engine's restarts.
	Follow(ctx context.Context, after uint64) iter.Seq2[Message, error]

	// Last returns the sequence of the newest message of the log, 0 when it is empty, as the engine's leader knows it.
	Last(ctx context.Context) (uint64, error)
}

// What a Log answers besides data. Errors that wrap none of these mean that the engine failed and that nothing was stored.
var (
	// ErrConflict: another entry was stored first; decide again from the newer state.
	ErrConflict = errors.New("the record has moved on")
	// ErrOutcomeUnknown: the acknowledgement was lost. Publish the same bytes again until they are found or the record
	// has moved past their expectation; only then may a no be answered.
	ErrOutcomeUnknown = errors.New("the outcome of the append is not known")
	// ErrUnavailable: the engine cannot be reached now; nothing was sent.
	ErrUnavailable = errors.New("the log is not available")
	// ErrDisk: the engine's disk is full or cannot be written to. It comes with ErrUnavailable, and passes when there is room.
	ErrDisk = errors.New("the disk does not take entries")
	// ErrReadOnly: this log is only read; nothing was sent.
	ErrReadOnly = errors.New("the log is only read here")
	// ErrTooLarge: the payload exceeds MaxPayload; nothing was sent.
	ErrTooLarge = errors.New("the entry is too large")
)

// MaxPayload is the largest entry in bytes: the most that C2SP tlog-tiles entry bundles can carry.
const MaxPayload = 65_535
