package bundle

import (
	"errors"
	"sync"
	"sync/atomic"
)

// A pool works on all cores at what may be found out of the order of the log, and keeps the failure of the earliest entry.
type pool struct {
	todo   chan func() error
	wg     sync.WaitGroup
	failed atomic.Bool
	mu     sync.Mutex
	first  error
}

func newPool(workers int) *pool {
	p := &pool{todo: make(chan func() error, 4*workers)}
	for range workers {
		p.wg.Go(p.work)
	}
	return p
}

func (p *pool) work() {
	for job := range p.todo {
		if err := job(); err != nil {
			p.keep(err)
		}
	}
}

func (p *pool) keep(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == nil || earlier(err, p.first) {
		p.first = err
	}
	p.failed.Store(true)
}

// add gives a job to the pool; it waits while all cores are busy.
func (p *pool) add(job func() error) { p.todo <- job }

// errElsewhere stops the reading once the pool has found something: what lies behind is no longer the first.
var errElsewhere = errors.New("the pool has found a failure")

// wait ends the pool and returns the failure of the earliest entry, of those that it has found and the one given.
func (p *pool) wait(err error) error {
	close(p.todo)
	p.wg.Wait()
	if err == nil || errors.Is(err, errElsewhere) || p.first != nil && earlier(p.first, err) {
		return p.first
	}
	return err
}
