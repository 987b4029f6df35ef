package access

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rates bound what one caller may ask of the server. The zero Rates bound nothing.
type Rates struct {
	PerToken   float64 // requests a second of one token
	PerAddress float64 // requests a second of one address without a token
	Burst      float64 // for how many seconds' worth a caller may be faster
	AtOnce     int     // requests of one caller under way, streams included
	Failures   float64 // wrong tokens a second of one address
}

// DefaultRates let a script send as fast as it can, and keep a thousand of them from taking the server away.
var DefaultRates = Rates{PerToken: 2000, PerAddress: 200, Burst: 5, AtOnce: 512, Failures: 0.2}

// A Limiter holds callers to a rate, each by a key. It forgets those who have been idle for long enough to have their whole
// burst again, so that a flood of addresses cannot fill the memory.
type Limiter struct {
	perSecond float64
	burst     int

	mu   sync.Mutex
	keys map[string]*rate.Limiter
}

// mostKeys is how many callers a limiter remembers.
const mostKeys = 16 << 10

// NewLimiter returns a limiter that lets perSecond through for each key, and burst at once; nil, which lets everything
// through, where perSecond is 0.
func NewLimiter(perSecond float64, burst int) *Limiter {
	if perSecond <= 0 {
		return nil
	}
	return &Limiter{perSecond: perSecond, burst: max(1, burst), keys: map[string]*rate.Limiter{}}
}

// Allow takes one from what a key has left. Where nothing is left it says when to come again.
func (l *Limiter) Allow(key string, now time.Time) (wait time.Duration, ok bool) {
	if l == nil {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.keys[key]
	if k == nil {
		l.forget(now)
		k = rate.NewLimiter(rate.Limit(l.perSecond), l.burst)
		l.keys[key] = k
	}
	if k.AllowN(now, 1) {
		return 0, true
	}
	return time.Duration((1 - k.TokensAt(now)) / l.perSecond * float64(time.Second)), false
}

// forget makes room for one more. The lock is held.
func (l *Limiter) forget(now time.Time) {
	if len(l.keys) < mostKeys {
		return
	}
	for key, k := range l.keys {
		if k.TokensAt(now) >= float64(l.burst) {
			delete(l.keys, key)
		}
	}
	for key := range l.keys { // all are busy: some start anew, whoever they are
		if len(l.keys) < mostKeys*3/4 {
			return
		}
		delete(l.keys, key)
	}
}

// A Counter bounds how many things of one key are under way.
type Counter struct {
	most int

	mu   sync.Mutex
	keys map[string]int
}

// NewCounter returns a counter up to most; nil, which bounds nothing, where most is 0.
func NewCounter(most int) *Counter {
	if most <= 0 {
		return nil
	}
	return &Counter{most: most, keys: map[string]int{}}
}

// Begin counts one more, unless there are too many. end must be called when it is over.
func (c *Counter) Begin(key string) (end func(), ok bool) {
	if c == nil {
		return func() {}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys[key] >= c.most {
		return nil, false
	}
	c.keys[key]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.keys[key]--; c.keys[key] == 0 {
			delete(c.keys, key)
		}
	}, true
}
