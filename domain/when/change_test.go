package when_test

import (
	"testing"
	"time"

	"truceledger/domain/when"
)

// TestEveryClockChange walks all zones through the years 1970 to 2050, finds their clock changes by looking at the offset
// alone, and asks for a local time in the middle of each: skipped ones are refused, repeated ones have both readings.
func TestEveryClockChange(t *testing.T) {
	changes := 0
	for _, name := range zoneNames(t) {
		zone, err := when.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := utc("1970-01-01T00:00:00Z"); at.Year() < 2050; at = at.Add(20 * 24 * time.Hour) {
			if next := at.Add(20 * 24 * time.Hour); offset(at, zone) != offset(next, zone) {
				checkChange(t, name, zone, bisect(at, next, zone))
				changes++
			}
		}
	}
	if changes < 20_000 {
		t.Errorf("got %d clock changes, want those of all zones", changes)
	}
}

func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// bisect finds the second at which the offset becomes another than at low.
func bisect(low, high time.Time, zone *time.Location) time.Time {
	start := offset(low, zone)
	for high.Sub(low) > time.Second {
		middle := low.Add(high.Sub(low) / 2).Truncate(time.Second)
		if offset(middle, zone) == start {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

func checkChange(t *testing.T, name string, zone *time.Location, change time.Time) {
	t.Helper()
	before, after := offset(change.Add(-time.Second), zone), offset(change, zone)
	middle := change.Add((before + after) / 2)
	b, err := when.When{At: middle.Format("2006-01-02T15:04:05.999999999"), Zone: name}.Resolve("")
	switch {
	case after > before:
		if err == nil {
			t.Errorf("%s: got %v for the skipped %v", name, b, middle)
		}
	case err != nil || b.Earliest != middle.Add(-before) || b.Latest != middle.Add(-after) || b.Precision != when.Interval:
		t.Errorf("%s: got %+v, %v for the repeated %v", name, b, err, middle)
	}
}
