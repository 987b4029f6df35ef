package when

import (
	"strings"
	"time"
)

// AssumesZone reports whether w takes the ledger's zone when it resolves: a date, month or year that names none does.
func (w When) AssumesZone() bool { return w.At != "" && w.Zone == "" && !strings.Contains(w.At, "T") }

// Resolve works out the earliest and the latest instant that w can mean. A When that says nothing resolves to unset
// Bounds. A local time needs w.Zone or an offset; only a date, month or year may do without, and then takes ledgerZone
// and is marked assumed. Errors are of type *Error.
//
//   - An instant, and a local time in a zone, leave nothing open. A local time that a clock change skips is refused; one
//     that a clock change repeats is the interval from its first to its second occurrence.
//   - An offset must be the one that w.Zone keeps at that time. Z agrees with every zone, for it says nothing about local
//     time (RFC 9557, 2.2).
//   - A day, month or year runs from its first instant in the zone to the first instant of the next.
//   - A/B runs from the start of A to the end of B. Where both are the same instant, it is that instant.
func (w When) Resolve(ledgerZone string) (Bounds, error) {
	switch {
	case w.IsZero():
		return Bounds{}, nil
	case w.At == "":
		return Bounds{}, refuse(quote("") + " is no time: a zone or a phrase needs a time (at) to go with it")
	}
	var room [2]moment
	sides, err := readSides(w.At, room[:0])
	if err != nil {
		return Bounds{}, err
	}
	p, err := w.place(sides, ledgerZone)
	if err != nil {
		return Bounds{}, err
	}
	b, err := p.bounds(w.At, sides)
	b.Phrase = w.Phrase
	if err != nil {
		return Bounds{}, err
	}
	return b, nil
}

// readSides reads one moment, or the two of an interval, behind sides.
func readSides(at string, sides []moment) ([]moment, error) {
	first, second, isInterval := strings.Cut(at, "/")
	if isInterval && strings.Contains(second, "/") {
		return nil, refuse(quote(at) + " has more than one /: an interval has two sides, and neither is an interval itself")
	}
	m, err := readMoment(first)
	if err != nil || !isInterval {
		return append(sides, m), err
	}
	end, err := readMoment(second)
	return append(sides, m, end), err
}

// bounds places one side, or joins two.
func (p place) bounds(at string, sides []moment) (Bounds, error) {
	b, err := p.one(sides[0])
	if err != nil {
		return Bounds{}, err
	}
	if len(sides) == 2 {
		end, err := p.one(sides[1])
		if err != nil {
			return Bounds{}, err
		}
		if b, err = join(at, b, end); err != nil {
			return Bounds{}, err
		}
	}
	b.Zone, b.ZoneAssumed = p.name, p.assumed
	return b, withinYears(at, b)
}

// join runs from the start of a to the end of b. What ends where a starts is before a, unless it is the same instant.
func join(at string, a, b Bounds) (Bounds, error) {
	joined := Bounds{Earliest: a.Earliest, Latest: b.Latest, Precision: Interval}
	switch {
	case joined.Latest.Before(joined.Earliest), joined.IsInstant() && !b.IsInstant():
		return Bounds{}, refuse(quote(at) + " ends before it begins: the second side of an interval must not be before the first")
	case joined.IsInstant():
		joined.Precision = b.Precision
	}
	return joined, nil
}

// withinYears refuses what RFC 3339 could not write in UTC, and the zero time, which means that nothing was stated.
func withinYears(given string, b Bounds) error {
	if b.Earliest.After(time.Time{}) && b.Latest.Year() <= 9999 {
		return nil
	}
	return refuse(quote(given) + " reaches beyond the years 0001 to 9999, as UTC counts them: give a time within them")
}
