package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"truceledger/eventstore"
)

const (
	// few is how many messages are published plainly, each with a flush of its own: a batch costs about as much as so many
	// flushes before it stores anything, so below that it would only add latency.
	few = 20
	// batchMessages and batchBytes bound one batch. The server takes 1,000 messages; the bytes bound how long everybody
	// else waits for one flush.
	batchMessages = 1000
	batchBytes    = 1 << 20
	// mostPatience bounds the wait for the others of a crowd: see committer.crowd.
	mostPatience = 25 * time.Millisecond
	// mostQueued bounds those who wait for the next flush. The ledger lets in as many.
	mostQueued = 10_000
)

// A committer shares one flush between all who wait for one: what queued while the last flush ran goes out as one atomic
// batch. While hardly anybody writes each message is published by itself, at once.
//
// It has no goroutine of its own: whoever ends the last flush begins the next one.
type committer struct {
	single  *publisher
	send    func(ctx context.Context, batch []*waiting) (last uint64, err error) // one attempt at an atomic batch
	moved   func(ctx context.Context, batch []*waiting) (map[*waiting]uint64, error)
	timeout time.Duration

	mu       sync.Mutex
	queue    []*waiting // in the order in which they came
	plain    int        // published by themselves right now
	flushing bool       // a batch is under way

	// crowd is how many wrote at once when last a batch was sent, 0 while hardly anybody does. The callers of a batch come
	// back one after the other: were the first of them published by themselves, or the next batch begun with a few, each
	// would cost a flush of its own and all the others would wait for it. So half of a crowd is waited for, but no longer
	// than half of what the last flush took.
	//
	// Where those whom the last flush answered came back sooner than that, all are waited for: on a slow disk two halves of a
	// crowd would only wait for each other's flush, and each entry cost twice as many.
	crowd    int
	patience time.Duration
	ended    time.Time     // when the last flush did
	waits    *time.Timer   // for the crowd; nil while nobody does
	answered int           // whom the last flush answered
	back     int           // who came since
	returned time.Duration // how long it took until nearly all of them were back; 0 as long as they are not
	whole    int           // how many to wait for where they come back soon; 0 where they do not
}

// nearly is the part of a crowd that counts as all of it: one that is gone must not be waited for by all others.
func nearly(crowd int) int { return crowd * 9 / 10 }

// A waiting is a message in the queue, or on its way in a batch.
type waiting struct {
	draft
	answered chan struct{}
	sequence uint64
	err      error
}

func (w *waiting) answer(sequence uint64, err error) {
	w.sequence, w.err = sequence, err
	close(w.answered)
}

func (c *committer) append(ctx context.Context, m draft) (uint64, error) {
	w, err := c.join(m)
	switch {
	case err != nil:
		return 0, err
	case w == nil:
		defer c.landed()
		return c.single.append(ctx, m)
	}
	select {
	case <-w.answered:
		return w.sequence, w.err
	case <-ctx.Done():
		return c.leave(ctx, w)
	}
}

// join lets the message go by itself (nil), or queues it up.
func (c *committer) join(m draft) (*waiting, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) >= mostQueued {
		return nil, eventstore.ErrQueueFull
	}
	if c.crowd > 0 && !c.flushing && len(c.queue) == 0 && time.Since(c.ended) > c.patience {
		c.crowd, c.whole = 0, 0 // it has gone home
	}
	if !c.flushing && len(c.queue) == 0 && c.plain < few && c.crowd == 0 {
		c.plain++
		return nil, nil
	}
	w := &waiting{draft: m, answered: make(chan struct{})}
	c.queue = append(c.queue, w)
	if c.back++; c.returned == 0 && c.answered > 0 && c.back >= nearly(c.answered) {
		c.returned = max(1, time.Since(c.ended))
	}
	c.next()
	return w, nil
}

// leave gives up waiting. What was not sent yet is taken out of the queue, so that it cannot land later.
func (c *committer) leave(ctx context.Context, w *waiting) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.queue {
		if other == w {
			c.queue = append(c.queue[:i:i], c.queue[i+1:]...)
			return 0, fmt.Errorf("%w: waiting for a flush: %w", eventstore.ErrUnavailable, ctx.Err())
		}
	}
	select {
	case <-w.answered: // at the same moment
		return w.sequence, w.err
	default:
		return 0, fmt.Errorf("%w: %w", eventstore.ErrOutcomeUnknown, ctx.Err())
	}
}

// landed ends a message that went by itself.
func (c *committer) landed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plain--
	c.next()
}

