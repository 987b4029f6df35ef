package when_test

import (
	"testing"
	"time"

	"truceledger/domain/when"
)

var (
	noon   = utc("2016-05-02T12:00:00Z")
	monday = bounds("2016-05-02", "UTC")
	inst   = when.At(noon)
)

// bounds resolves what must resolve.
func bounds(at, zone string) when.Bounds {
	b, err := when.When{At: at, Zone: zone}.Resolve("UTC")
	if err != nil {
		panic(err)
	}
	return b
}

func TestReached(t *testing.T) {
	for _, c := range []struct {
		rule string
		b    when.Bounds
		at   time.Time
		want when.Truth
	}{
		{"before an instant", inst, noon.Add(-1), when.No},
		{"at an instant", inst, noon, when.Yes},
		{"after an instant", inst, noon.Add(1), when.Yes},
		{"before the day", monday, monday.Earliest.Add(-1), when.No},
		{"at the day's first instant", monday, monday.Earliest, when.Maybe},
		{"at the day's last nanosecond", monday, monday.Latest.Add(-1), when.Maybe},
		{"at the next day's first instant", monday, monday.Latest, when.Yes},
		{"unset bounds never come", when.Bounds{}, noon, when.No},
	} {
		if got := c.b.Reached(c.at); got != c.want {
			t.Errorf("%s: got %v, want %v", c.rule, got, c.want)
		}
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		rule string
		b    when.Bounds
		at   time.Time
		want bool
	}{
		{"an instant holds itself", inst, noon, true},
		{"an instant holds nothing later", inst, noon.Add(1), false},
		{"an instant holds nothing earlier", inst, noon.Add(-1), false},
		{"a day holds its first instant", monday, monday.Earliest, true},
		{"a day holds its last nanosecond", monday, monday.Latest.Add(-1), true},
		{"a day does not hold the next midnight", monday, monday.Latest, false},
		{"a day holds nothing earlier", monday, monday.Earliest.Add(-1), false},
		{"unset bounds hold nothing", when.Bounds{}, time.Time{}, false},
	} {
		if got := c.b.Contains(c.at); got != c.want {
			t.Errorf("%s: got %v, want %v", c.rule, got, c.want)
		}
	}
}

func TestOrder(t *testing.T) {
	sunday, tuesday := bounds("2016-05-01", "UTC"), bounds("2016-05-03", "UTC")
	start, end := when.At(monday.Earliest), when.At(monday.Latest)
	for _, c := range []struct {
		rule          string
		b, o          when.Bounds
		after, before bool
	}{
		{"an instant and itself", inst, inst, false, false},
		{"an instant and a later one", inst, when.At(noon.Add(1)), false, true},
		{"a day and an instant within", monday, inst, true, true},
		{"a day and its first instant", monday, start, true, false},
		{"a day and the next midnight", monday, end, false, true},
		{"a day and itself", monday, monday, true, true},
		{"a day and the next", monday, tuesday, false, true},
		{"a day and the one before", monday, sunday, true, false},
		{"a day and unset bounds", monday, when.Bounds{}, false, false},
		{"unset bounds and a day", when.Bounds{}, monday, false, false},
	} {
		if got := c.b.CanBeAfter(c.o); got != c.after {
			t.Errorf("%s: got after %v, want %v", c.rule, got, c.after)
		}
		if got := c.b.CanBeBefore(c.o); got != c.before {
			t.Errorf("%s: got before %v, want %v", c.rule, got, c.before)
		}
		if got := c.o.CanBeBefore(c.b); got != c.after {
			t.Errorf("%s, turned round: got before %v, want %v", c.rule, got, c.after)
		}
		checkTimeOrder(t, c.rule, c.b, c.o, c.after, c.before)
	}
}

// checkTimeOrder: for an instant, the questions about bounds and about a time must have the same answer.
func checkTimeOrder(t *testing.T, rule string, b, o when.Bounds, after, before bool) {
	t.Helper()
	if !o.IsInstant() || o.IsZero() {
		return
	}
	if got := b.CanBeAfterTime(o.Earliest); got != after {
		t.Errorf("%s: got after the time %v, want %v", rule, got, after)
	}
	if got := b.CanBeBeforeTime(o.Earliest); got != before {
		t.Errorf("%s: got before the time %v, want %v", rule, got, before)
	}
}

func TestUnsetBoundsHaveNoOrder(t *testing.T) {
	for _, at := range []time.Time{noon, {}, time.Time{}.Add(-1)} {
		if (when.Bounds{}).CanBeAfterTime(at) || (when.Bounds{}).CanBeBeforeTime(at) {
			t.Errorf("got an order to %v, want none", at)
		}
	}
}

func TestEqual(t *testing.T) {
	same := bounds("2016-05-02T12:00Z", "")
	same.Phrase = "at noon"
	if !inst.Equal(same) || inst.Equal(monday) || monday.Equal(bounds("2016-05-02", "+01:00")) {
		t.Error("want equality of the two edges only")
	}
	if longer := bounds("2016-05-02/2016-05-03", "UTC"); monday.Equal(longer) {
		t.Error("got equal bounds with different ends")
	}
}

func TestAtDropsWhatIsNotTheInstant(t *testing.T) {
	damascus, _ := when.LoadZone("Asia/Damascus")
	if got := when.At(noon.In(damascus)); got != inst || got.Earliest.Location() != time.UTC {
		t.Errorf("got %+v, want %+v", got, inst)
	}
}

func TestTruthString(t *testing.T) {
	for truth, want := range map[when.Truth]string{when.No: "no", when.Maybe: "maybe", when.Yes: "yes", when.Truth(7): "Truth(7)"} {
		if got := truth.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestBoundsString(t *testing.T) {
	twelve := when.Duration{Clock: 12 * time.Hour}
	shifted, _ := monday.Plus(twelve, "UTC")
	nowhere := inst
	nowhere.Zone = "Nowhere"
	for _, c := range []struct {
		rule string
		b    when.Bounds
		want string
	}{
		{"an instant in its zone", bounds("2016-05-04T22:00Z", "Asia/Damascus"), "2016-05-05 01:00 Asia/Damascus"},
		{"an instant with an offset", bounds("2016-05-05T01:00+03:00", ""), "2016-05-05 01:00 +03:00"},
		{"an instant in UTC", inst, "2016-05-02 12:00 UTC"},
		{"seconds where there are some", bounds("2016-05-05T01:00:09Z", ""), "2016-05-05 01:00:09 UTC"},
		{"a day", bounds("2016-05-02", "Asia/Damascus"), "2016-05-02"},
		{"a day without midnight", bounds("2016-03-25", "Asia/Damascus"), "2016-03-25"},
		{"a month", bounds("2016-02", "Asia/Kathmandu"), "2016-02"},
		{"a year", bounds("2016", "-14:00"), "2016"},
		{"an interval", bounds("2016-05-03T18:00/2016-05-03", "Asia/Damascus"), "2016-05-03 18:00 to 2016-05-04 00:00 Asia/Damascus"},
		{"a repeated time", bounds("2016-10-27T23:30", "Asia/Damascus"), "2016-10-27 23:30+03:00 to 2016-10-27 23:30+02:00 Asia/Damascus"},
		{"a day moved off its midnights", shifted, "2016-05-02 12:00 to 2016-05-03 12:00 UTC"},
		{"an unknown zone", nowhere, "2016-05-02 12:00 UTC"},
		{"unset", when.Bounds{}, ""},
	} {
		if got := c.b.String(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
}
