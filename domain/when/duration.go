package when

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Duration is a length of time as ISO 8601 writes it. Years, months and days are steps on the calendar of some zone and
// have no length of their own; Clock is absolute. No part is negative.
type Duration struct {
	Years, Months, Days int
	Clock               time.Duration
}

// IsZero reports whether the duration is no time at all.
func (d Duration) IsZero() bool { return d == Duration{} }

// The bounds keep every later sum far from overflow.
const (
	mostYears = 1000
	// mostClock is 100,000 days of hours, minutes and seconds: a time.Duration ends at some 106,751.
	mostClock = 100_000 * 24 * time.Hour
)

// The designators before and after the T, in the order in which ISO 8601 wants them.
const (
	dateUnits  = "YMWD"
	clockUnits = "HMS"
)

var clockUnit = map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}

// ParseDuration reads an ISO 8601 duration: P, then years Y, months M, weeks W and days D in this order, then, after a T,
// hours H, minutes M and seconds S (PT48H, P3D, P2M, P1DT12H). A week is seven days and may stand with other units (ISO
// 8601-1:2019). Only the last of H, M and S may have a fraction, of at most nine digits, after a point. Signs, zero, and
// more than 1,000 years (of 365.25 days) in all or 2,400,000 hours after the T are refused. Errors are of type *Error.
func ParseDuration(text string) (Duration, error) {
	var d Duration
	dates, clock, hasClock := strings.Cut(text, "T")
	ok := strings.HasPrefix(dates, "P") && (hasClock && clock != "" || !hasClock && dates != "P")
	if ok = ok && d.readDates(dates[1:]) && d.readClock(clock); !ok {
		return Duration{}, refuse(quote(text) + " is not a duration: give one such as PT48H, P3D, P2M or P1DT12H, " +
			"with the units in the order of P1Y1M1W1DT1H1M1S, no sign, and a fraction at most on the last of hours, minutes and seconds")
	}
	switch {
	case d.IsZero():
		return Duration{}, refuse(quote(text) + " is no time at all: a duration must be longer than zero")
	case d.tooLong():
		return Duration{}, refuse(quote(text) + " is too long: a duration has at most 1,000 years in all, and at most 2,400,000 hours after the T")
	}
	return d, nil
}

// tooMany is more than the limits allow of any unit before the T, and far from overflow.
const tooMany = 1_000_000

// readDates reads the units before the T.
func (d *Duration) readDates(text string) bool {
	s := scanner{rest: text}
	for units := dateUnits; s.rest != ""; {
		number, ok := s.value()
		value, unit := int(min(number, tooMany)), s.unit(&units)
		switch {
		case !ok || unit == 0:
			return false
		case unit == 'Y':
			d.Years = value
		case unit == 'M':
			d.Months = value
		case unit == 'W':
			d.Days = 7 * value
		case unit == 'D':
			d.Days += value
		}
	}
	return true
}

// readClock reads the units after the T.
func (d *Duration) readClock(text string) bool {
	s := scanner{rest: text}
	for units := clockUnits; s.rest != ""; {
		value, ok := s.value()
		fraction, hasFraction := 0, s.take('.')
		if hasFraction {
			fraction = s.nanoseconds()
		}
		unit := clockUnit[s.unit(&units)]
		if !ok || s.bad || unit == 0 || hasFraction && s.rest != "" {
			return false
		}
		d.addClock(value, fraction, unit)
	}
	return true
}

// addClock adds value and fraction billionths of a unit. Every unit is a whole number of billion nanoseconds, so that
// nothing is rounded. Past mostClock it stops counting: the duration is too long already.
func (d *Duration) addClock(value int64, fraction int, unit time.Duration) {
	if value > int64(mostClock/unit) {
		d.Clock = mostClock + 1
		return
	}
	more := time.Duration(value)*unit + time.Duration(fraction)*(unit/time.Second)
	if more > mostClock-d.Clock {
		more = mostClock + 1 - d.Clock
	}
	d.Clock += more
}

// tooLong counts in seconds, a year as 365.25 days and a month as a twelfth of it.
func (d Duration) tooLong() bool {
	const day = 24 * 60 * 60
	const month = 365*day/12 + day/48
	whole := d.Clock.Truncate(time.Second)
	seconds := int64(d.Years*12+d.Months)*month + int64(d.Days)*day + int64(whole/time.Second)
	over := seconds == mostYears*12*month && d.Clock > whole
	return over || seconds > mostYears*12*month || d.Clock > mostClock
}

// value reads one or more digits. More than nine count as ten billion, which is more than the limits allow of any unit.
func (s *scanner) value() (int64, bool) {
	digits := s.digits()
	if len(digits) > 9 {
		return 10_000_000_000, true
	}
	return int64(decimal(digits)), digits != ""
}

// unit reads one of the units that may still follow, and leaves those that come after it. It is 0 where none stands.
func (s *scanner) unit(units *string) byte {
	if s.rest == "" {
		return 0
	}
	c := s.rest[0]
	at := strings.IndexByte(*units, c)
	if at < 0 {
		return 0
	}
	s.rest, *units = s.rest[1:], (*units)[at+1:]
	return c
}

// String is the canonical form, which ParseDuration reads back: weeks told in days, minutes and seconds below 60, hours
// never told in days. A zero duration is "PT0S", which ParseDuration refuses.
func (d Duration) String() string {
	text := "P" + part(d.Years, "Y") + part(d.Months, "M") + part(d.Days, "D")
	if d.Clock == 0 && text != "P" {
		return text
	}
	hours, rest := int(d.Clock/time.Hour), d.Clock%time.Hour
	text += "T" + part(hours, "H") + part(int(rest/time.Minute), "M")
	seconds, nanoseconds := int(rest%time.Minute/time.Second), int(rest%time.Second)
	switch {
	case nanoseconds != 0:
		return text + strconv.Itoa(seconds) + "." + strings.TrimRight(fmt.Sprintf("%09d", nanoseconds), "0") + "S"
	case d.Clock == 0:
		return text + "0S"
	}
	return text + part(seconds, "S")
}

func part(value int, unit string) string {
	if value == 0 {
		return ""
	}
	return strconv.Itoa(value) + unit
}
