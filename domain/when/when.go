// Package when reads the times that people state, and keeps what they leave open.
//
// A When is what somebody said ("2016-05-02", "into Monday"); Bounds are what it amounts to: the earliest and the latest
// instant it can mean. The package never guesses a zone, never reads a clock, and answers questions about a moment with
// yes, no or maybe.
//
// The forms are those of ISO 8601-1:2019 in its extended format, four-digit years and whole offsets only; a date, month
// or year stands for some moment within it, as in EDTF (ISO 8601-2). Zones are those of the IANA time zone database.
package when

import (
	"strconv"
	"time"
	"unicode/utf8"
)

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

// Instant states the instant t, in UTC and to the nanosecond, so that it resolves to At(t) in every ledger. The zero
// time states nothing. A t outside the years 0001 to 9999 makes a When that does not resolve.
func Instant(t time.Time) When {
	if t.IsZero() {
		return When{}
	}
	return When{At: t.UTC().Format(time.RFC3339Nano)}
}

// An Error says why a stated time, zone or duration cannot be taken, in a sentence for whoever stated it.
type Error struct {
	// Field is "zone" when the zone is at fault, and empty for the stated time or duration itself.
	Field string
	// Problem names what was given, in quotes and clipped, and what is allowed.
	Problem string
}

// Error is the problem, after the field where one is named.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return e.Field + ": " + e.Problem
}

// refuse is an Error about the stated time or duration itself.
func refuse(problem string) error { return &Error{Problem: problem} }

// longest is how many characters of a stated text are quoted back.
const longest = 60

// quote shows what was given without letting a long or a broken text spoil the answer.
func quote(given string) string {
	if utf8.RuneCountInString(given) <= longest {
		return strconv.Quote(given)
	}
	end := 0
	for range longest {
		_, size := utf8.DecodeRuneInString(given[end:])
		end += size
	}
	return strconv.Quote(given[:end] + "…")
}
