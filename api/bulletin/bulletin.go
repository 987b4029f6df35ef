// Package bulletin makes the daily report that a monitoring centre publishes: a fixed window in a stated zone, what was
// alleged in it, what was done, and what ends next, as JSON, Markdown and HTML in four languages.
//
// It counts and judges nothing: an incident whose time is too vague to say that it lies in the window stands apart, two
// bodies' counts stand side by side, and casualties of different sources are not added up.
package bulletin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
	"truceledger/projections"
)

// Queries are what a bulletin asks of the read models.
type Queries interface {
	Resolve(context.Context, projections.Clock) (projections.Point, error)
	Ceasefires(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CeasefireView], error)
	Incidents(context.Context, projections.IncidentFilter, projections.Point, projections.Paging) (projections.Page[projections.IncidentView], error)
	Calendar(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CalendarItem], error)
	History(context.Context, domain.Ref, projections.Point, projections.Paging) (projections.Page[projections.HistoryItem], error)
	Place(context.Context, string, projections.Point) (projections.PlaceView, error)
	Actor(context.Context, string, projections.Point) (projections.ActorView, error)
}

// A Request says which bulletin is wanted.
type Request struct {
	Date    string // 2016-05-04
	Zone    string // the zone of the date and of all times in the bulletin; required
	Close   string // when the window closes, 19:30 for example; it opens a day before. By default the day itself
	Compare []string
	Clock   projections.Clock // without Effective: that is the end of the window
}

// A Bulletin is the report.
type Bulletin struct {
	Date         string      `json:"date"`
	Zone         string      `json:"zone"`
	From         time.Time   `json:"from"`  // the window is [From, Until)
	Until        time.Time   `json:"until"` //
	Previous     time.Time   `json:"previous_from"`
	Recommitment *Recommit   `json:"recommitment,omitempty"` // the last one before the window's end
	Ceasefires   []Ceasefire `json:"ceasefires"`             // as they stand at the end of the window
	Incidents    []Count     `json:"incidents"`              // by area and type
	Total        Count       `json:"total"`
	Acts         []Act       `json:"acts"` // what parties did within the window, accessions among them
	Opened       []Inquiry   `json:"inquiries_opened"`
	Closed       []Inquiry   `json:"inquiries_closed"`
	Ahead        []Expiry    `json:"expiries_ahead"` // within a week of the window's end
	Compared     []Body      `json:"compared,omitempty"`

	names names
}

// A Recommit is the last time that a party bound itself anew: by agreeing or by reaffirming.
type Recommit struct {
	Ceasefire string    `json:"ceasefire"`
	At        time.Time `json:"at"`
}

// A Ceasefire is how one stands.
type Ceasefire struct {
	ID        string       `json:"id"`
	Title     string       `json:"title"`
	Status    string       `json:"status"`
	CouldBe   []string     `json:"could_be,omitempty"`
	Contested bool         `json:"contested"`
	Until     *when.Bounds `json:"until,omitempty"`
}

// A Count is how many incidents were alleged in an area, of a type. Possible are those whose time is too vague to say
// whether they lie in the window; they are in none of the other figures.
type Count struct {
	Area     string `json:"area"`
	Type     string `json:"type"`
	Window   int    `json:"window"`
	Possible int    `json:"possible"`
	Previous int    `json:"previous_window"`
	Since    int    `json:"since_recommitment"`
}

// An Act is a command of the window.
type Act struct {
	Ceasefire string       `json:"ceasefire"`
	Act       string       `json:"act"`
	By        string       `json:"by,omitempty"`
	Occurred  *when.Bounds `json:"occurred,omitempty"`
}

// An Inquiry is one that was opened or closed in the window.
type Inquiry struct {
	Incident string    `json:"incident"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Finding  string    `json:"finding,omitempty"`
}

// An Expiry is an end that lies ahead.
type Expiry struct {
	Ceasefire string      `json:"ceasefire"`
	Title     string      `json:"title"`
	At        when.Bounds `json:"at"`
}

// A Body is one body's own counts for the window.
type Body struct {
	By    string  `json:"by"`
	Total int     `json:"total"`
	Rows  []Count `json:"rows"`
}

// ErrRequest is a request that cannot be understood.
var ErrRequest = errors.New("bulletin")

// window reads the date, the zone and the closing time.
func (r Request) window() (from, until time.Time, err error) {
	zone, err := when.LoadZone(r.Zone)
	if err != nil || r.Zone == "" {
		return from, until, fmt.Errorf("%w: zone %q is no zone: name one such as Asia/Damascus", ErrRequest, r.Zone)
	}
	day, err := time.ParseInLocation(time.DateOnly, r.Date, zone)
	if err != nil {
		return from, until, fmt.Errorf("%w: date %q is no date: write it like 2016-05-04", ErrRequest, r.Date)
	}
	if r.Close == "" || r.Close == "24:00" {
		return day, day.AddDate(0, 0, 1), nil
	}
	closing, err := time.Parse("15:04", r.Close)
	if err != nil {
		return from, until, fmt.Errorf("%w: close %q is no time of day: write it like 19:30", ErrRequest, r.Close)
	}
	at := func(d time.Time) time.Time {
		return time.Date(d.Year(), d.Month(), d.Day(), closing.Hour(), closing.Minute(), 0, 0, zone)
	}
	return at(day.AddDate(0, 0, -1)), at(day), nil
}

// Make answers a request.
func Make(ctx context.Context, q Queries, r Request) (Bulletin, error) {
	from, until, err := r.window()
	if err != nil {
		return Bulletin{}, err
	}
	if len(r.Compare) != 0 && len(r.Compare) != 2 {
		return Bulletin{}, fmt.Errorf("%w: compare takes two actors, not %d", ErrRequest, len(r.Compare))
	}
	last := until.Add(-time.Nanosecond) // what happens at the very end belongs to the next bulletin
	r.Clock.Effective = &last
	at, err := q.Resolve(ctx, r.Clock)
	if err != nil {
		return Bulletin{}, err
	}
	b := Bulletin{
		Date: r.Date, Zone: r.Zone, From: from.UTC(), Until: until.UTC(), Previous: from.AddDate(0, 0, -1).UTC(),
		Ceasefires: []Ceasefire{}, Incidents: []Count{}, Acts: []Act{}, Opened: []Inquiry{}, Closed: []Inquiry{}, Ahead: []Expiry{},
	}
	b.names = names{ctx: ctx, q: q, at: at}
	g := gathering{Bulletin: &b, ctx: ctx, q: q, at: at}
	for _, step := range []func() error{g.ceasefires, func() error { return g.incidents(r.Compare) }, g.ahead, func() error { return b.names.err }} {
		if err := step(); err != nil {
			return Bulletin{}, err
		}
	}
	return b, nil
}

// in reports whether a time lies in [from, until), and whether it can.
func in(at *when.Bounds, from, until time.Time) (does, can bool) {
	if at == nil || at.IsZero() {
		return false, false
	}
	if at.IsInstant() {
		does = !at.Earliest.Before(from) && at.Earliest.Before(until)
		return does, does
	}
	does = !at.Earliest.Before(from) && !at.Latest.After(until)
	return does, at.Earliest.Before(until) && at.Latest.After(from)
}

// plain is a word of a vocabulary without its underscores.
func plain(word string) string {
	return strings.ReplaceAll(strings.ReplaceAll(word, "_", " "), "-", " ")
}
