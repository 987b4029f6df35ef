package projections

import (
	"context"
	"fmt"
	"time"

	"truceledger/eventstore"
)

// A State is how the projections are doing.
type State struct {
	Applied uint64 // the newest entry that answers know of
	Ready   bool   // the file had caught up with the log as it was at the start
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
	if !p.ready && p.long.Doing == "" {
		p.long, p.longBegan = Progress{Doing: CatchingUp, Done: at, Since: at, Of: last}, time.Now()
	}
	return nil
}

// reached notes that a batch is committed, and wakes those who wait for it.
func (p *Projections) reached(batch []eventstore.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applied = max(p.applied, batch[len(batch)-1].Sequence)
	p.ready = p.ready || p.applied >= p.goal
	p.problem = nil
	if p.long.Doing == CatchingUp {
		p.long.Done = p.applied
		if p.ready {
			p.long = Progress{}
		}
	}
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

// stop notes why nothing more is applied. Answers go on, and say as of which entry they are.
func (p *Projections) stop(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problem, p.stopped, p.ready = reason, true, true
	p.wake()
	p.o.Logger.Error("a message of the log is no entry that this program can read: the answers stay as of the entry before it; "+
		"either somebody else can write to the stream, or this program is too old", "applied", p.applied, "reason", reason)
	if p.o.Stopped != nil {
		p.o.Stopped(reason)
	}
}
