package eventstore

import (
	"bytes"
	"sync/atomic"
)

// recent keeps the entries that this node has just appended, decoded, until the reader meets them: reading one's own bytes
// a second time would take a third of the machine while many write. It is bounded by its size: a reader that is further
// behind decodes for itself.
type recent [2048]atomic.Pointer[Entry]

func (r *recent) put(e Entry) { r[e.Sequence%uint64(len(r))].Store(&e) }

// take returns the entry of a message, once; only if it is the very same bytes, so that nothing is believed of the log
// that the log does not say.
func (r *recent) take(m Message) (Entry, bool) {
	slot := &r[m.Sequence%uint64(len(r))]
	e := slot.Load()
	if e == nil || e.Sequence != m.Sequence || !bytes.Equal(e.Payload, m.Payload) || Subject(e.Ref) != m.Subject {
		return Entry{}, false
	}
	slot.CompareAndSwap(e, nil)
	return *e, true
}

// Decode reads a message of this ledger like the function Decode, and faster where this node has just appended it. What it
// returns is shared.
func (l *Ledger) Decode(m Message) (Entry, error) {
	if e, ok := l.recent.take(m); ok {
		return e, nil
	}
	return l.decode(m)
}
