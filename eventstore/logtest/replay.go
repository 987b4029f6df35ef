package logtest

import (
	"context"

	"truceledger/eventstore"
)

// Replay decides a log that is held in memory again, from its first entry on, and returns the failure of the earliest entry
// that does not follow.
func Replay(ctx context.Context, payloads [][]byte, cacheBytes int) error {
	held := &past{payloads: payloads}
	r := eventstore.NewReplay(held, cacheBytes)
	var found error
	for i, p := range payloads {
		n := uint64(i + 1)
		h, err := r.Heading(n, p)
		if err != nil {
			payloads, found = payloads[:i], err
			break
		}
		held.before = append(held.before, r.Meet(h))
		e, err := eventstore.ReadPayload(n, p)
		if err != nil {
			payloads, found = payloads[:i], err
			break
		}
		r.Follow(e)
	}
	course := r.Course()
	for i, p := range payloads {
		e, err := eventstore.ReadPayload(uint64(i+1), p)
		if err == nil {
			err = course.Next(ctx, &e)
		}
		if err != nil {
			return err
		}
	}
	return found
}

// A past is a log in memory.
type past struct {
	payloads [][]byte
	before   []uint64
}

func (p *past) Payload(sequence uint64) ([]byte, error) { return p.payloads[sequence-1], nil }
func (p *past) Before(sequence uint64) (uint64, error)  { return p.before[sequence-1], nil }
