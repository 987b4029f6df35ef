package logtest

import (
	"context"

	"truceledger/eventstore"
)

// Replay decides a log that is held in memory again, from its first entry on, and returns the failure of the earliest entry
// that does not follow.
func Replay(ctx context.Context, payloads [][]byte, cacheBytes int) error {
	return Decide(ctx, payloads, cacheBytes, func(_ eventstore.Entry, err error) error { return err })
}

// Decide is Replay that asks judged what to make of each entry once it was decided, and stops at the first error.
func Decide(ctx context.Context, payloads [][]byte, cacheBytes int, judged func(eventstore.Entry, error) error) error {
	r, payloads, found := Meet(payloads, cacheBytes)
	course := r.Course()
	for i, p := range payloads {
		e, err := eventstore.ReadPayload(uint64(i+1), p)
		if err == nil {
			err = judged(e, course.Next(ctx, &e))
		}
		if err != nil {
			return err
		}
	}
	return found
}

// Meet returns a replay that has met a log, and that part of the log of which all can be read.
func Meet(payloads [][]byte, cacheBytes int) (*eventstore.Replay, [][]byte, error) {
	held := &past{payloads: payloads}
	r := eventstore.NewReplay(held, cacheBytes)
	for i, p := range payloads {
		h, err := r.Heading(uint64(i+1), p)
		if err != nil {
			return r, payloads[:i], err
		}
		e, err := eventstore.ReadPayload(uint64(i+1), p)
		if err != nil {
			return r, payloads[:i], err
		}
		held.before = append(held.before, r.Meet(h))
		r.Follow(e)
	}
	return r, payloads, nil
}

// A past is a log in memory.
type past struct {
	payloads [][]byte
	before   []uint64
}

func (p *past) Payload(sequence uint64) ([]byte, error) { return p.payloads[sequence-1], nil }
func (p *past) Before(sequence uint64) (uint64, error)  { return p.before[sequence-1], nil }
