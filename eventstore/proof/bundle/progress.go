package bundle

import "sync"

// A progress tells the caller how far the verification is, by entries: one that is read and decided again counts once both
// are done.
type progress struct {
	mu         sync.Mutex
	tell       func(done, of int64)
	size       int64
	passes     int64 // how often each entry is met
	done, told int64
}

func (p *progress) begin(v *verifier) {
	p.tell, p.size, p.passes = v.Progress, v.head.Size, 2
	if v.SkipRules {
		p.passes = 1
	}
}

func (p *progress) add(entries int) {
	const step = 8192
	if p.tell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += int64(entries)
	if done := p.done / p.passes; done-p.told >= step {
		p.told = done
		p.tell(done, p.size)
	}
}
