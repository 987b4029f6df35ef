package projections

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"truceledger/eventstore"
)

// ErrNotReady says that the read models are being filled: there is no answer yet, rather than one from half the log.
var ErrNotReady = errors.New("the read models are being filled from the log; try again in a moment")

// Options say what is projected, and where to.
type Options struct {
	Dir      string // the folder that holds the file; made if missing
	Log      eventstore.Log
	LedgerID string
	Zone     string // the ledger's, in which imprecise days are counted; UTC when empty
	// Observe is told of every entry that is read, in order and before it is committed: the ledger's own Observe. After an
	// error an entry may come again.
	Observe func(eventstore.Entry)
	// Decode reads what the log holds while it is followed: the ledger's own, which remembers what it has just written.
	// eventstore.Decode when nil.
	Decode func(eventstore.Message) (eventstore.Entry, error)
	// Committed is called after each commit, and must not wait: a head may be signed over what is on disk now.
	Committed func()
	// Stopped is called when an entry cannot be read and nothing after it is applied any more: then nothing may be decided either.
	Stopped func(reason error)
	Logger  *slog.Logger
	Now     func() time.Time // the clock of questions that set no effective time; time.Now when nil
	// CacheBytes bounds the decoded records that are kept in memory, 128 MiB by default.
	CacheBytes int
}

func (o Options) withDefaults() Options {
	if o.Zone == "" {
		o.Zone = "UTC"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Decode == nil {
		o.Decode = eventstore.Decode
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 128 << 20
	}
	return o
}

// Projections are the read models of one ledger. All methods may be called by any number of goroutines at once.
type Projections struct {
	*Queries
	o     Options
	store atomic.Pointer[store]
	reads atomic.Int64 // entries that were read since the file's pages were let go of

	life    context.Context // ends with Close
	end     context.CancelFunc
	running sync.WaitGroup

	writing sync.Mutex // one batch, or the swap of the file, at a time
	rebuild sync.Mutex // one rebuild at a time

	mu      sync.Mutex
	applied uint64
	goal    uint64 // what the log held when it was last asked for that
	ready   bool   // it has caught up once with the file that serves
	problem error  // why it does not go on, nil while it does
	stopped bool   // and will not
	moved   chan struct{}
	hurry   chan struct{} // holds something when somebody has begun to wait for an entry

	interrupt context.CancelFunc // makes the runner begin again from the checkpoint; nil while it does not run
}

// Open opens the file in o.Dir, or makes an empty one where there is none that can be trusted. A file that was not closed in
// good order is checked first, all of it, which takes about a second for a gigabyte; a refill from the log would take ten
// times as long. One that was is checked while it serves.
func Open(ctx context.Context, o Options) (*Projections, error) {
	o = o.withDefaults()
	if o.Log == nil || o.LedgerID == "" || o.Dir == "" {
		return nil, errors.New("projections need a folder, a log and the ledger's id")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("projections' folder: %w", err)
	}
	if err := removeLeftovers(o.Dir); err != nil {
		return nil, err
	}
	p := &Projections{o: o, moved: make(chan struct{}), hurry: make(chan struct{}, 1)}
	path, _, err := served(o.Dir)
	if err != nil {
		return nil, err
	}
	intact := unseal(path)
	s, err := p.openOrCreate(ctx, path, intact)
	if err != nil {
		return nil, err
	}
	removeOld(s.path)
	p.store.Store(s)
	if p.applied, err = s.checkpoint(); err != nil {
		_ = s.close()
		return nil, err
	}
	p.life, p.end = context.WithCancel(context.WithoutCancel(ctx))
	p.Queries = newQueries(p)
	if intact {
		p.running.Go(func() { p.checkBehind(s) })
	}
	return p, nil
}

// openOrCreate returns the file, or an empty one. A file that stands at a sequence that the log does not have is of another
// history: a log that was restored from a backup, for example.
func (p *Projections) openOrCreate(ctx context.Context, path string, intact bool) (*store, error) {
	started := time.Now()
	s, err := openStore(ctx, path, p.o.LedgerID, intact)
	if err == nil {
		err = p.follows(ctx, s)
	}
	switch {
	case err == nil:
		p.o.Logger.Debug("projections' file checked", "path", path, "took", time.Since(started))
		return s, nil
	case !errors.Is(err, errDamaged) && !errors.Is(err, errOutdated):
		return nil, err
	}
	level := slog.LevelWarn
	if _, missing := os.Stat(path); errors.Is(missing, fs.ErrNotExist) {
		level = slog.LevelDebug // a first start has none
	}
	p.o.Logger.Log(ctx, level, "projections are filled from the log", "reason", err)
	if err := moveAside(path); err != nil {
		return nil, fmt.Errorf("projections' file: %w", err)
	}
	return createStore(path, p.o.LedgerID, false)
}

// follows compares the newest entry of the file with the log's own: the file of another history would go unnoticed.
func (p *Projections) follows(ctx context.Context, s *store) error {
	err := p.compare(ctx, s)
	if err != nil {
		_ = s.close()
	}
	return err
}

func (p *Projections) compare(ctx context.Context, s *store) error {
	at, err := s.checkpoint()
	if err != nil || at == 0 {
		return err
	}
	last, err := p.o.Log.Last(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("projections: %w", err)
	case last < at:
		return fmt.Errorf("%w: it stands at entry %d, the log ends at %d", errOutdated, at, last)
	}
	for m, err := range p.o.Log.Read(ctx, at-1) {
		if err != nil {
			return fmt.Errorf("projections: %w", err)
		}
		return s.view(func(tx *bbolt.Tx) error {
			if string(tx.Bucket([]byte(entriesBucket)).Get(number(at))) != string(m.Payload) {
				return fmt.Errorf("%w: the log has another entry %d", errOutdated, at)
			}
			return nil
		})
	}
	return nil
}

// Close stops following the log, waits for the batch under way, and closes the file when every question is answered.
func (p *Projections) Close() error {
	p.end()
	p.running.Wait()
	p.rebuild.Lock() // a rebuild ends with the life of the projections
	defer p.rebuild.Unlock()
	s := p.serving()
	if err := s.close(); err != nil {
		return err
	}
	seal(s.path)
	return nil
}

func (p *Projections) serving() *store { return p.store.Load() }

// A State is how the projections are doing.
type State struct {
	Applied uint64 // the newest entry that answers know of
	Ready   bool   // the file had caught up with the log as it was at the start, or with all of it that can be read
	Problem error  // why entries are not applied at the moment, nil while they are
	Stopped bool   // it will not mend by itself: an entry of the log cannot be read
}

// State returns how the projections are doing.
func (p *Projections) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return State{Applied: p.applied, Ready: p.ready, Problem: p.problem, Stopped: p.stopped}
}

