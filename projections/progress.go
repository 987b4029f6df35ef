package projections

import "time"

// A Progress is how far the read models have come with what takes long: catching up with the log after a start, or a
// rebuild.
type Progress struct {
	Doing    string        // "catching up" or "rebuilding"
	Done, Of uint64        // entries
	Since    uint64        // entries that were done when Took began
	Took     time.Duration // so far
}

// The two things that take long.
const (
	CatchingUp = "catching up"
	Rebuilding = "rebuilding"
)

// Rate is how many entries are done a second, 0 as long as that cannot be told.
func (p Progress) Rate() float64 {
	if p.Took <= 0 {
		return 0
	}
	return float64(p.Done-min(p.Done, p.Since)) / p.Took.Seconds()
}

// Left is about how long the rest takes, 0 as long as that cannot be told.
func (p Progress) Left() time.Duration {
	rate := p.Rate()
	if rate == 0 {
		return 0
	}
	return time.Duration(float64(p.Of-min(p.Of, p.Done)) / rate * float64(time.Second))
}

// begun notes that something long begins.
func (p *Projections) begun(doing string, at, of uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.long, p.longBegan = Progress{Doing: doing, Done: at, Since: at, Of: of}, time.Now()
}

// went notes how far it has come.
func (p *Projections) went(done, of uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.long.Done, p.long.Of = done, max(done, of)
}

// over notes that it has ended, whichever way.
func (p *Projections) over() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.long = Progress{}
}

// Progress returns how far a rebuild or the catching up after a start has come; false while there is neither.
func (p *Projections) Progress() (Progress, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.long.Doing == "" {
		return Progress{}, false
	}
	now := p.long
	now.Took = time.Since(p.longBegan)
	return now, true
}
