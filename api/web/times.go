package web

import (
	"fmt"
	"html/template"
	"strconv"
	"time"

	"truceledger/domain/when"
)

// zoneOf is the zone in which a time is told: the reader's choice, else the record's own.
func (f Frame) zoneOf(own string) *time.Location {
	for _, name := range []string{f.Zone, own} {
		if name == "" {
			continue
		}
		if l, err := when.LoadZone(name); err == nil {
			return l
		}
	}
	return time.UTC
}

// moment tells bounds: the day or minute where they are known, else from when to when, with the source's own words.
func (f Frame) moment(b *when.Bounds, own string) template.HTML {
	if b == nil || b.IsZero() {
		return ""
	}
	if own == "" {
		own = b.Zone
	}
	zone := f.zoneOf(own)
	html := `<time datetime="` + b.Earliest.UTC().Format(time.RFC3339) + `"><bdi>` + esc(f.span(*b, zone)) + `</bdi></time>`
	if b.ZoneAssumed {
		html += ` <small>(` + esc(say(f.Lang, "time.assumed")) + `)</small>`
	}
	if b.Phrase != "" {
		html += ` <q class="phrase" dir="auto">` + esc(b.Phrase) + `</q>`
	}
	return template.HTML(html) //nolint:gosec // every part is escaped
}

// span tells bounds in words.
func (f Frame) span(b when.Bounds, zone *time.Location) string {
	from, until := b.Earliest.In(zone), b.Latest.In(zone)
	switch {
	case b.IsInstant():
		return f.clockTime(from)
	case b.Precision == when.Day && midnight(from):
		return f.day(from)
	case b.Precision == when.Month && midnight(from) && from.Day() == 1:
		return say(f.Lang, "month.alone."+strconv.Itoa(int(from.Month()))) + " " + strconv.Itoa(from.Year())
	case b.Precision == when.Year && midnight(from) && from.YearDay() == 1:
		return strconv.Itoa(from.Year())
	}
	if last := until.Add(-time.Nanosecond); midnight(from) && midnight(until) && last.After(from) { // whole days are told as days
		if last.YearDay() == from.YearDay() && last.Year() == from.Year() {
			return f.day(from)
		}
		return say(f.Lang, "time.between", "From", f.day(from), "Until", f.day(last))
	}
	return say(f.Lang, "time.between", "From", f.clockTime(from), "Until", f.clockTime(until))
}

func midnight(t time.Time) bool { h, m, s := t.Clock(); return h+m+s == 0 }

// day tells a date. The month is a word: 03/05 has been read as the third of May and as the fifth of March.
func (f Frame) day(t time.Time) string {
	return say(f.Lang, "time.day", "Day", t.Day(), "Month", say(f.Lang, "month."+strconv.Itoa(int(t.Month()))), "Year", t.Year())
}

// clockTime tells a moment with its offset, which is part of what was agreed.
func (f Frame) clockTime(t time.Time) string {
	layout := "15:04"
	if t.Second() != 0 {
		layout = "15:04:05"
	}
	_, offset := t.Zone()
	return f.day(t) + ", " + t.Format(layout) + " " + offsetName(offset)
}

func offsetName(seconds int) string {
	if seconds == 0 {
		return "UTC"
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "−", -seconds
	}
	name := fmt.Sprintf("UTC%s%d", sign, seconds/3600)
	if m := seconds % 3600 / 60; m != 0 {
		name += fmt.Sprintf(":%02d", m)
	}
	return name
}

// instant tells an exact moment.
func (f Frame) instant(t time.Time, own string) template.HTML {
	if t.IsZero() {
		return ""
	}
	b := when.At(t.Truncate(time.Second))
	return f.moment(&b, own)
}

// remaining is the text of the time left until a moment, as of the effective time: the scripts go on counting from there.
func (f Frame) remaining(until time.Time) string {
	left := until.Sub(f.Effective)
	switch {
	case left <= 0:
		return say(f.Lang, "js.left.none")
	case left >= 48*time.Hour:
		return say(f.Lang, "js.left.days", "Count", int(left/(24*time.Hour)))
	case left >= time.Hour:
		return say(f.Lang, "js.left.hours", "Count", int(left/time.Hour))
	}
	return say(f.Lang, "js.left.minutes", "Count", int(left/time.Minute))
}
