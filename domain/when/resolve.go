package when

import (
	"fmt"
	"strings"
	"time"
)

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
	sides, err := readSides(w.At)
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

// readSides reads one moment, or the two of an interval.
func readSides(at string) ([]moment, error) {
	var sides []moment
	first, second, isInterval := strings.Cut(at, "/")
	if isInterval && strings.Contains(second, "/") {
		return nil, refuse(quote(at) + " has more than one /: an interval has two sides, and neither is an interval itself")
	}
	texts := []string{first, second}
	if !isInterval {
		texts = texts[:1]
	}
	for _, text := range texts {
		m, err := readMoment(text)
		if err != nil {
			return nil, err
		}
		sides = append(sides, m)
	}
	return sides, nil
}

// A place is where the clocks hang that a When is read from. Without a zone, every side has an offset of its own.
type place struct {
	name    string
	zone    *time.Location
	assumed bool
}

// place finds the zone that w is told in: its own, else the offset of its first side, else, for dates, the ledger's.
func (w When) place(sides []moment, ledgerZone string) (place, error) {
	if w.Zone != "" {
		zone, err := LoadZone(w.Zone)
		return place{name: w.Zone, zone: zone}, err
	}
	assumed, own := true, true
	for _, m := range sides {
		assumed = assumed && !m.hasClock()
		own = own && m.zone != ""
	}
	switch {
	case own:
		return place{name: sides[0].zone}, nil
	case assumed:
		zone, err := LoadZone(ledgerZone)
		return place{name: ledgerZone, zone: zone, assumed: true}, err
	}
	return place{}, refuse(quote(w.At) + " has neither a zone nor an offset: name its zone, such as Asia/Damascus, " +
		"or end every time with an offset, such as +03:00 or Z; only plain dates, months and years may do without")
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

// one places a single moment.
func (p place) one(m moment) (Bounds, error) {
	switch {
	case m.zone != "":
		return p.instant(m)
	case m.hasClock():
		return p.local(m)
	}
	return p.stretch(m)
}

// instant places a moment that has an offset, which must be the one that the named zone keeps then.
func (p place) instant(m moment) (Bounds, error) {
	own, err := LoadZone(m.zone)
	if err != nil {
		return Bounds{}, err // unreachable: readMoment has loaded it
	}
	t := m.wall.Add(-offsetAt(m.wall, own))
	if p.zone != nil && m.zone != "UTC" && offsetAt(t, p.zone) != offsetAt(t, own) {
		return Bounds{}, refuse(fmt.Sprintf("%s does not agree with the zone %s, whose clocks were at %s then: drop the offset, or correct it",
			quote(m.text), quote(p.name), t.In(p.zone).Format("-07:00")))
	}
	return Bounds{Earliest: t, Latest: t, Precision: m.precision}, nil
}

// local places a time of day in the zone.
func (p place) local(m moment) (Bounds, error) {
	found := occurrences(m.wall, p.zone)
	switch len(found) {
	case 0:
		return Bounds{}, p.skipped(m)
	case 1:
		return Bounds{Earliest: found[0], Latest: found[0], Precision: m.precision}, nil
	}
	return Bounds{Earliest: found[0], Latest: found[len(found)-1], Precision: Interval}, nil
}

// stretch places a day, month or year: from its first instant to the first of the next. Midnight itself may be skipped.
func (p place) stretch(m moment) (Bounds, error) {
	b := Bounds{Earliest: firstAt(m.wall, p.zone), Latest: firstAt(m.next(), p.zone), Precision: m.precision}
	if b.IsInstant() {
		return Bounds{}, p.skipped(m)
	}
	return b, nil
}

// skipped says which clock change left the moment out.
func (p place) skipped(m moment) error {
	change := firstAt(m.wall, p.zone)
	const shown = "2006-01-02 15:04:05"
	before, after := change.Add(-1).Add(offsetAt(change.Add(-1), p.zone)).Add(1), wallAt(change, p.zone)
	return refuse(fmt.Sprintf("%s did not happen in the zone %s, whose clocks were moved from %s to %s: give a time that they showed",
		quote(m.text), quote(p.name), before.Format(shown), after.Format(shown)))
}
