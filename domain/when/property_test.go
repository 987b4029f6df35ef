package when_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"truceledger/domain/when"
)

// The generators draw seconds, because that is how finely clocks change; and often days at the end of a month.

func drawTime(t *rapid.T, label string) time.Time {
	day := rapid.OneOf(rapid.IntRange(1, 31), rapid.IntRange(28, 31)).Draw(t, label+" day")
	year, month := rapid.IntRange(1900, 2100).Draw(t, label+" year"), rapid.IntRange(1, 12).Draw(t, label+" month")
	return time.Date(year, time.Month(month), day, 0, 0, rapid.IntRange(0, 86399).Draw(t, label+" second"), 0, time.UTC)
}

func drawZone(t *rapid.T) (string, *time.Location) {
	troubled := []string{"Asia/Damascus", "Pacific/Apia", "America/St_Johns", "America/Havana", "Pacific/Kwajalein", "Africa/Juba", "Australia/Lord_Howe", "Africa/Casablanca"}
	name := rapid.OneOf(rapid.SampledFrom(troubled), rapid.SampledFrom(zoneNames(t))).Draw(t, "zone")
	zone, err := when.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return name, zone
}

func drawDuration(t *rapid.T) when.Duration {
	return when.Duration{
		Years: rapid.IntRange(0, 5).Draw(t, "years"), Months: rapid.IntRange(0, 30).Draw(t, "months"), Days: rapid.IntRange(0, 40).Draw(t, "days"),
		Clock: time.Duration(rapid.IntRange(0, 200_000).Draw(t, "seconds")) * time.Second,
	}
}

func TestEveryInstantIsAReadingOfItsLocalTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, zone := drawZone(t)
		now := drawTime(t, "now")
		b := bounds(now.In(zone).Format("2006-01-02T15:04:05"), name)
		if !b.Earliest.Equal(now) && !b.Latest.Equal(now) {
			t.Fatalf("got %v to %v, want one of them to be %v", b.Earliest, b.Latest, now)
		}
	})
}

func TestEveryInstantLiesInItsDayMonthAndYear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, zone := drawZone(t)
		now := drawTime(t, "now")
		local := now.In(zone)
		repeated := !bounds(local.Format("2006-01-02T15:04:05"), name).IsInstant()
		for _, layout := range []string{"2006-01-02", "2006-01", "2006"} {
			b := bounds(local.Format(layout), name)
			if !b.Contains(now) && !repeated {
				t.Fatalf("%v is not within %v to %v", now, b.Earliest, b.Latest)
			}
			if b.String() != local.Format(layout) {
				t.Fatalf("got %q, want %q", b, local.Format(layout))
			}
		}
	})
}

func TestDaysFollowWithoutGapOrOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, _ := drawZone(t)
		day := drawTime(t, "day")
		today, err := when.When{At: day.Format("2006-01-02"), Zone: name}.Resolve("")
		tomorrow, err2 := when.When{At: day.AddDate(0, 0, 1).Format("2006-01-02"), Zone: name}.Resolve("")
		if err == nil && err2 == nil && !today.Latest.Equal(tomorrow.Earliest) {
			t.Fatalf("today ends at %v, tomorrow starts at %v", today.Latest, tomorrow.Earliest)
		}
	})
}

func TestFromIsMonotoneWhereNothingIsClamped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDuration(t)
		d.Years, d.Months = 0, 0
		_, zone := drawZone(t)
		first := drawTime(t, "first")
		second := first.Add(time.Duration(rapid.IntRange(0, 400_000).Draw(t, "seconds later")) * time.Second)
		turned := second.In(zone).Format(time.DateTime) < first.In(zone).Format(time.DateTime) // clocks went back between them
		if got, then := d.From(first, zone), d.From(second, zone); then.Before(got) && !turned {
			t.Fatalf("%v gives %v, but the later %v gives %v", first, got, second, then)
		}
	})
}

// TestMonthsKeepTheOrderOfDays: clamping may turn the times of different days round, but never the days.
func TestMonthsKeepTheOrderOfDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDuration(t)
		d.Clock = 0
		first, second := drawTime(t, "first").Truncate(24*time.Hour), drawTime(t, "second").Truncate(24*time.Hour)
		if second.Before(first) {
			first, second = second, first
		}
		if got, then := d.From(first, time.UTC), d.From(second, time.UTC); then.Before(got) {
			t.Fatalf("%v gives %v, but the later %v gives %v", first, got, second, then)
		}
	})
}

// TestMonthStepsLandInTheMonthOnTheSameOrTheLastDay counts months on its own, and takes the days from a table.
func TestMonthStepsLandInTheMonthOnTheSameOrTheLastDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, months := drawTime(t, "from"), rapid.IntRange(1, 500).Draw(t, "months")
		got := when.Duration{Years: months / 12, Months: months % 12}.From(from, time.UTC)
		count := from.Year()*12 + int(from.Month()) - 1 + months
		year, month := count/12, count%12+1
		length := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
		if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			length = 29
		}
		want := time.Date(year, time.Month(month), min(from.Day(), length), from.Hour(), from.Minute(), from.Second(), 0, time.UTC)
		if got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// TestPlusHoldsEveryReading: whatever moment was meant, adding the duration to it leads into the sum.
func TestPlusHoldsEveryReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, zone := drawZone(t)
		d, from := drawDuration(t), drawTime(t, "from")
		width := rapid.OneOf(rapid.IntRange(1, 7200), rapid.IntRange(1, 400_000), rapid.IntRange(1, 40_000_000)).Draw(t, "width")
		b := when.Bounds{Earliest: from, Latest: from.Add(time.Duration(width) * time.Second), Precision: when.Interval, Zone: "UTC"}
		sum, err := b.Plus(d, name)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			reading := from.Add(time.Duration(drawOffset(t, width)) * time.Second)
			if got := d.From(reading, zone); !sum.Contains(got) {
				t.Fatalf("%v + %v is %v, not within %v to %v", reading, d, got, sum.Earliest, sum.Latest)
			}
		}
	})
}

// drawOffset prefers what is near an edge.
func drawOffset(t *rapid.T, width int) int {
	n := rapid.OneOf(rapid.IntRange(0, width-1), rapid.IntRange(0, min(width-1, 90_000))).Draw(t, "reading")
	if rapid.Bool().Draw(t, "from the end") {
		return width - 1 - n
	}
	return n
}

func TestPlusIsFromForInstants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, zone := drawZone(t)
		d, from := drawDuration(t), drawTime(t, "from")
		sum, err := when.At(from).Plus(d, name)
		if want := d.From(from, zone); err != nil || sum.Earliest != want || sum.Latest != want {
			t.Fatalf("got %+v, %v, want %v", sum, err, want)
		}
	})
}
