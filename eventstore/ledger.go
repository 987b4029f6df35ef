package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"truceledger/domain"
	"truceledger/eventstore/proof/signed"
)

// ErrClosed says that the ledger is closed, and that nothing was stored.
var ErrClosed = errors.New("the ledger is closed")

// Options say how a ledger is opened. The zero Options are good for most.
type Options struct {
	// Zone is the zone of dates that are stated without one, for a ledger that this call opens; by default UTC. A ledger
	// that exists keeps its own.
	Zone string
	// Clock is where recorded_at comes from; by default time.Now.
	Clock func() time.Time
	// Logger is told what an operator should know; by default slog.Default.
	Logger *slog.Logger
	// Principal stands in entries that nobody was authenticated for; by default "ledger".
	Principal string
	// FindCommand looks a command up by its key in the index of the read models, so that a key that was used for another
	// record is refused. Without it that is not noticed.
	FindCommand func(ctx context.Context, principal, commandID string) (sequence uint64, found bool)
	// Recall yields what is kept of a record beside the log: its messages after a sequence, in order and without a gap, as far as
	// they are known there, which need not be all. Only what comes after them is then read from the log. Without it all of a
	// record is that is not in the cache, which on a large log means a block of the engine's for nearly every entry.
	Recall func(r domain.Ref, after uint64) iter.Seq2[Message, error]
	// Signatures says which commands must be signed by their actors' keys. Where the record says otherwise, Open puts the
	// change on it; "" leaves it as it is.
	Signatures Signatures
	// FirstSignatures is the policy of a ledger on whose record no policy stands yet, where Signatures is "".
	FirstSignatures Signatures
	// CheckSeen says whether the head that a signer has seen belongs to this log. Without it only an auditor looks.
	CheckSeen func(ctx context.Context, seen signed.Seen) error
	// Material is what lies beside the log. Without it nobody checks that what a command names is there.
	Material Material
	// LeaderTime reads the clock of whoever orders the log. Where it is more than two seconds from Clock, nothing is
	// written. Without it there is one clock only.
	LeaderTime func(ctx context.Context) (time.Time, error)
	// OwnReader makes the ledger follow the log by itself. Without it whoever follows the log must call Observe.
	OwnReader bool
	// MaxWaiting is how many commands may be under way in all, 10,000 by default.
	MaxWaiting int
	// MaxPerRecord is how many commands may wait for one record, 64 by default.
	MaxPerRecord int
	// CacheBytes bounds the folded records that are kept in memory, 192 MiB by default.
	CacheBytes int
}

func (o Options) withDefaults() Options {
	setDefault(&o.Zone, "UTC")
	setDefault(&o.Principal, "ledger")
	setDefault(&o.Logger, slog.Default())
	setDefault(&o.MaxWaiting, 10_000)
	setDefault(&o.MaxPerRecord, 64)
	setDefault(&o.CacheBytes, 192<<20)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var unset T
	if *field == unset {
		*field = value
	}
}

// A Ledger puts commands on the record: it decides them by the rules of the domain and appends what follows to a log.
// Any number of ledgers, in any number of processes, may work on one log. All methods may be called by any number of
// goroutines at once.
type Ledger struct {
	log     Log
	options Options
	opened  LedgerOpened

	turns    *turns
	cache    *cache
	position *position
	recent   recent
	// deciding bounds how many commands are decided at the same moment. Were it all that come, each message of a batch, which
	// passes through several goroutines of the engine, would wait for a processor behind all of them each time.
	deciding chan struct{}

	life    context.Context // ends with Close
	end     context.CancelCauseFunc
	running sync.WaitGroup // the own reader, and the settling of unknown outcomes

	mu         sync.Mutex
	stopped    error    // why this node writes no more, nil while it does
	clockOff   error    // why it writes nothing until its clock is mended
	signatures policies // that ever were in force, up to what this node has read
}