// Ready reports whether the projections have caught up with what the log held when they were started.
func (p *Projections) Ready() bool { return p.State().Ready }

// Lag returns how many entries of the log the projections have not applied.
func (p *Projections) Lag(ctx context.Context) (uint64, error) {
	last, err := p.o.Log.Last(ctx)
	if err != nil {
		return 0, fmt.Errorf("projections' lag: %w", err)
	}
	return last - min(last, p.State().Applied), nil
}

// aim notes how far the log goes now: from there on the projections count as ready.
func (p *Projections) aim(ctx context.Context, at uint64) error {
	last, err := p.o.Log.Last(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.goal, p.applied = last, at
	p.ready = p.ready || at >= last
	return nil
}

// reached notes that a batch is committed, and wakes those who wait for it.
func (p *Projections) reached(batch []eventstore.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applied = max(p.applied, batch[len(batch)-1].Sequence)
	p.ready = p.ready || p.applied >= p.goal
	p.problem = nil
	p.wake()
}

// wake tells those who wait that something is different now. p.mu is held.
func (p *Projections) wake() {
	close(p.moved)
	p.moved = make(chan struct{})
}

func (p *Projections) unready(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applied, p.ready, p.problem = 0, false, reason
	p.wake()
}

// hold notes why nothing is applied at the moment.
func (p *Projections) hold(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problem = reason
	p.o.Logger.Warn("projections wait", "applied", p.applied, "reason", reason)
}

// stop notes why nothing more is applied. Answers go on, after a restart too, and say as of which entry they are.
func (p *Projections) stop(reason error) {
	if p.o.Stopped != nil {
		p.o.Stopped(reason)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problem, p.stopped, p.ready = reason, true, true
	p.wake()
	p.o.Logger.Error("a message of the log is no entry that this program can read: the answers stay as of the entry before it; "+
		"either somebody else can write to the stream, or this program is too old", "applied", p.applied, "reason", reason)
}

// FindCommand returns the entry that a principal's command_id stands in: the index that the ledger asks.
func (p *Projections) FindCommand(_ context.Context, principal, commandID string) (sequence uint64, found bool) {
	err := p.view(func(tx *bbolt.Tx) error {
		sequence = toNumber(tx.Bucket([]byte(commandsBucket)).Get(commandKey(principal, commandID)))
		return nil
	})
	return sequence, err == nil && sequence != 0
}

// view runs fn on a snapshot of the serving file. Where the file is swapped meanwhile, it runs on the new one.
func (p *Projections) view(fn func(tx *bbolt.Tx) error) error {
	for {
		s := p.serving()
		err := s.view(fn)
		if isClosed(err) && p.serving() != s {
			continue
		}
		switch {
		case isClosed(err):
			return ErrNotReady
		case errors.Is(err, errDamaged):
			p.running.Go(func() { p.distrust(s, err) })
			return ErrNotReady
		}
		return err
	}
}

// distrust refills the file in which a question met a broken page, unless that has been done meanwhile.
func (p *Projections) distrust(s *store, reason error) {
	if p.life.Err() == nil {
		if err := p.refill(s, reason); err != nil {
			p.hold(err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.interrupt != nil {
		p.interrupt() // the runner begins again, from the checkpoint of what serves now
	}
}
