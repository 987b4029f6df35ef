package when

import (
	"fmt"
	"time"
)

// A moment is one side of an At, read but not yet placed in a zone.
type moment struct {
	text      string
	precision Precision
	// wall is what calendars and clocks show, written as if in UTC: for a day, month or year, the start of it.
	wall time.Time
	// zone is the moment's own: "UTC" for Z, an offset, or empty.
	zone string
}

// hasClock reports whether the moment states a time of day.
func (m moment) hasClock() bool { return m.precision == Second || m.precision == Minute }

// next is the wall time at which the day, month or year after the stated one starts.
func (m moment) next() time.Time {
	switch m.precision {
	case Day:
		return m.wall.AddDate(0, 0, 1)
	case Month:
		return m.wall.AddDate(0, 1, 0)
	default:
		return m.wall.AddDate(1, 0, 0)
	}
}

// readMoment reads YYYY, YYYY-MM, YYYY-MM-DD, or a date followed by THH:MM[:SS[.fraction]] and perhaps Z or ±HH:MM.
func readMoment(text string) (moment, error) {
	s := scanner{rest: text}
	f := fields{month: 1, day: 1, precision: Year}
	f.year = s.number(4)
	if s.take('-') {
		f.month, f.precision = s.number(2), Month
		if s.take('-') {
			f.day, f.precision = s.number(2), Day
			if s.take('T') {
				f.clock(&s)
			}
		}
	}
	if s.bad || s.rest != "" {
		return moment{}, unreadable(text)
	}
	return f.moment(text)
}

func unreadable(text string) error {
	return refuse(quote(text) + " is not a time that can be read: give 2016-05-05T00:01+03:00, or 2016-05-05T00:01 with a zone, " +
		"or a date 2016-05-05, a month 2016-05, a year 2016, or two of these joined by /")
}

// fields are the numbers of a moment as written, before they are held against the calendar.
type fields struct {
	year, month, day, hour, minute, second, nanosecond int
	precision                                          Precision
	zone                                               string
}

// clock reads what follows the T.
func (f *fields) clock(s *scanner) {
	f.hour, f.precision = s.number(2), Minute
	s.need(':')
	f.minute = s.number(2)
	if s.take(':') {
		f.second, f.precision = s.number(2), Second
		if s.take('.') {
			f.nanosecond = s.nanoseconds()
		}
	}
	f.zone = s.offset()
}

// moment holds the fields against the calendar and the clock. 24:00 is 00:00 of the next day, as in ISO 8601.
func (f fields) moment(text string) (moment, error) {
	if problem := f.problem(); problem != "" {
		return moment{}, refuse(quote(text) + " " + problem)
	}
	if f.zone != "" {
		if _, err := LoadZone(f.zone); err != nil {
			return moment{}, refuse(quote(text) + " has the offset " + f.zone + ": offsets run from -14:00 to +14:00, and UTC is Z or +00:00")
		}
	}
	wall := time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, f.nanosecond, time.UTC)
	return moment{text: text, precision: f.precision, wall: wall, zone: f.zone}, nil
}

// problem is what the calendar or the clock has against the fields, or empty.
func (f fields) problem() string {
	switch {
	case f.year < 1:
		return "is outside the years 0001 to 9999"
	case f.month < 1 || f.month > 12:
		return fmt.Sprintf("has the month %02d: months run from 01 to 12", f.month)
	case f.day < 1 || f.day > daysIn(f.year, f.month):
		return fmt.Sprintf("is not in the calendar: the days of %04d-%02d run from 01 to %d", f.year, f.month, daysIn(f.year, f.month))
	case f.hour == 24 && f.minute+f.second+f.nanosecond > 0:
		return "is past the end of the day: only 24:00 itself is allowed, and means 00:00 of the next day"
	case f.hour > 24 || f.minute > 59:
		return "is not on the clock: times run from 00:00 to 24:00"
	case f.second > 59:
		return "is not on the clock: seconds run from 00 to 59, without leap seconds"
	}
	return ""
}

// daysIn counts the days of a month; the months may run on past December.
func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
