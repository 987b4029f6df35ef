package projections

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"truceledger/eventstore"
)

// retryPause is how long the runner waits before it tries again what a full disk or a lost engine prevented.
const retryPause = time.Second

// Start follows the log until ctx ends or Close is called. It returns at once.
func (p *Projections) Start(ctx context.Context) {
	p.running.Go(func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(p.life, cancel)()
		p.run(ctx)
	})
}

// run follows the log. What cannot be helped stops it: then the answers stay as they are, and State says why.
func (p *Projections) run(ctx context.Context) {
	for ctx.Err() == nil {
		serving := p.serving()
		err := p.follow(ctx)
		var cannotRead *unreadable
		switch {
		case ctx.Err() != nil:
			return
		case errors.As(err, &cannotRead):
			p.stop(err)
			return
		case errors.Is(err, errDamaged), isClosed(err):
			err = p.refill(serving, err)
		}
		if err != nil && !errors.Is(err, errInterrupted) {
			p.hold(err)
			select {
			case <-time.After(retryPause):
			case <-ctx.Done():
			}
		}
	}
}

// follow applies what the log holds after the checkpoint, and what comes, until something fails.
func (p *Projections) follow(ctx context.Context) error {
	after, err := p.serving().checkpoint()
	if err != nil {
		return err
	}
	if err := p.aim(ctx, after); err != nil {
		return err
	}
	ctx, cancel := p.interruptible(ctx)
	defer cancel()
	chunks := make(chan *chunk, chunksAhead)
	p.running.Go(func() {
		defer close(chunks)
		for c := range decoded(ctx, p.o.LedgerID, p.o.Decode, p.followed(after)) {
			select {
			case chunks <- c:
			case <-ctx.Done():
				return
			}
		}
	})
	defer func() { // before the log is followed again, nobody may still be following it
		cancel()
		for range chunks {
		}
	}()
	var g gathering
	for first := range chunks {
		batch, failed := p.together(first, chunks, g)
		began := time.Now()
		if err := p.apply(batch); err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
		g = gatherAfter(began, time.Now(), len(batch))
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	return errors.New("the log ended")
}

var errInterrupted = errors.New("the runner is to begin again")

func (p *Projections) interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.interrupt = cancel
	return ctx, cancel
}

func (p *Projections) followed(after uint64) func(context.Context) iter.Seq2[eventstore.Message, error] {
	return func(ctx context.Context) iter.Seq2[eventstore.Message, error] { return p.o.Log.Follow(ctx, after) }
}

// pace is how long a transaction gathers entries, counted from the last one's end, so that a ledger that is written to all
// the time does not wait for the disk twice as often. On an idle ledger nothing waits.
const pace = 5 * time.Millisecond

// While many entries come, a transaction gathers for longer, unless somebody waits to read what is in it: a row costs the
// less the more of them share their pages. It gathers for so many times what the last one took, and so leaves the machine
// to those who write.
const (
	many     = 50 // entries of a transaction
	leisure  = 6
	mostPace = 500 * time.Millisecond
)

// A gathering says until when a transaction gathers entries.
type gathering struct {
	due  time.Time // not before, where somebody waits
	late time.Time // where nobody does
}

func gatherAfter(began, ended time.Time, entries int) gathering {
	g := gathering{due: ended.Add(pace), late: ended.Add(pace)}
	if entries >= many {
		g.late = ended.Add(min(max(pace, leisure*ended.Sub(began)), mostPace))
	}
	return g
}

// together joins the chunks that are there already, or come in time, to one batch. It tells the ledger of the entries as
// they come: a decision must not have to wait for a disk that only the answers need. A crash before they are committed is
// harmless: the ledger's memory is gone with the process, and the entries come again after the checkpoint.
func (p *Projections) together(first *chunk, more <-chan *chunk, g gathering) (batch []eventstore.Entry, failed error) {
	until := g.late
	if p.awaited() {
		until = g.due
	}
	timer := time.NewTimer(time.Until(until)) // in the past: fires at once
	defer timer.Stop()
	bytes := 0
	for c := first; ; {
		p.observe(c.entries)
		batch, failed = append(batch, c.entries...), c.err
		for _, e := range c.entries {
			bytes += len(e.Payload)
		}
		if failed != nil || len(batch) >= batchEntries || bytes >= batchBytes {
			return batch, failed
		}
		if c = p.next(more, timer, g.due); c == nil {
			return batch, nil
		}
	}
}

// next returns a chunk that is there or comes before the timer, nil for none. Somebody who begins to wait for an entry brings the timer
// forward.
func (p *Projections) next(more <-chan *chunk, timer *time.Timer, due time.Time) *chunk {
	for {
		select {
		case c := <-more:
			return c
		case <-p.hurry:
			timer.Reset(time.Until(due))
		case <-timer.C:
			timer.Reset(0) // what is there already is taken along, until nothing is
			select {
			case c := <-more:
				return c
			default:
				return nil
			}
		}
	}
}

// hasten lets the runner gather no longer than it must.
func (p *Projections) hasten() {
	select {
	case p.hurry <- struct{}{}:
	default: // it knows
	}
}

// awaited reports whether somebody has begun to wait for an entry since it was last asked.
func (p *Projections) awaited() bool {
	select {
	case <-p.hurry:
		return true
	default:
		return false
	}
}

func (p *Projections) observe(entries []eventstore.Entry) {
	if p.o.Observe == nil {
		return
	}
	for _, e := range entries {
		p.o.Observe(e)
	}
}

// apply commits a batch.
func (p *Projections) apply(batch []eventstore.Entry) error {
	if len(batch) == 0 {
		return nil
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	if err := p.serving().apply(batch); err != nil {
		return err
	}
	p.reached(batch)
	if p.o.Committed != nil {
		p.o.Committed()
	}
	return nil
}

// apply commits a batch. What the file holds already is passed over, so that a batch may come twice.
func (s *store) apply(batch []eventstore.Entry) error {
	return s.update(applying(batch))
}

func applying(batch []eventstore.Entry) func(tx *Tx) (uint64, error) {
	return func(tx *Tx) (uint64, error) {
		at := tx.checkpoint
		for _, e := range batch {
			if e.Sequence <= at {
				continue
			}
			if e.Sequence != at+1 {
				return 0, fmt.Errorf("entry %d came after %d: the log has a gap", e.Sequence, at)
			}
			if err := applyAll(tx, e); err != nil {
				return 0, fmt.Errorf("apply entry %d: %w", e.Sequence, err)
			}
			at = e.Sequence
		}
		return at, nil
	}
}

// refill puts an empty file in the place of one that turned out to be damaged. Until it has caught up there are no answers.
func (p *Projections) refill(old *store, reason error) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	if p.serving() != old {
		return nil
	}
	p.o.Logger.Error("projections are refilled", "reason", reason)
	path := old.path
	p.unready(reason)
	_ = old.close() // it waits for the questions that are being answered
	if err := moveAside(path); err != nil {
		return err
	}
	fresh, err := createStore(path, p.o.LedgerID, false)
	if err != nil {
		return err
	}
	p.store.Store(fresh)
	return nil
}
