package projections

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"truceledger/eventstore"
)

// near is how few entries may be missing from a rebuilt file when the runner is made to wait for the rest.
const near = 1_000

// Rebuild fills a new file from the first entry on, beside the one that serves, and then swaps them. Questions go on being
// answered, from the old file until the swap; those under way finish on it. progress, if not nil, is told how far it is.
//
// A crash during the fill leaves a file that the next start removes; a crash after the swap finds the new one.
func (p *Projections) Rebuild(ctx context.Context, progress func(done, of uint64)) error {
	p.rebuild.Lock()
	defer p.rebuild.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.life, cancel)()
	fresh, err := createStore(filepath.Join(p.o.Dir, fileName+freshSuffix), p.o.LedgerID, true)
	if err != nil {
		return err
	}
	err = p.catchUp(ctx, fresh, progress)
	if err == nil {
		err = p.swap(ctx, fresh)
	}
	if err != nil {
		_ = fresh.close()
		_ = os.Remove(fresh.path)
		return fmt.Errorf("rebuild: %w", err)
	}
	return nil
}

// catchUp fills a file until it is near the newest entry.
func (p *Projections) catchUp(ctx context.Context, fresh *store, progress func(done, of uint64)) error {
	for at := uint64(0); ; {
		last, err := p.o.Log.Last(ctx)
		if err != nil {
			return err
		}
		told := func(n uint64) {
			if progress != nil {
				progress(n, max(n, last))
			}
		}
		if at, err = fill(ctx, p.o, fresh, at, last, told); err != nil || last < at+near {
			return err
		}
	}
}

// fill applies the entries after at, up to and with to, and returns how far it came. It tells after each transaction.
func fill(ctx context.Context, o Options, s *store, at, to uint64, told func(uint64)) (uint64, error) {
	var batch []eventstore.Entry
	bytes := 0
	commit := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := s.apply(batch)
		if err == nil {
			at = batch[len(batch)-1].Sequence
			told(at)
		}
		batch, bytes = batch[:0], 0
		return err
	}
	for c := range decoded(ctx, o.LedgerID, readBetween(o.Log, at, to)) {
		for _, e := range c.entries {
			bytes += len(e.Payload)
		}
		if batch = append(batch, c.entries...); len(batch) >= batchEntries || bytes >= batchBytes {
			if err := commit(); err != nil {
				return at, err
			}
		}
		if c.err != nil {
			return at, c.err
		}
	}
	if err := commit(); err != nil {
		return at, err
	}
	if at < to {
		return at, fmt.Errorf("the log ended at %d, before %d: %w", at, to, context.Cause(ctx))
	}
	return at, nil
}

// readBetween yields the messages after the one sequence, up to and with the other.
func readBetween(log eventstore.Log, after, to uint64) func(context.Context) iter.Seq2[eventstore.Message, error] {
	return func(ctx context.Context) iter.Seq2[eventstore.Message, error] {
		return func(yield func(eventstore.Message, error) bool) {
			if after >= to {
				return
			}
			for m, err := range log.Read(ctx, after) {
				if err == nil && m.Sequence > to || !yield(m, err) || m.Sequence == to {
					return
				}
			}
		}
	}
}

// swap brings the new file up to the serving one while the runner waits, and lets it serve.
func (p *Projections) swap(ctx context.Context, fresh *store) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	old := p.serving()
	at, err := fresh.checkpoint()
	if err != nil {
		return err
	}
	to := max(at, p.State().Applied)
	if _, err := fill(ctx, p.o, fresh, at, to, func(uint64) {}); err != nil {
		return err
	}
	if err := fresh.settle(filepath.Join(p.o.Dir, fileName)); err != nil {
		return err
	}
	p.store.Store(fresh)
	p.swapped(to)
	_ = old.close() // waits for the questions under way; its name is gone already
	return nil
}

// settle makes a file that was filled without waiting for the disk last, under the name that a start looks for.
func (s *store) settle(path string) error {
	if err := s.db.Sync(); err != nil {
		return err
	}
	s.db.NoSync, s.db.NoGrowSync = false, false // from here on every commit is on disk
	if err := os.Rename(s.path, path); err != nil {
		return err
	}
	s.path = path
	return syncDir(filepath.Dir(path)) // without it a crash could bring the old file back: harmless, it would be caught up
}

// swapped notes that the file that serves stands at n.
func (p *Projections) swapped(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applied = n
	p.ready = p.ready || n >= p.goal
	p.wake()
}
