package proof

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A Notary signs in the background: at most one head in each interval, however many batches were committed in it. So
// signing costs one fsync an interval, beside the entries' own.
type Notary struct {
	Keeper   *Keeper
	Interval time.Duration // at least between two heads; where it is 0, 200 ms and twenty times as long as signing takes
	// Publish is told of every head that is new, after it is on disk. It must not block for long.
	Publish func(ctx context.Context, h Head)
	// Stop is told once when the log does not fit what was signed: the ledger must write no more.
	Stop   func(error)
	Logger *slog.Logger

	once   sync.Once
	wake   chan struct{}
	signed atomic.Int64
}

// Signed is when the newest head was signed, or found signed at the start; the zero time before that.
func (n *Notary) Signed() time.Time {
	if at := n.signed.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
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
	var published int64
	for {
		began := time.Now()
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
			n.signed.Store(time.Now().UnixNano())
			if n.Publish != nil {
				n.Publish(ctx, h)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(n.rest(time.Since(began))):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.bell():
		}
	}
}

// rest is how long to let entries gather after a head that took so long to sign: on a disk that is busy signing must not take
// it from those who write.
func (n *Notary) rest(took time.Duration) time.Duration {
	if n.Interval != 0 {
		return n.Interval
	}
	return min(max(200*time.Millisecond, 20*took), 2*time.Second)
}

func (n *Notary) logger() *slog.Logger {
	if n.Logger == nil {
		return slog.Default()
	}
	return n.Logger
}
