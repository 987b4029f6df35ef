// Package when reads the times that people state, and keeps what they leave open.
//
// A When is what somebody said ("2016-05-02", "into Monday"); Bounds are what it amounts to: the earliest and the latest
// instant it can mean. The package never guesses a zone, never reads a clock, and answers questions about a moment with
// yes, no or maybe.
package when

import "time"

// A When is a moment as somebody stated it, before it is resolved. The zero When says nothing.
type When struct {
	// At is an instant, a local time, a date, a month, a year, or two of them joined by "/".
	At string
	// Zone names the zone of a local At: an IANA name such as Asia/Damascus, or an offset such as +03:00.
	Zone string
	// Phrase keeps the source's own words.
	Phrase string
}

// IsZero reports whether nothing was stated.
func (w When) IsZero() bool { return w == When{} }

// A Precision says how finely a moment was stated.
type Precision string

const (
	Second   Precision = "second"
	Minute   Precision = "minute"
	Day      Precision = "day"
	Month    Precision = "month"
	Year     Precision = "year"
	Interval Precision = "interval" // two bounds, or a local time that a clock change makes happen twice
)

// Bounds are what a When resolves to: some moment in [Earliest, Latest), or exactly Earliest where the two are equal.
// Both are UTC.
type Bounds struct {
	Earliest    time.Time `json:"earliest,omitzero"`
	Latest      time.Time `json:"latest,omitzero"`
	Precision   Precision `json:"precision,omitempty"`
	Zone        string    `json:"zone,omitempty"`
	ZoneAssumed bool      `json:"zone_assumed,omitempty"`
	Phrase      string    `json:"phrase,omitempty"`
}

// IsZero reports whether the bounds are unset.
func (b Bounds) IsZero() bool { return b.Earliest.IsZero() && b.Latest.IsZero() }

// IsInstant reports whether the bounds leave nothing open.
func (b Bounds) IsInstant() bool { return b.Earliest.Equal(b.Latest) }

// A Truth is the answer to a question about a moment that is not known exactly.
type Truth int

const (
	No Truth = iota
	Maybe
	Yes
)
