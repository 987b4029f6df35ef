package web

import (
	"slices"
	"time"

	"truceledger/domain/when"
	"truceledger/projections"
)

// A Bar is the picture of a ceasefire's term: what the ledger holds, what others attest, and what happened meanwhile, all
// on one axis. Lengths are in units of the picture, which is barWidth wide.
type Bar struct {
	Height int
	Ticks  []Tick
	Lanes  []Lane
	Now    float64 // where the effective time is; negative: outside
}

const (
	barWidth  = 1000.0
	barLeft   = 250.0 // room for the names of the lanes
	laneTop   = 34
	laneHigh  = 30
	fewestDay = 6 * time.Hour
)

// A Tick is a mark of the axis.
type Tick struct {
	X    float64
	At   time.Time
	Hour bool // it is one of an hour, not of a day
}

// A Lane is one line of the picture.
type Lane struct {
	Y     int
	Kind  string // ledger, view, incidents
	By    string // of a view
	Spans []Stretch
}

// A Stretch is a part of a lane. Kind is its class: term, extension, gap, overlap, suspended, fuzzy, says-yes, says-no,
// incident.
type Stretch struct {
	X, W        float64
	Kind        string
	From, Until *when.Bounds
	Open        bool // without an end
	Label       string
}

// NewBar draws the term of a ceasefire, with its incidents. Without a start there is nothing to draw.
func NewBar(v projections.CeasefireView, incidents []projections.IncidentView) *Bar {
	a := newAxis(v, incidents)
	if a.from.IsZero() {
		return nil
	}
	b := &Bar{Now: a.x(v.Effective)}
	if v.Effective.Before(a.from) || v.Effective.After(a.until) {
		b.Now = -1
	}
	b.Lanes = append(b.Lanes, Lane{Kind: "ledger", Spans: a.terms(v)})
	for _, view := range v.Views {
		b.Lanes = append(b.Lanes, Lane{Kind: "view", By: view.By, Spans: a.view(view)})
	}
	if points := a.incidents(incidents); len(points) > 0 {
		b.Lanes = append(b.Lanes, Lane{Kind: "incidents", Spans: points})
	}
	for i := range b.Lanes {
		b.Lanes[i].Y = laneTop + i*laneHigh
	}
	b.Height = laneTop + len(b.Lanes)*laneHigh + 8
	b.Ticks = a.ticks(v.Zone)
	return b
}

// An axis maps time to the picture.
type axis struct{ from, until time.Time }

func newAxis(v projections.CeasefireView, incidents []projections.IncidentView) (a axis) {
	var all []time.Time
	add := func(bounds ...*when.Bounds) {
		for _, b := range bounds {
			if b != nil && !b.IsZero() {
				all = append(all, b.Earliest, b.Latest)
			}
		}
	}
	for _, t := range v.Terms {
		add(t.From, t.Until)
	}
	for _, x := range v.Views {
		add(x.From, x.Until)
	}
	add(v.From, v.Until)
	for _, x := range v.Suspensions {
		add(x.From, x.Until)
	}
	if len(all) == 0 {
		return a
	}
	for _, i := range incidents {
		add(i.At)
	}
	a.from, a.until = slices.MinFunc(all, time.Time.Compare), slices.MaxFunc(all, time.Time.Compare)
	room := max(a.until.Sub(a.from)/20, fewestDay)
	return axis{a.from.Add(-room), a.until.Add(room)}
}

func (a axis) x(t time.Time) float64 {
	share := float64(t.Sub(a.from)) / float64(a.until.Sub(a.from))
	return barLeft + (barWidth-barLeft)*min(max(share, 0), 1)
}

// stretch is one span: its sure part as kind, and what its bounds leave open as fuzzy.
func (a axis) stretch(kind string, from, until *when.Bounds) (parts []Stretch) {
	s := Stretch{Kind: kind, From: from, Until: until, X: a.x(from.Latest)}
	end := barWidth
	if until == nil || until.IsZero() {
		s.Open = true
	} else {
		end = a.x(until.Earliest)
	}
	s.W = max(end-s.X, 1)
	parts = append(parts, s)
	for _, b := range []*when.Bounds{from, until} {
		if b != nil && !b.IsZero() && !b.IsInstant() {
			x := a.x(b.Earliest)
			parts = append(parts, Stretch{Kind: "fuzzy", X: x, W: a.x(b.Latest) - x, From: b})
		}
	}
	return parts
}

// terms is the ledger's own lane: the first term, each extension, and what lies between or over.
func (a axis) terms(v projections.CeasefireView) (parts []Stretch) {
	spans := v.Terms
	if len(spans) == 0 && v.From != nil {
		spans = []projections.TermView{{From: v.From, Until: v.Until}}
	}
	kind := "term"
	if v.Status == "thwarted" || len(v.ConsentMissing) > 0 {
		kind = "planned" // it never held, or does not yet
	}
	for i, t := range spans {
		if t.From == nil || t.From.IsZero() {
			continue
		}
		parts = append(parts, a.stretch(kind, t.From, t.Until)...)
		if kind == "term" {
			kind = "extension"
		}
		if i > 0 {
			parts = append(parts, a.between(spans[i-1].Until, t.From)...)
		}
	}
	for _, s := range v.Suspensions {
		if s.From != nil {
			parts = append(parts, a.stretch("suspended", s.From, s.Until)...)
		}
	}
	return parts
}

// between marks the gap or the overlap of two terms that follow one another.
func (a axis) between(end, start *when.Bounds) []Stretch {
	switch {
	case end == nil || start == nil || end.IsZero():
		return nil
	case start.Earliest.After(end.Latest):
		x := a.x(end.Latest)
		return []Stretch{{Kind: "gap", X: x, W: max(a.x(start.Earliest)-x, 3), From: end, Until: start}}
	case start.Latest.Before(end.Earliest):
		x := a.x(start.Latest)
		return []Stretch{{Kind: "overlap", X: x, W: max(a.x(end.Earliest)-x, 3), From: start, Until: end}}
	}
	return nil
}

func (a axis) view(v projections.AttestedView) []Stretch {
	kind, from := "says-yes", v.From
	if v.Status == "not_in_force" {
		kind = "says-no"
	}
	if from == nil || from.IsZero() {
		begin := when.At(a.from)
		from = &begin
	}
	return a.stretch(kind, from, v.Until)
}

func (a axis) incidents(list []projections.IncidentView) (parts []Stretch) {
	for _, i := range list {
		if i.At == nil || i.At.IsZero() {
			continue
		}
		x := a.x(i.At.Earliest)
		parts = append(parts, Stretch{Kind: "incident", X: x, W: max(a.x(i.At.Latest)-x, 5), From: i.At, Label: i.ID})
	}
	return parts
}

// ticks are at most about eight marks, at midnights of the zone or at hours of it.
func (a axis) ticks(zone string) (ticks []Tick) {
	location, err := when.LoadZone(zone)
	if err != nil {
		location = time.UTC
	}
	days := a.until.Sub(a.from).Hours() / 24
	step := 1
	for days/float64(step) > 8 {
		step++
	}
	from := a.from.In(location)
	for t := time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, location); t.Before(a.until); t = t.AddDate(0, 0, step) {
		ticks = append(ticks, Tick{X: a.x(t), At: t})
	}
	if days < 3 {
		for t := time.Date(from.Year(), from.Month(), from.Day(), from.Hour()/6*6+6, 0, 0, 0, location); t.Before(a.until); t = t.Add(6 * time.Hour) {
			if t.Hour() != 0 {
				ticks = append(ticks, Tick{X: a.x(t), At: t, Hour: true})
			}
		}
	}
	return ticks
}
