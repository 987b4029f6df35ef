package when

import (
	"strconv"
	"time"
)

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
	ZoneAssumed bool      `json:"zone_assumed,omitzero"`
	Phrase      string    `json:"phrase,omitempty"`
}

// At are the bounds of an instant that is known exactly: precision second, zone UTC.
func At(t time.Time) Bounds {
	t = t.Round(0).UTC() // without the monotonic clock, which would make equal bounds differ
	return Bounds{Earliest: t, Latest: t, Precision: Second, Zone: "UTC"}
}

// IsZero reports whether the bounds are unset.
func (b Bounds) IsZero() bool { return b.Earliest.IsZero() && b.Latest.IsZero() }

// IsInstant reports whether the bounds leave nothing open.
func (b Bounds) IsInstant() bool { return b.Earliest.Equal(b.Latest) }

// Equal reports whether the two leave the same moments open, whatever the words, zone and precision they were stated in.
func (b Bounds) Equal(o Bounds) bool {
	return b.Earliest.Equal(o.Earliest) && b.Latest.Equal(o.Latest)
}

// Contains reports whether t is one of the moments that b leaves open. Unset bounds leave none.
func (b Bounds) Contains(t time.Time) bool {
	if b.IsInstant() {
		return !b.IsZero() && t.Equal(b.Earliest)
	}
	return !t.Before(b.Earliest) && t.Before(b.Latest)
}

// Reached answers whether the moment has come by t: maybe, while t lies within the bounds. Unset bounds are never
// reached.
func (b Bounds) Reached(t time.Time) Truth {
	switch {
	case b.IsZero() || t.Before(b.Earliest):
		return No
	case t.Before(b.Latest):
		return Maybe
	}
	return Yes
}

// CanBeAfter reports whether some reading of b comes strictly after some reading of o. Time counts as dense, so that the
// readings of fuzzy bounds come as near to Latest as one likes, without reaching it. Unset bounds have no readings.
func (b Bounds) CanBeAfter(o Bounds) bool {
	return !b.IsZero() && !o.IsZero() && b.Latest.After(o.Earliest)
}

// CanBeBefore reports whether some reading of b comes strictly before some reading of o.
func (b Bounds) CanBeBefore(o Bounds) bool { return o.CanBeAfter(b) }

// CanBeAfterTime reports whether some reading of b comes strictly after t.
func (b Bounds) CanBeAfterTime(t time.Time) bool { return !b.IsZero() && b.Latest.After(t) }

// CanBeBeforeTime reports whether some reading of b comes strictly before t.
func (b Bounds) CanBeBeforeTime(t time.Time) bool { return !b.IsZero() && b.Earliest.Before(t) }

// A Truth is the answer to a question about a moment that is not known exactly.
type Truth int

const (
	No Truth = iota
	Maybe
	Yes
)

// String is "no", "maybe" or "yes".
func (t Truth) String() string {
	switch t {
	case No:
		return "no"
	case Maybe:
		return "maybe"
	case Yes:
		return "yes"
	}
	return "Truth(" + strconv.Itoa(int(t)) + ")"
}
