package eventstore

import (
	"context"
	"slices"
	"sync"
)

// A position is how far this node has read the log: every entry up to reached has been observed, or was appended here.
//
// What holds at any time: for every entry up to reached, the cache holds the entry's record with that entry applied, or
// does not hold the record. So what is folded from the cache, or loaded from the log afterwards, is complete up to reached.
type position struct {
	mu           sync.Mutex
	reached      uint64
	acknowledged uint64              // the highest sequence that a caller of this node was told
	ahead        map[uint64]struct{} // acknowledged here, with entries before them that are still to be observed
	waiting      []waiter            // for reached to grow; each is woken once, when it has what it waits for
}

// A waiter waits until everything up to a sequence is read. Waking everybody at every entry instead takes more of the
// machine, with hundreds of callers, than deciding their commands.
type waiter struct {
	n   uint64
	has chan struct{}
}

func newPosition(at uint64) *position {
	return &position{reached: at, acknowledged: at, ahead: map[uint64]struct{}{}}
}

// observe says that the reader has delivered every entry up to n.
func (p *position) observe(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advance(n)
}

// skips reports whether entries are missing between what is read and n.
func (p *position) skips(n uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return n > p.reached+1
}

// acknowledge says that the entry n is stored and its caller is about to be told.
func (p *position) acknowledge(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acknowledged = max(p.acknowledged, n)
	switch {
	case n == p.reached+1:
		p.advance(n)
	case n > p.reached:
		p.ahead[n] = struct{}{}
	}
}

// advance moves reached to n and on over what is known to follow.
func (p *position) advance(n uint64) {
	if n <= p.reached {
		return
	}
	if n > p.reached+1 {
		for m := range p.ahead {
			if m <= n {
				delete(p.ahead, m)
			}
		}
	}
	for p.reached = n; ; p.reached++ {
		delete(p.ahead, p.reached)
		if _, known := p.ahead[p.reached+1]; !known {
			break
		}
	}
	p.waiting = slices.DeleteFunc(p.waiting, func(w waiter) bool {
		if w.n <= p.reached {
			close(w.has)
		}
		return w.n <= p.reached
	})
}

// told returns the highest sequence that this node has acknowledged.
func (p *position) told() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.acknowledged
}

// reach waits until the node has read to n, and returns how far it has read; not beyond the end of ctx or of life.
func (p *position) reach(ctx, life context.Context, n uint64) (uint64, error) {
	has, reached := p.await(n)
	if has == nil {
		return reached, nil
	}
	select {
	case <-has:
		_, reached = p.await(n)
		return reached, nil
	case <-ctx.Done():
		p.forget(has)
		return 0, context.Cause(ctx)
	case <-life.Done():
		return 0, context.Cause(life)
	}
}

// forget takes out one who waits no more: while the log stands still they would pile up.
func (p *position) forget(has chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = slices.DeleteFunc(p.waiting, func(w waiter) bool { return w.has == has })
}

// await returns a channel that is closed when the node has read to n; nil where it has.
func (p *position) await(n uint64) (has chan struct{}, reached uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reached >= n {
		return nil, p.reached
	}
	has = make(chan struct{})
	p.waiting = append(p.waiting, waiter{n, has})
	return has, 0
}
