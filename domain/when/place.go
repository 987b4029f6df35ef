package when

import (
	"fmt"
	"time"
)

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
	before, after := change.Add(offsetAt(change.Add(-1), p.zone)), wallAt(change, p.zone)
	return refuse(fmt.Sprintf("%s did not happen in the zone %s, whose clocks were moved from %s to %s: give a time that they showed",
		quote(m.text), quote(p.name), before.Format(shown), after.Format(shown)))
}