// next begins the next flush, if the last one has ended and there is enough for one. c.mu is held.
func (c *committer) next() {
	switch {
	case c.flushing || c.plain > 0 || len(c.queue) == 0:
	case len(c.queue) >= max(c.crowd/2, c.whole):
		c.begin()
	case c.waits == nil:
		c.waits = time.AfterFunc(c.patience, c.waited)
	}
}

// waited begins a flush with those who have come.
func (c *committer) waited() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = nil
	if !c.flushing && c.plain == 0 && len(c.queue) > 0 {
		c.begin()
	}
}

// begin sends what has queued. c.mu is held.
func (c *committer) begin() {
	if c.waits != nil {
		c.waits.Stop() // if it is late already, it finds a flush under way, or one more that may begin
		c.waits = nil
	}
	batch := c.take()
	if len(batch) < few {
		c.crowd, c.whole = 0, 0
		c.plain += len(batch)
		for _, w := range batch {
			go func() {
				defer c.landed()
				c.alone(w)
			}()
		}
		return
	}
	c.flushing, c.crowd = true, max(len(batch), c.crowd*7/8)
	go func() {
		began := time.Now()
		c.flush(batch)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.landedWhole(began, len(batch))
		c.next()
	}()
}

// landedWhole ends a batch. c.mu is held.
func (c *committer) landedWhole(began time.Time, answered int) {
	soon := c.returned > 0 && c.returned < c.patience
	c.flushing, c.ended = false, time.Now()
	c.patience = min(c.ended.Sub(began)/2, mostPatience)
	if c.whole = 0; soon {
		c.whole = nearly(answered + len(c.queue))
	}
	c.answered, c.back, c.returned = answered, 0, 0
}

// take removes the next batch from the queue: first come, first served, but one message of each record, since the server
// takes no second one and a record that many write to must not crowd out the others.
func (c *committer) take() (batch []*waiting) {
	var left []*waiting
	subjects, bytes := make(map[string]bool, min(len(c.queue), batchMessages)), 0
	for i, w := range c.queue {
		size := len(w.payload) + headerBytes
		if len(batch) == batchMessages || bytes+size > batchBytes {
			left = append(left, c.queue[i:]...)
			break
		}
		if subjects[w.subject] {
			left = append(left, w)
			continue
		}
		subjects[w.subject] = true
		bytes += size
		batch = append(batch, w)
	}
	c.queue = left
	return batch
}

// alone publishes one member by itself. Its caller may be gone; the bound is the committer's own.
func (c *committer) alone(w *waiting) {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	w.answer(c.single.append(ctx, w.draft))
}

// flush answers every member of a batch. A refused batch has stored nothing and does not say whose fault it was: those
// whose record has moved are told so, the others are tried once more and then in halves.
func (c *committer) flush(batch []*waiting) {
	refused := c.try(batch)
	if refused == nil {
		return
	}
	if batch = c.drop(batch); len(batch) >= few {
		refused = c.try(batch)
	}
	if refused == nil || len(batch) == 0 {
		return
	}
	c.halve(batch)
}

func (c *committer) halve(batch []*waiting) {
	if len(batch) < few {
		var group sync.WaitGroup
		for _, w := range batch {
			group.Go(func() { c.alone(w) })
		}
		group.Wait()
		return
	}
	for _, half := range [][]*waiting{batch[:len(batch)/2], batch[len(batch)/2:]} {
		if c.try(half) != nil {
			c.halve(half)
		}
	}
}

// try sends a batch and answers its members, unless the server refused it; then the error says why and nobody is answered.
func (c *committer) try(batch []*waiting) (refused error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	var last uint64
	var err error
	for attempt, pause := 1, firstPause; ; attempt, pause = attempt+1, 2*pause {
		last, err = c.send(ctx, batch)
		if attempt == attempts || !errors.Is(err, eventstore.ErrUnavailable) || wait(ctx, pause) != nil {
			break
		}
	}
	switch {
	case err == nil:
		for i, w := range batch { // a batch is stored in one piece
			w.answer(last-uint64(len(batch)-1-i), nil)
		}
	case errors.Is(err, eventstore.ErrOutcomeUnknown), errors.Is(err, eventstore.ErrUnavailable):
		for _, w := range batch { // each caller settles its own
			w.answer(0, err)
		}
	default:
		return err
	}
	return nil
}

// drop answers the members whose record has moved, and returns the others. Where that cannot be found out all stay: the
// halves will tell.
func (c *committer) drop(batch []*waiting) (left []*waiting) {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	moved, err := c.moved(ctx, batch)
	if err != nil {
		return batch
	}
	for _, w := range batch {
		if at, ok := moved[w]; ok {
			w.answer(0, fmt.Errorf("%w: expected last sequence %d, is %d", eventstore.ErrConflict, w.expected, at))
			continue
		}
		left = append(left, w)
	}
	return left
}
