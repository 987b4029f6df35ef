package projections

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"truceledger/eventstore"
)

const (
	chunkEntries = 128       // decoded at a time by one goroutine
	chunksAhead  = 64        // decoded or being decoded while the file is written
	batchEntries = 10_000    // in one transaction at most
	batchBytes   = 64 << 20  // gathered for one transaction at most
	readAhead    = 2 * 1_024 // messages read and not yet handed to a decoder
)

// A chunk is a run of messages on its way through the decoders.
type chunk struct {
	messages []eventstore.Message
	entries  []eventstore.Entry
	err      error         // why the entry after the last of entries cannot be had
	done     chan struct{} // closed when entries and err are final
}

// An unreadable says that an entry of the log cannot be read. Nothing after it can be applied.
type unreadable struct {
	sequence uint64
	err      error
}

func (e *unreadable) Error() string {
	return fmt.Sprintf("entry %d cannot be read: %v", e.sequence, e.err)
}
func (e *unreadable) Unwrap() error { return e.err }

// decoded reads messages, decodes them in several goroutines and yields the chunks in the order of the log. It ends with the
// messages, with ctx, or with the first error, which is that of the last chunk.
func decoded(ctx context.Context, ledger string, messages func(context.Context) iter.Seq2[eventstore.Message, error]) iter.Seq[*chunk] {
	return func(yield func(*chunk) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait() // nobody may still read the log when the caller goes on
		defer cancel()
		single, ordered := make(chan received, readAhead), make(chan *chunk, chunksAhead)
		work := make(chan *chunk, chunksAhead)
		running.Go(func() { defer close(single); read(ctx, messages(ctx), single) })
		running.Go(func() { defer close(ordered); defer close(work); gather(ctx, single, work, ordered) })
		for range max(2, runtime.GOMAXPROCS(0)) {
			running.Go(func() {
				for c := range work {
					c.decode(ledger)
				}
			})
		}
		for c := range ordered {
			<-c.done
			if !yield(c) || c.err != nil {
				return
			}
		}
	}
}

type received struct {
	message eventstore.Message
	err     error
}

// read hands on what the log yields.
func read(ctx context.Context, messages iter.Seq2[eventstore.Message, error], single chan<- received) {
	for m, err := range messages {
		select {
		case single <- received{m, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// gather makes chunks of what is there: many messages while catching up, one when each comes alone.
func gather(ctx context.Context, single <-chan received, work, ordered chan<- *chunk) {
	for first := range single {
		c := &chunk{done: make(chan struct{})}
		c.take(first)
		for more := true; more && c.err == nil && len(c.messages) < chunkEntries; {
			select {
			case r, open := <-single:
				if more = open; open {
					c.take(r)
				}
			default:
				more = false
			}
		}
		select {
		case ordered <- c:
		case <-ctx.Done():
			return
		}
		work <- c // has room: no more chunks are in work than in order, and the one being waited for
	}
}

func (c *chunk) take(r received) {
	if r.err != nil {
		c.err = r.err
		return
	}
	c.messages = append(c.messages, r.message)
}

func (c *chunk) decode(ledger string) {
	defer close(c.done)
	c.entries = make([]eventstore.Entry, 0, len(c.messages))
	for _, m := range c.messages {
		e, err := eventstore.Decode(m)
		if err == nil && e.Ledger != ledger {
			err = fmt.Errorf("it is of ledger %q, not of %q", e.Ledger, ledger)
		}
		if err != nil {
			c.err = &unreadable{m.Sequence, err}
			return
		}
		c.entries = append(c.entries, e)
	}
}
