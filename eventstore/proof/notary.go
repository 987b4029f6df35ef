package proof

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// A Notary signs in the background: at most one head in each interval, however many batches were committed in it. So
// signing costs one fsync an interval, beside the entries' own.
type Notary struct {
	Keeper   *Keeper
	Interval time.Duration // 200 ms where it is 0
	// Publish is told of every head that is new, after it is on disk. It must not block for long.
	Publish func(ctx context.Context, h Head)
	// Stop is told once when the log does not fit what was signed: the ledger must write no more.
	Stop   func(error)
	Logger *slog.Logger

	once sync.Once
	wake chan struct{}
}

func (n *Notary) bell() chan struct{} {
	n.once.Do(func() { n.wake = make(chan struct{}, 1) })
	return n.wake
}

// Wake says that entries have been committed to the tree. It never waits.
func (n *Notary) Wake() {
	select {
	case n.bell() <- struct{}{}:
	default:
	}
}

// Run signs until ctx ends or the keeper is stopped.
func (n *Notary) Run(ctx context.Context) error {
	interval := n.Interval
	if interval == 0 {
		interval = 200 * time.Millisecond
	}
	var published int64
	for {
		h, err := n.Keeper.Sign(ctx)
		switch {
		case errors.Is(err, ErrDiverged):
			if n.Stop != nil {
				n.Stop(err)
			}
			return err
		case err != nil && ctx.Err() == nil && !errors.Is(err, ErrBeyond):
			n.logger().Warn("the newest entries are not signed yet; trying again", "err", err)
			n.Wake()
		case err == nil && h.Size > published:
			published = h.Size
			if n.Publish != nil {
				n.Publish(ctx, h)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(interval):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.bell():
		}
	}
}

func (n *Notary) logger() *slog.Logger {
	if n.Logger == nil {
		return slog.Default()
	}
	return n.Logger
}
