package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// A bar shows on standard error how far a long run is: on a terminal a bar that moves, elsewhere a line now and then. A
// short run shows nothing.
type bar struct {
	p        *program
	doing    string
	moves    bool
	next     time.Time
	interval time.Duration
	shown    bool
}

func (p *program) progress(doing string) *bar {
	b := &bar{p: p, doing: doing, interval: 10 * time.Second}
	if f, ok := p.stderr.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.moves, b.interval = true, 200*time.Millisecond
		}
	}
	b.next = time.Now().Add(max(b.interval, time.Second))
	return b
}

// told is called with how much is done.
func (b *bar) told(done, of int64) {
	now := time.Now()
	if now.Before(b.next) || of <= 0 {
		return
	}
	b.next, b.shown = now.Add(b.interval), true
	if !b.moves {
		fmt.Fprintf(b.p.stderr, "truce: %d of %d entries %s\n", done, of, b.doing)
		return
	}
	const width = 40
	full := int(min(done, of) * width / of)
	fmt.Fprintf(b.p.stderr, "\r[%s%s] %d of %d entries %s", strings.Repeat("#", full), strings.Repeat(".", width-full), done, of, b.doing)
}

// end clears the bar, so that what follows stands on a line of its own.
func (b *bar) end() {
	if b.moves && b.shown {
		fmt.Fprint(b.p.stderr, "\r\x1b[K")
	}
}