// Open opens the ledger that log holds, and begins one where log is empty. ErrNotALedger: the log begins with something
// else. A ledger of a newer format opens for reading; Execute answers ErrNewerFormat.
func Open(ctx context.Context, log Log, o Options) (*Ledger, error) {
	o = o.withDefaults()
	own, err := open(ctx, log, o)
	if err != nil {
		return nil, err
	}
	l := &Ledger{log: log, options: o, opened: own.opened}
	if own.format <= Format { // what a newer program has begun is left alone
		if err := l.declare(ctx, own); err != nil {
			return nil, err
		}
	}
	// Nothing is cached yet, and what is loaded from now on holds every entry up to here.
	last, err := log.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	if own, err = readGenesis(ctx, log); err != nil { // with what came in meanwhile, which nobody will observe
		return nil, err
	}
	l.signatures = own.policies
	l.turns, l.cache, l.position = newTurns(o.MaxPerRecord, o.MaxWaiting), newCache(o.CacheBytes), newPosition(last)
	l.deciding = make(chan struct{}, 2*runtime.GOMAXPROCS(0)) // twice: some wait for what they must know of other records
	l.life, l.end = context.WithCancelCause(context.WithoutCancel(ctx))
	l.meetFormat(own.format)
	if o.LeaderTime != nil {
		l.checkClock(ctx)
		l.begin(l.watchClock)
	}
	if o.OwnReader {
		l.begin(func() { l.follow(last) })
	}
	return l, nil
}

// ID is the ledger's id: 26 characters, made at random when the ledger was opened for the first time.
func (l *Ledger) ID() string { return l.opened.Ledger }

// Zone is the zone of dates that are stated without one.
func (l *Ledger) Zone() string { return l.opened.Zone }

// Position is the sequence up to which this node has read the log, or written it.
func (l *Ledger) Position() uint64 {
	l.position.mu.Lock()
	defer l.position.mu.Unlock()
	return l.position.reached
}

// Waiting is how many commands are under way: being decided or stored, or waiting for their turn. At Options.MaxWaiting the next
// one is refused with ErrQueueFull.
func (l *Ledger) Waiting() int { return l.turns.waiting() }

// Stopped returns why this node writes nothing, nil while it does. With ErrClock that passes.
func (l *Ledger) Stopped() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped != nil {
		return l.stopped
	}
	return l.clockOff
}

// writable returns why nothing can be written, nil where something can.
func (l *Ledger) writable() error {
	if l.life.Err() != nil {
		return ErrClosed
	}
	return l.Stopped()
}

// Stop makes every later Execute fail with reason. The first reason stays.
func (l *Ledger) Stop(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped == nil {
		l.stopped = reason
		l.options.Logger.Error("the ledger writes no more", "reason", reason)
	}
}

// Observe tells the ledger of an entry of the log. Whoever follows the log calls it for every entry, in order; it never
// waits for a command.
func (l *Ledger) Observe(e Entry) {
	if l.position.skips(e.Sequence) {
		l.cache.clear() // what the skipped entries changed is not known
	}
	l.follows(e)
	l.position.observe(e.Sequence)
	if e.Ref == genesis {
		l.mu.Lock()
		l.signatures = l.signatures.meet(e)
		l.mu.Unlock()
	}
	if raised, ok := e.Events[0].(FormatRaised); ok {
		l.meetFormat(raised.Format)
	}
}

// Close ends the own reader and the settling of unknown outcomes, and waits for them. Commands under way are answered.
func (l *Ledger) Close() error {
	l.mu.Lock()
	l.end(ErrClosed)
	l.mu.Unlock()
	l.running.Wait()
	return nil
}

// begin runs f beside, unless the ledger is closed.
func (l *Ledger) begin(f func()) (begun bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life.Err() != nil {
		return false // Close may have stopped waiting
	}
	l.running.Go(f)
	return true
}

// meetFormat stops writing where the log has a newer form than this program writes: the entries that it would append
// might not mean what the others take them to mean.
func (l *Ledger) meetFormat(format int) {
	if format > Format {
		l.Stop(fmt.Errorf("%w: format %d, this program knows %d", ErrNewerFormat, format, Format))
	}
}

// follow observes the log after the given sequence until the ledger is closed.
func (l *Ledger) follow(after uint64) {
	for try := 0; l.life.Err() == nil; try++ {
		for m, err := range l.log.Follow(l.life, after) {
			if err != nil {
				l.options.Logger.Warn("the log cannot be followed; trying again", "after", after, "err", err)
				break
			}
			e, err := l.Decode(m)
			if err != nil {
				l.Stop(err) // nobody may decide from a history that cannot be read in full
				return
			}
			l.Observe(e)
			after, try = m.Sequence, 0
		}
		_ = pause(l.life, try)
	}
}

// microseconds is t as entries record it: UTC, whole microseconds.
func microseconds(t time.Time) time.Time { return t.Round(0).UTC().Truncate(time.Microsecond) }
