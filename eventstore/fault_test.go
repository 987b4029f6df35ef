package eventstore_test

import (
	"context"
	"iter"

	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// A hooked log lets a test fail an Append at an exact place, and see what happens on the way. Unlike those of the memory
// log its hooks belong to one ledger of several on the same log.
type hooked struct {
	*memory.Log
	before func() error                           // its error is the answer and nothing is stored
	after  func(sequence uint64, err error) error // turns the answer of the log into another one
	load   func(subject string)                   // told of every Load
}

func (h *hooked) Append(ctx context.Context, subject string, expected uint64, payload []byte) (uint64, error) {
	if h.before != nil {
		if err := h.before(); err != nil {
			return 0, err
		}
	}
	n, err := h.Log.Append(ctx, subject, expected, payload)
	if h.after != nil {
		if err := h.after(n, err); err != nil {
			return 0, err
		}
	}
	return n, err
}

func (h *hooked) Load(ctx context.Context, subject string, after uint64) iter.Seq2[eventstore.Message, error] {
	if h.load != nil {
		h.load(subject)
	}
	return h.Log.Load(ctx, subject, after)
}
