package when

import "time"

// From is the instant, in UTC, that lies d after t. Years and months are stepped first, on the calendar of zone, and
// a day that the month reached does not have becomes its last (31 January + P1M is 28 or 29 February). Days are stepped
// next, still on the calendar, with the clock time kept: a local time that is skipped becomes the first instant after the
// gap, one that is repeated the earlier of the two. Clock is added last, as absolute time. Without a calendar step the
// zone plays no part.
//
// From keeps no strict order: 30 January 12:00 + P1M comes after 31 January 00:00 + P1M.
func (d Duration) From(t time.Time, zone *time.Location) time.Time {
	return d.step(t, zone).Add(d.Clock)
}

// hasDates reports whether d steps on the calendar at all.
func (d Duration) hasDates() bool { return d.Years != 0 || d.Months != 0 || d.Days != 0 }

// step takes the calendar's steps only.
func (d Duration) step(t time.Time, zone *time.Location) time.Time {
	if !d.hasDates() {
		return t.UTC() // a wall time and back would turn the second of two equal ones into the first
	}
	return firstAt(d.stepWall(wallAt(t, zone)), zone)
}

// stepWall takes the calendar's steps from one wall time to another, which the clocks need not show.
func (d Duration) stepWall(wall time.Time) time.Time {
	year, month := wall.Year()+d.Years, int(wall.Month())+d.Months
	day := min(wall.Day(), daysIn(year, month)) + d.Days
	hour, minute, second := wall.Clock()
	return time.Date(year, time.Month(month), day, hour, minute, second, wall.Nanosecond(), time.UTC)
}

// Plus is b with d added to each of its readings, on the calendar of the named zone: the bounds from the first to the last
// that comes out, and so an instant for an instant, and never one for fuzzy bounds. It keeps the precision, and whether the zone of b
// was assumed, but not the phrase, which spoke of b. Unset bounds stay unset.
//
// The local edges themselves are shifted, so that a day comes out as a day and a month as a month (February + P1M is all of
// March, though 29 February alone reaches no further than 29 March), also where a clock change has moved them off midnight.
// Where the calendar presses several days into one, the result still has all of it: the day of 30 January 2015 + P1M is
// the day of 28 February, not an instant. Where all readings fall into one gap, the result is one second long.
//
// Errors are of type *Error: a zone that does not load, a result beyond the year 9999.
func (b Bounds) Plus(d Duration, zone string) (Bounds, error) {
	if b.IsZero() {
		return Bounds{}, nil
	}
	location, err := LoadZone(zone)
	if err != nil {
		return Bounds{}, err
	}
	earliest, latest := d.stepAll(b, location)
	sum := Bounds{Earliest: earliest.Add(d.Clock), Latest: latest.Add(d.Clock), Precision: b.Precision, Zone: zone, ZoneAssumed: b.ZoneAssumed}
	if err := withinYears(d.String(), sum); err != nil {
		return Bounds{}, refuse(quote(d.String()) + " after " + b.String() + " lies beyond the year 9999")
	}
	return sum, nil
}

// stepAll takes the calendar's steps from every reading of b, and returns the first that comes out and the end of the last.
// Between two breaks the steps keep their order, so that only edges and breaks need a look.
func (d Duration) stepAll(b Bounds, zone *time.Location) (earliest, latest time.Time) {
	if b.IsInstant() || !d.hasDates() {
		return d.step(b.Earliest, zone), d.step(b.Latest, zone)
	}
	start, end := b.edges(zone)
	earliest = firstAt(d.stepWall(start), zone)
	latest = later(firstAt(d.stepWall(end), zone), d.stepTo(b.Latest, zone))
	for _, t := range breaks(b, zone) {
		earliest = earlier(earliest, d.step(t, zone))
		latest = later(latest, d.stepTo(t, zone))
	}
	return earliest, latest
}

// edges are the wall times at which b starts and ends, as it was stated: a day starts at 00:00, though its clocks may start
// at 01:00, and ends at 24:00, though the clocks may never get to show the 00:00 after it.
func (b Bounds) edges(zone *time.Location) (start, end time.Time) {
	start = wallAt(b.Earliest, zone)
	midnight := start.Truncate(24 * time.Hour)
	isDate := b.Precision == Day || b.Precision == Month || b.Precision == Year
	if isDate && firstAt(midnight, zone).Equal(b.Earliest) {
		start = midnight
	}
	return start, b.Latest.UTC().Add(offsetAt(b.Latest.Add(-1), zone))
}

// stepTo is the end of what the readings up to t, but not t itself, come out as. Breaks fall on whole seconds, so that
// a second before a whole second is as good as any time before it.
func (d Duration) stepTo(t time.Time, zone *time.Location) time.Time {
	back := time.Second
	if t.Nanosecond() != 0 {
		back = time.Nanosecond
	}
	return d.step(t.Add(-back), zone).Add(back)
}

// breaks are the instants within b, near its edges, at which stepping can jump back: local midnights, where a month's end
// is clamped, and clock changes.
func breaks(b Bounds, zone *time.Location) []time.Time {
	var found []time.Time
	for _, edge := range []time.Time{b.Earliest, b.Latest} {
		wall := wallAt(edge, zone)
		for days := -1; days <= 1; days++ {
			midnight := time.Date(wall.Year(), wall.Month(), wall.Day()+days, 0, 0, 0, 0, time.UTC)
			found = append(found, occurrences(midnight, zone)...)
		}
		for _, s := range spansAround(wall, zone) {
			found = append(found, s.from)
		}
	}
	return within(b, found)
}

// within keeps the instants strictly between the edges of b.
func within(b Bounds, instants []time.Time) []time.Time {
	var kept []time.Time
	for _, t := range instants {
		if t.After(b.Earliest) && t.Before(b.Latest) {
			kept = append(kept, t)
		}
	}
	return kept
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
