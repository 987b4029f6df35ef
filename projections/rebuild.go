package projections

import (
	"context"
	"errors"
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
// A crash during the fill leaves a file that the next start removes; a crash after the swap finds the new one and removes
// the old.
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
	p.begun(Rebuilding, 0, 0)
	defer p.over()
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
			p.went(n, last)
			if progress != nil {
				progress(n, max(n, last))
			}
		}
		if at, err = fill(ctx, p.o, fresh, at, last, told); err != nil || last < at+near {
			return err
		}
	}
}

const (
	// gatherBytes is how much memory the rows take that are gathered before they are written to a file that is being filled:
	// some 600,000.
	gatherBytes = 64 << 20
	// fillEntries is how many entries a transaction of such a file has. Each costs a few pages, since the rows are not written
	// with it; more of them at a time would only be held decoded for longer.
	fillEntries = 2_000
)

// A filling is a file that is being filled, and nobody reads yet.
type filling struct {
	*store
	at    uint64 // the newest entry that was applied
	tx    *Tx
	batch []eventstore.Entry
	bytes int // of the batch
	told  func(uint64)

	written int           // bytes of entries since the file was last sent to the disk
	sending chan struct{} // is full while it is being sent
}

// sendBytes of entries are written before the file is sent to the disk, beside the filling: were all of it left to the end, the
// disk would stand idle until then, and everything wait for it afterwards.
const sendBytes = 16 << 20

// send begins to send to the disk what was written, unless that is under way. An error shows when the file is settled.
func (f *filling) send() {
	select {
	case f.sending <- struct{}{}:
		f.written = 0
		go func() { _ = f.db.Sync(); <-f.sending }()
	default:
	}
}

// sent waits until nothing is being sent any more: the file may be closed then.
func (f *filling) sent() { f.sending <- struct{}{}; <-f.sending }

// fill applies the entries after at, up to and with to, and returns how far it came. It tells after each transaction.
func fill(ctx context.Context, o Options, s *store, at, to uint64, told func(uint64)) (uint64, error) {
	f := &filling{store: s, at: at, tx: newTx(), told: told, sending: make(chan struct{}, 1)}
	defer f.sent()
	for c := range decoded(ctx, o.LedgerID, eventstore.Decode, readBetween(o.Log, at, to)) {
		if err := f.take(c.entries); err != nil {
			return f.at, err
		}
		if c.err != nil {
			return f.at, c.err
		}
	}
	if err := f.commit(true); err != nil {
		return f.at, err
	}
	if f.at < to {
		return f.at, fmt.Errorf("the log ended at %d, before %d: %w", f.at, to, context.Cause(ctx))
	}
	return f.at, nil
}

func (f *filling) take(entries []eventstore.Entry) error {
	for _, e := range entries {
		f.bytes += len(e.Payload)
	}
	f.batch = append(f.batch, entries...)
	if len(f.batch) < fillEntries && f.bytes < batchBytes {
		return nil
	}
	return f.commit(f.tx.gathered() >= gatherBytes)
}

// commit applies the batch, and writes what is gathered where it is asked to.
func (f *filling) commit(write bool) error {
	err := f.gather(f.tx, write, applying(f.batch))
	if err == nil && len(f.batch) > 0 {
		f.at = f.batch[len(f.batch)-1].Sequence
		f.told(f.at)
	}
	if f.written += f.bytes; f.written >= sendBytes {
		f.send()
	}
	clear(f.batch)
	f.batch, f.bytes = f.batch[:0], 0
	return err
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
	next, err := fresh.settle(numbered(p.o.Dir, numberOf(old.path)+1))
	if err != nil {
		return err
	}
	p.store.Store(next)
	p.swapped(to)
	_ = old.close() // waits for the questions under way
	removeOld(next.path)
	return nil
}

// settle makes a file that was filled without waiting for the disk last, and opens it under a name that a start looks for.
// It is closed in between: Windows renames no open file.
func (s *store) settle(path string) (*store, error) {
	err := s.db.Sync()
	if err := errors.Join(err, s.close()); err != nil {
		return nil, err
	}
	if err := os.Rename(s.path, path); err != nil {
		return nil, err
	}
	next, err := openFile(path, false) // from here on every commit is on disk
	if err == nil {
		err = syncDir(filepath.Dir(path)) // without it a crash could lose the new name: harmless, the old one would be caught up
	}
	if err != nil {
		if next != nil {
			_ = next.close()
		}
		_ = os.Remove(path)
		return nil, err
	}
	return next, nil
}

// swapped notes that the file that serves stands at n.
func (p *Projections) swapped(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applied = n
	p.ready = p.ready || n >= p.goal
	p.wake()
}
