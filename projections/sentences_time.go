package projections

import (
	"strconv"
	"strings"
	"time"

	"truceledger/domain/when"
)

// told says when something happens: "on 2 May 2016", "at 7 May 2016 00:01 Asia/Damascus", with the source's own words.
func told(b when.Bounds, phrase string) string {
	text := shown(b)
	switch {
	case b.IsZero():
		return ""
	case isWhole(b) && b.Precision != when.Day:
		text = "in " + text
	case isWhole(b):
		text = "on " + text
	case b.IsInstant():
		text = "at " + text
	}
	return text + inWords(phrase)
}

// term says from when until when.
func term(from, until when.Bounds, fromPhrase, untilPhrase string) string {
	text := ""
	if !from.IsZero() {
		text += " from " + shown(from) + inWords(fromPhrase)
	}
	if !until.IsZero() {
		if from.IsZero() {
			text += " until "
		} else {
			text += ", until "
		}
		text += shown(until) + inWords(untilPhrase)
	}
	return text
}

func inWords(phrase string) string {
	if phrase == "" {
		return ""
	}
	return " (“" + phrase + "”)"
}

// shown tells bounds in their own zone: "7 May 2016 00:01 Asia/Damascus", "2 May 2016", "February 2016", or the two edges of
// what is less regular.
func shown(b when.Bounds) string {
	if b.IsZero() {
		return ""
	}
	name, zone := b.Zone, time.UTC
	if z, err := when.LoadZone(b.Zone); err == nil {
		zone = z
	} else {
		name = "UTC"
	}
	switch {
	case isWhole(b):
		return b.Earliest.In(zone).Format(map[when.Precision]string{when.Day: "2 January 2006", when.Month: "January 2006", when.Year: "2006"}[b.Precision])
	case b.IsInstant():
		return moment(b.Earliest.In(zone)) + " " + name
	}
	return "between " + moment(b.Earliest.In(zone)) + " and " + moment(b.Latest.In(zone)) + " " + name
}

// isWhole reports whether bounds are one whole day, month or year: when.Bounds then tells them without a clock time.
func isWhole(b when.Bounds) bool {
	switch b.Precision {
	case when.Day, when.Month, when.Year:
		return !strings.Contains(b.String(), " ")
	}
	return false
}

func moment(t time.Time) string {
	if t.Second() == 0 {
		return t.Format("2 January 2006 15:04")
	}
	return t.Format("2 January 2006 15:04:05")
}

// duration tells an ISO 8601 duration: PT72H is 72 hours.
func duration(iso string) string {
	units := map[byte]string{'Y': "year", 'M': "month", 'W': "week", 'D': "day", 'H': "hour", 'S': "second"}
	var parts []string
	number := ""
	for i := 1; i < len(iso); i++ {
		switch c := iso[i]; {
		case c == 'T':
			units['M'] = "minute"
		case c >= '0' && c <= '9' || c == '.' || c == ',':
			number += string(c)
		default:
			unit := units[c]
			if n, err := strconv.Atoi(number); err != nil || n != 1 {
				unit += "s"
			}
			parts, number = append(parts, number+" "+unit), ""
		}
	}
	return strings.Join(parts, " ")
}
