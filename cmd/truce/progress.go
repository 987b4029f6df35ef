package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A bar shows on standard error how far a long run is, with its rate and the time left: on a terminal a bar that moves,
// elsewhere a line now and then, so that a log file does not fill with it. A short run shows nothing there.
type bar struct {
	to       io.Writer
	doing    string // what is counted and done, such as "entries verified"
	moves    bool
	began    time.Time
	next     time.Time
	interval time.Duration
	shown    bool
}

func (p *program) progress(doing string) *bar {
	b := &bar{to: p.stderr, doing: doing, began: time.Now(), interval: 10 * time.Second}
	if f, ok := p.stderr.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.moves, b.interval = true, 200*time.Millisecond
		}
	}
	b.next = b.began.Add(max(b.interval, time.Second))
	return b
}

// told is called with how much is done of all that is to be done.
func (b *bar) told(done, of int64) {
	if of > 0 {
		b.at(float64(done)/float64(of), done)
	}
}

// at is told when the part that is done is not the part of what is counted: a table's bytes and its rows. A part below zero
// is not known.
func (b *bar) at(part float64, count int64) {
	now := time.Now()
	if now.Before(b.next) {
		return
	}
	b.next, b.shown = now.Add(b.interval), true
	line := b.line(part, count, now.Sub(b.began))
	if b.moves {
		fmt.Fprint(b.to, "\r\x1b[K"+line)
		return
	}
	fmt.Fprintln(b.to, "truce: "+line)
}

// line is the bar, the count, its rate and the time left.
func (b *bar) line(part float64, count int64, took time.Duration) string {
	counted := fmt.Sprintf("%d %s, %.0f/s", count, b.doing, float64(count)/max(took.Seconds(), 0.001))
	if part < 0 {
		return counted
	}
	const width = 30
	part = min(1, part)
	full := int(part * width)
	left := time.Duration((1 - part) / max(part, 0.001) * float64(took)).Round(time.Second)
	return fmt.Sprintf("[%s%s] %3.0f%%  %s, %s left", strings.Repeat("#", full), strings.Repeat(".", width-full), part*100, counted, left)
}

// end clears the bar, so that what follows stands on a line of its own.
func (b *bar) end() {
	if b.moves && b.shown {
		fmt.Fprint(b.to, "\r\x1b[K")
		b.shown = false
	}
}
