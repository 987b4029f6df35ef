package when

import "time"

// A wall time is what calendars and clocks in some zone show. It is kept in a time.Time as if it were in UTC.

// wallAt is what clocks in zone show at the instant t.
func wallAt(t time.Time, zone *time.Location) time.Time {
	return t.UTC().Add(offsetAt(t, zone))
}

func offsetAt(t time.Time, zone *time.Location) time.Duration {
	if zone == time.UTC {
		return 0
	}
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// A span is a time [from, to) in which a zone keeps one offset.
type span struct {
	from, to time.Time
	offset   time.Duration
}

// shows returns the instant at which clocks would show wall, were the span to last for ever.
func (s span) shows(wall time.Time) time.Time { return wall.Add(-s.offset) }

// spansAround are the spans, in order, of all instants at which clocks in zone can show wall: no zone has ever been
// a whole day and two hours away from UTC.
func spansAround(wall time.Time, zone *time.Location) []span {
	from, end := wall.Add(-26*time.Hour), wall.Add(26*time.Hour)
	var spans []span
	for from.Before(end) {
		to := nextChange(from, zone)
		if to.IsZero() || to.After(end) {
			to = end
		}
		spans = append(spans, span{from: from, to: to, offset: offsetAt(from, zone)})
		from = to
	}
	return spans
}

// nextChange is an instant after t, in UTC, up to which zone keeps the offset that it has at t; zero if it keeps it for ever.
// On the last day of a leap year that the zone's rule foretells, ZoneBounds puts the year's end before t (Go 1.26 counts
// 365 days to a year there). Without the loop, whoever walks from change to change would never get past that day.
func nextChange(t time.Time, zone *time.Location) time.Time {
	_, end := t.In(zone).ZoneBounds()
	for !end.IsZero() && !end.After(t) {
		end = end.Add(24 * time.Hour)
	}
	return end.UTC()
}

// occurrences are the instants, in order and in UTC, at which clocks in zone show wall: none where a clock change skips
// it, two where one repeats it.
func occurrences(wall time.Time, zone *time.Location) []time.Time {
	if zone == time.UTC {
		return []time.Time{wall}
	}
	var found []time.Time
	for _, s := range spansAround(wall, zone) {
		if t := s.shows(wall); !t.Before(s.from) && t.Before(s.to) {
			found = append(found, t)
		}
	}
	return found
}

// firstAt is the first instant, in UTC, at which clocks in zone show wall or later: the earlier of two where wall is
// repeated, the first after the gap where it is skipped.
func firstAt(wall time.Time, zone *time.Location) time.Time {
	if zone == time.UTC {
		return wall
	}
	spans := spansAround(wall, zone)
	for _, s := range spans {
		if t := s.shows(wall); t.Before(s.from) {
			return s.from
		} else if t.Before(s.to) {
			return t
		}
	}
	return spans[len(spans)-1].to // unreachable: the spans reach beyond every offset
}
