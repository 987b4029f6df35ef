package when_test

import (
	"testing"
	"time"

	"truceledger/domain/when"
)

// lasting parses what must parse.
func lasting(text string) when.Duration {
	d, err := when.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestFrom(t *testing.T) {
	for _, c := range []struct{ rule, from, duration, zone, want string }{
		{"hours are absolute", "2016-05-06T21:01:00Z", "PT72H", "Asia/Damascus", "2016-05-09T21:01:00Z"},
		{"hours count through a clock change", "2016-03-24T10:00:00Z", "PT24H", "Asia/Damascus", "2016-03-25T10:00:00Z"},
		{"days keep the clock time through a clock change", "2016-03-24T10:00:00Z", "P1D", "Asia/Damascus", "2016-03-25T09:00:00Z"},
		{"days keep the clock time through a clock change", "2016-10-27T09:00:00Z", "P1D", "Asia/Damascus", "2016-10-28T10:00:00Z"},
		{"a zone without change", "2016-03-24T10:00:00Z", "P1D", "Europe/Moscow", "2016-03-25T10:00:00Z"},
		{"a month's end is clamped", "2016-01-31T10:00:00Z", "P1M", "UTC", "2016-02-29T10:00:00Z"},
		{"a month's end is clamped", "2015-01-31T10:00:00Z", "P1M", "UTC", "2015-02-28T10:00:00Z"},
		{"a month's end is clamped", "2016-02-29T10:00:00Z", "P1Y", "UTC", "2017-02-28T10:00:00Z"},
		{"a leap day meets the next", "2016-02-29T10:00:00Z", "P4Y", "UTC", "2020-02-29T10:00:00Z"},
		{"two months at once are not one and one", "2016-01-31T10:00:00Z", "P2M", "UTC", "2016-03-31T10:00:00Z"},
		{"years and months step as one", "2015-01-31T10:00:00Z", "P1Y1M", "UTC", "2016-02-29T10:00:00Z"},
		{"days step after the clamp", "2015-01-31T10:00:00Z", "P1M1D", "UTC", "2015-03-01T10:00:00Z"},
		{"the clock comes last", "2016-03-24T10:00:00Z", "P1DT24H", "Asia/Damascus", "2016-03-26T09:00:00Z"},
		{"months run over the year", "2016-11-30T10:00:00Z", "P15M", "UTC", "2018-02-28T10:00:00Z"},
		{"the day is the zone's", "2016-01-31T22:30:00Z", "P1M", "Asia/Damascus", "2016-02-29T22:30:00Z"},
		{"a skipped time becomes the first after the gap", "2016-03-26T01:30:00Z", "P1D", "Europe/Berlin", "2016-03-27T01:00:00Z"},
		{"a skipped midnight becomes the first after the gap", "2016-03-23T22:00:00Z", "P1D", "Asia/Damascus", "2016-03-24T22:00:00Z"},
		{"a skipped day becomes the next", "2011-12-29T20:00:00Z", "P1D", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"a repeated time is the earlier", "2016-10-26T20:30:00Z", "P1D", "Asia/Damascus", "2016-10-27T20:30:00Z"},
		{"hours do not fall back from a repeated time", "2016-10-27T21:30:00Z", "PT1H", "Asia/Damascus", "2016-10-27T22:30:00Z"},
		{"an offset never changes", "2016-03-24T10:00:00Z", "P1D", "+02:00", "2016-03-25T10:00:00Z"},
		{"nanoseconds are kept", "2016-01-31T10:00:00.000000007Z", "P1M", "Asia/Kathmandu", "2016-02-29T10:00:00.000000007Z"},
		{"a leap year's last day", "2048-12-30T15:00:00Z", "P1D", "America/New_York", "2048-12-31T15:00:00Z"},
	} {
		t.Run(c.rule+"/"+c.duration, func(t *testing.T) {
			zone, err := when.LoadZone(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			got := lasting(c.duration).From(utc(c.from).In(zone), zone)
			if got != utc(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPlus(t *testing.T) {
	for _, c := range []struct{ rule, at, in, duration, zone, want string }{
		{"an instant gives an instant", "2016-05-07T00:01", "Asia/Damascus", "PT72H", "Asia/Damascus", "2016-05-10T00:01"},
		{"an instant gives an instant after a clamp", "2015-01-31T12:00", "UTC", "P1M", "UTC", "2015-02-28T12:00"},
		{"a day gives a day", "2016-05-02", "Asia/Damascus", "P3D", "Asia/Damascus", "2016-05-05"},
		{"a day gives a day through a clock change", "2016-03-24", "Asia/Damascus", "P3D", "Asia/Damascus", "2016-03-27"},
		{"a day gives a day without midnight", "2016-03-24", "Asia/Damascus", "P1D", "Asia/Damascus", "2016-03-25"},
		{"a day gives a day out of one without midnight", "2016-03-25", "Asia/Damascus", "P1D", "Asia/Damascus", "2016-03-26"},
		{"a stated hour after a gap stays", "2016-03-25T01:00/2016-03-25T05:00", "Asia/Damascus", "P1D", "Asia/Damascus", "2016-03-26T01:00/2016-03-26T05:00"},
		{"a day gives a day, a month on, out of a day without midnight", "2016-10-16", "America/Sao_Paulo", "P1M", "America/Sao_Paulo", "2016-11-16"},
		{"a day gives a day of 25 hours", "2016-10-26", "Asia/Damascus", "P1D", "Asia/Damascus", "2016-10-27"},
		{"a month gives a month", "2016-02", "UTC", "P1M", "UTC", "2016-03"},
		{"a month gives a month, shorter", "2016-01", "UTC", "P1M", "UTC", "2016-02"},
		{"a year gives a year", "2016", "Asia/Kathmandu", "P1Y", "Asia/Kathmandu", "2017"},
		{"a clamped day is the whole last day", "2015-01-30", "UTC", "P1M", "UTC", "2015-02-28"},
		{"a clamped day is the whole last day", "2015-01-31", "Asia/Damascus", "P1M", "Asia/Damascus", "2015-02-28"},
		{"clamped days share the last day", "2015-01-28/2015-01-31", "UTC", "P1M", "UTC", "2015-02-28/2015-02-28"},
		{"clamping within does not turn the edges round", "2015-01-29T12:00/2015-01-30T06:00", "UTC", "P1M", "UTC", "2015-02-28T00:00/2015-02-28"},
		{"a split second after midnight is of the new day", "2015-01-31T00:00:00.25/2015-01-31T00:00:00.5", "UTC", "P1M", "UTC", "2015-02-28T00:00:00.25/2015-02-28T00:00:00.5"},
		{"what a repeated hour sets back is held too", "2016-10-27T20:30Z/2016-10-27T21:10Z", "", "P1D", "Asia/Damascus", "2016-10-28T21:00Z/2016-10-28T22:00Z"},
		{"hours shift both edges", "2016-05-02", "UTC", "PT12H", "UTC", "2016-05-02T12:00/2016-05-03T12:00"},
		{"hours shift a repeated time", "2016-10-27T23:30", "Asia/Damascus", "PT1H", "Asia/Damascus", "2016-10-27T21:30Z/2016-10-27T22:30Z"},
		{"what falls into a gap becomes its first second", "2016-03-26T02:10/2016-03-26T02:50", "Europe/Berlin", "P1D", "Europe/Berlin", "2016-03-27T01:00:00Z/2016-03-27T01:00:01Z"},
		{"another zone's calendar", "2016-03-24", "UTC", "P1D", "Asia/Damascus", "2016-03-24T23:00Z/2016-03-26T00:00Z"},
	} {
		t.Run(c.rule+"/"+c.at, func(t *testing.T) {
			b := bounds(c.at, c.in)
			got, err := b.Plus(lasting(c.duration), c.zone)
			if want := bounds(c.want, c.zone); err != nil || !got.Equal(want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
			if got.Precision != b.Precision || got.Zone != c.zone || got.IsInstant() != b.IsInstant() {
				t.Errorf("got %+v from %+v", got, b)
			}
		})
	}
}

func TestPlusKeepsWhatWasAssumedAndNotThePhrase(t *testing.T) {
	b, _ := when.When{At: "2016-05-02", Phrase: "into Monday"}.Resolve("Asia/Damascus")
	got, err := b.Plus(lasting("P1D"), "Asia/Damascus")
	if err != nil || !got.ZoneAssumed || got.Phrase != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestPlusRefuses(t *testing.T) {
	_, err := inst.Plus(lasting("P1D"), "Asia/Aleppo")
	checkRefusal(t, err, "zone", `"Asia/Aleppo"`)
	_, err = when.At(utc("9999-12-31T12:00:00Z")).Plus(lasting("P1D"), "UTC")
	checkRefusal(t, err, "", `"P1D" after 9999-12-31 12:00 UTC lies beyond the year 9999`)
	got, err := (when.Bounds{}).Plus(lasting("P1D"), "UTC")
	if err != nil || !got.IsZero() {
		t.Errorf("got %+v, %v from unset bounds, want unset bounds", got, err)
	}
}

func TestDurationIsZero(t *testing.T) {
	if !(when.Duration{}).IsZero() || (when.Duration{Clock: time.Nanosecond}).IsZero() || (when.Duration{Months: 1}).IsZero() {
		t.Error("want only the empty duration to be zero")
	}
}
