package when_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"truceledger/domain/when"
)

// The years that the tables speak of had these clock changes (IANA): Damascus 25 March 2016 00:00 to 01:00 and 28 October
// 2016 00:00 to 23:00; Beirut 27 March 2016 00:00 to 01:00; São Paulo 16 October 2016 00:00 to 01:00; Havana 6 November 2016
// 01:00 to 00:00; St John's 7 November 2010 00:01 to 23:01; Juba 1 February 2021 00:00 to 23:00; Apia left out 30 December
// 2011.

type resolution struct {
	rule             string
	at, zone         string
	earliest, latest string // latest empty: an instant
	precision        when.Precision
	inZone           string
	assumed          bool
}

func TestResolve(t *testing.T) {
	for _, tables := range [][]resolution{instants, locals, stretches, intervals} {
		for _, r := range tables {
			t.Run(r.rule+"/"+r.at, func(t *testing.T) { checkResolution(t, r) })
		}
	}
}

func checkResolution(t *testing.T, r resolution) {
	t.Helper()
	got, err := when.When{At: r.at, Zone: r.zone, Phrase: "into Monday"}.Resolve("Asia/Damascus")
	if err != nil {
		t.Fatalf("got refusal %v, want %s", err, r.earliest)
	}
	if r.latest == "" {
		r.latest = r.earliest
	}
	want := when.Bounds{Earliest: utc(r.earliest), Latest: utc(r.latest), Precision: r.precision, Zone: r.inZone, ZoneAssumed: r.assumed, Phrase: "into Monday"}
	if got != want {
		t.Errorf("\ngot  %+v\nwant %+v", got, want)
	}
}

// utc reads an instant that is written in UTC.
func utc(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

var instants = []resolution{
	{rule: "an offset names the instant", at: "2016-05-05T00:01+03:00", earliest: "2016-05-04T21:01:00Z", precision: when.Minute, inZone: "+03:00"},
	{rule: "seconds are kept", at: "2016-05-05T00:01:59-03:30", earliest: "2016-05-05T03:31:59Z", precision: when.Second, inZone: "-03:30"},
	{rule: "Z is UTC", at: "2016-05-05T00:01Z", earliest: "2016-05-05T00:01:00Z", precision: when.Minute, inZone: "UTC"},
	{rule: "zero offset is not called UTC", at: "2016-05-05T00:01+00:00", earliest: "2016-05-05T00:01:00Z", precision: when.Minute, inZone: "+00:00"},
	{rule: "fractions are kept to the nanosecond", at: "2016-05-05T00:01:02.5Z", earliest: "2016-05-05T00:01:02.5Z", precision: when.Second, inZone: "UTC"},
	{rule: "fractions are kept to the nanosecond", at: "2016-05-05T00:01:02.000000001Z", earliest: "2016-05-05T00:01:02.000000001Z", precision: when.Second, inZone: "UTC"},
	{rule: "offsets reach fourteen hours", at: "2016-05-05T00:00+14:00", earliest: "2016-05-04T10:00:00Z", precision: when.Minute, inZone: "+14:00"},
	{rule: "offsets reach fourteen hours", at: "2016-05-05T00:00-14:00", earliest: "2016-05-05T14:00:00Z", precision: when.Minute, inZone: "-14:00"},
	{rule: "24:00 is midnight of the next day", at: "2016-05-09T24:00+03:00", earliest: "2016-05-09T21:00:00Z", precision: when.Minute, inZone: "+03:00"},
	{rule: "24:00 is midnight of the next day", at: "2016-12-31T24:00:00.0Z", earliest: "2017-01-01T00:00:00Z", precision: when.Second, inZone: "UTC"},
	{rule: "24:00 is midnight of the next day", at: "2016-02-29T24:00:00Z", earliest: "2016-03-01T00:00:00Z", precision: when.Second, inZone: "UTC"},
	{rule: "an offset may agree with the zone", at: "2016-02-27T00:00+02:00", zone: "Asia/Damascus", earliest: "2016-02-26T22:00:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "an offset may agree with the zone", at: "2016-05-04T00:01+03:00", zone: "Europe/Moscow", earliest: "2016-05-03T21:01:00Z", precision: when.Minute, inZone: "Europe/Moscow"},
	{rule: "an offset may agree with the zone", at: "2016-05-04T00:01+03:00", zone: "+03:00", earliest: "2016-05-03T21:01:00Z", precision: when.Minute, inZone: "+03:00"},
	{rule: "an offset chooses between two equal local times", at: "2016-10-27T23:30+03:00", zone: "Asia/Damascus", earliest: "2016-10-27T20:30:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "an offset chooses between two equal local times", at: "2016-10-27T23:30+02:00", zone: "Asia/Damascus", earliest: "2016-10-27T21:30:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "Z agrees with every zone", at: "2016-05-04T21:01Z", zone: "Asia/Damascus", earliest: "2016-05-04T21:01:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "the calendar ends with the year 9999", at: "9999-12-31T23:59:59.999999999Z", earliest: "9999-12-31T23:59:59.999999999Z", precision: when.Second, inZone: "UTC"},
	{rule: "the calendar begins with the year 1", at: "0001-01-01T00:00:00.000000001Z", earliest: "0001-01-01T00:00:00.000000001Z", precision: when.Second, inZone: "UTC"},
}

var locals = []resolution{
	{rule: "winter time", at: "2016-02-27T00:00", zone: "Asia/Damascus", earliest: "2016-02-26T22:00:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "summer time", at: "2016-05-05T00:01", zone: "Asia/Damascus", earliest: "2016-05-04T21:01:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "no summer time", at: "2016-02-27T00:00:00", zone: "Europe/Moscow", earliest: "2016-02-26T21:00:00Z", precision: when.Second, inZone: "Europe/Moscow"},
	{rule: "no summer time", at: "2016-07-27T00:00", zone: "Europe/Moscow", earliest: "2016-07-26T21:00:00Z", precision: when.Minute, inZone: "Europe/Moscow"},
	{rule: "a quarter of an hour", at: "2016-05-05T00:00", zone: "Asia/Kathmandu", earliest: "2016-05-04T18:15:00Z", precision: when.Minute, inZone: "Asia/Kathmandu"},
	{rule: "a fixed offset is a zone", at: "2016-05-05T00:01", zone: "+03:00", earliest: "2016-05-04T21:01:00Z", precision: when.Minute, inZone: "+03:00"},
	{rule: "UTC is a zone", at: "2016-05-05T00:01", zone: "UTC", earliest: "2016-05-05T00:01:00Z", precision: when.Minute, inZone: "UTC"},
	{rule: "24:00 is local too", at: "2016-05-09T24:00", zone: "Asia/Damascus", earliest: "2016-05-09T21:00:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "the first minute after a gap", at: "2016-03-25T01:00", zone: "Asia/Damascus", earliest: "2016-03-24T22:00:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "the last second before a gap", at: "2016-03-24T23:59:59", zone: "Asia/Damascus", earliest: "2016-03-24T21:59:59Z", precision: when.Second, inZone: "Asia/Damascus"},
	{rule: "a repeated time is an interval", at: "2016-10-27T23:30", zone: "Asia/Damascus", earliest: "2016-10-27T20:30:00Z", latest: "2016-10-27T21:30:00Z", precision: when.Interval, inZone: "Asia/Damascus"},
	{rule: "a repeated time is an interval", at: "2016-10-27T23:00:00", zone: "Asia/Damascus", earliest: "2016-10-27T20:00:00Z", latest: "2016-10-27T21:00:00Z", precision: when.Interval, inZone: "Asia/Damascus"},
	{rule: "the minute after a repeated hour", at: "2016-10-28T00:00", zone: "Asia/Damascus", earliest: "2016-10-27T22:00:00Z", precision: when.Minute, inZone: "Asia/Damascus"},
	{rule: "a repeated time is an interval", at: "2021-01-31T23:59", zone: "Africa/Juba", earliest: "2021-01-31T20:59:00Z", latest: "2021-01-31T21:59:00Z", precision: when.Interval, inZone: "Africa/Juba"},
	{rule: "a repeated time is an interval", at: "2016-11-06T00:00", zone: "America/Havana", earliest: "2016-11-06T04:00:00Z", latest: "2016-11-06T05:00:00Z", precision: when.Interval, inZone: "America/Havana"},
	{rule: "half an hour is repeated", at: "2016-04-03T01:45", zone: "Australia/Lord_Howe", earliest: "2016-04-02T14:45:00Z", latest: "2016-04-02T15:15:00Z", precision: when.Interval, inZone: "Australia/Lord_Howe"},
	{rule: "a whole day is repeated", at: "1969-09-30T12:00", zone: "Pacific/Kwajalein", earliest: "1969-09-30T01:00:00Z", latest: "1969-10-01T00:00:00Z", precision: when.Interval, inZone: "Pacific/Kwajalein"},
	{rule: "the last day of a leap year that only the rule foretells", at: "2048-12-31T12:00", zone: "America/New_York", earliest: "2048-12-31T17:00:00Z", precision: when.Minute, inZone: "America/New_York"},
	{rule: "the last day of a leap year that only the rule foretells", at: "2048-12-31T24:00", zone: "Australia/Sydney", earliest: "2048-12-31T13:00:00Z", precision: when.Minute, inZone: "Australia/Sydney"},
}

var stretches = []resolution{
	{rule: "a day", at: "2016-05-02", zone: "Asia/Damascus", earliest: "2016-05-01T21:00:00Z", latest: "2016-05-02T21:00:00Z", precision: when.Day, inZone: "Asia/Damascus"},
	{rule: "a month, with a clock change", at: "2016-03", zone: "Asia/Damascus", earliest: "2016-02-29T22:00:00Z", latest: "2016-03-31T21:00:00Z", precision: when.Month, inZone: "Asia/Damascus"},
	{rule: "a year", at: "2016", zone: "UTC", earliest: "2016-01-01T00:00:00Z", latest: "2017-01-01T00:00:00Z", precision: when.Year, inZone: "UTC"},
	{rule: "the ledger's zone is assumed", at: "2016-05-02", earliest: "2016-05-01T21:00:00Z", latest: "2016-05-02T21:00:00Z", precision: when.Day, inZone: "Asia/Damascus", assumed: true},
	{rule: "the ledger's zone is assumed", at: "2016-02", earliest: "2016-01-31T22:00:00Z", latest: "2016-02-29T22:00:00Z", precision: when.Month, inZone: "Asia/Damascus", assumed: true},
	{rule: "the ledger's zone is assumed", at: "2016", earliest: "2015-12-31T22:00:00Z", latest: "2016-12-31T22:00:00Z", precision: when.Year, inZone: "Asia/Damascus", assumed: true},
	{rule: "a fixed offset is a zone", at: "2016-02-29", zone: "-09:30", earliest: "2016-02-29T09:30:00Z", latest: "2016-03-01T09:30:00Z", precision: when.Day, inZone: "-09:30"},
	{rule: "a day without midnight", at: "2016-03-25", zone: "Asia/Damascus", earliest: "2016-03-24T22:00:00Z", latest: "2016-03-25T21:00:00Z", precision: when.Day, inZone: "Asia/Damascus"},
	{rule: "a day without midnight", at: "2016-03-27", zone: "Asia/Beirut", earliest: "2016-03-26T22:00:00Z", latest: "2016-03-27T21:00:00Z", precision: when.Day, inZone: "Asia/Beirut"},
	{rule: "a day without midnight", at: "2016-10-16", zone: "America/Sao_Paulo", earliest: "2016-10-16T03:00:00Z", latest: "2016-10-17T02:00:00Z", precision: when.Day, inZone: "America/Sao_Paulo"},
	{rule: "the day before one without midnight", at: "2016-10-15", zone: "America/Sao_Paulo", earliest: "2016-10-15T03:00:00Z", latest: "2016-10-16T03:00:00Z", precision: when.Day, inZone: "America/Sao_Paulo"},
	{rule: "a day of 25 hours", at: "2016-10-27", zone: "Asia/Damascus", earliest: "2016-10-26T21:00:00Z", latest: "2016-10-27T22:00:00Z", precision: when.Day, inZone: "Asia/Damascus"},
	{rule: "a day with two midnights starts at the first", at: "2016-11-06", zone: "America/Havana", earliest: "2016-11-06T04:00:00Z", latest: "2016-11-07T05:00:00Z", precision: when.Day, inZone: "America/Havana"},
	{rule: "a day that ends, comes back, and ends again, ends the first time", at: "2010-11-06", zone: "America/St_Johns", earliest: "2010-11-06T02:30:00Z", latest: "2010-11-07T02:30:00Z", precision: when.Day, inZone: "America/St_Johns"},
	{rule: "the day before a skipped one", at: "2011-12-29", zone: "Pacific/Apia", earliest: "2011-12-29T10:00:00Z", latest: "2011-12-30T10:00:00Z", precision: when.Day, inZone: "Pacific/Apia"},
	{rule: "the day after a skipped one", at: "2011-12-31", zone: "Pacific/Apia", earliest: "2011-12-30T10:00:00Z", latest: "2011-12-31T10:00:00Z", precision: when.Day, inZone: "Pacific/Apia"},
}

var intervals = []resolution{
	{rule: "from the start of the first to the end of the second", at: "2016-05-02/2016-05-03", earliest: "2016-05-01T21:00:00Z", latest: "2016-05-03T21:00:00Z", precision: when.Interval, inZone: "Asia/Damascus", assumed: true},
	{rule: "from the start of the first to the end of the second", at: "2016-05-03T18:00/2016-05-03", zone: "Asia/Damascus", earliest: "2016-05-03T15:00:00Z", latest: "2016-05-03T21:00:00Z", precision: when.Interval, inZone: "Asia/Damascus"},
	{rule: "the end of an instant is the instant", at: "2016-05-03T18:00Z/2016-05-03T24:00Z", earliest: "2016-05-03T18:00:00Z", latest: "2016-05-04T00:00:00Z", precision: when.Interval, inZone: "UTC"},
	{rule: "the same day twice is that day", at: "2016-05-02/2016-05-02", zone: "UTC", earliest: "2016-05-02T00:00:00Z", latest: "2016-05-03T00:00:00Z", precision: when.Interval, inZone: "UTC"},
	{rule: "a side may lie within the other", at: "2016-05/2016-05-02", zone: "UTC", earliest: "2016-05-01T00:00:00Z", latest: "2016-05-03T00:00:00Z", precision: when.Interval, inZone: "UTC"},
	{rule: "a side may lie within the other", at: "2016-05-02/2016", zone: "UTC", earliest: "2016-05-02T00:00:00Z", latest: "2017-01-01T00:00:00Z", precision: when.Interval, inZone: "UTC"},
	{rule: "each side may have its own offset, and the first names the zone", at: "2016-05-03T18:00+03:00/2016-05-03T18:00-04:00", earliest: "2016-05-03T15:00:00Z", latest: "2016-05-03T22:00:00Z", precision: when.Interval, inZone: "+03:00"},
	{rule: "one side's offset agrees with the zone of the other", at: "2016-05-03T18:00+03:00/2016-05-03T19:00", zone: "Asia/Damascus", earliest: "2016-05-03T15:00:00Z", latest: "2016-05-03T16:00:00Z", precision: when.Interval, inZone: "Asia/Damascus"},
	{rule: "the same instant twice is an instant", at: "2016-05-03T18:00+03:00/2016-05-03T15:00:00Z", earliest: "2016-05-03T15:00:00Z", precision: when.Second, inZone: "+03:00"},
	{rule: "a day until its first instant is that instant", at: "2016-05-03/2016-05-03T00:00", zone: "UTC", earliest: "2016-05-03T00:00:00Z", precision: when.Minute, inZone: "UTC"},
	{rule: "a repeated time ends the second time", at: "2016-10-27T22:00/2016-10-27T23:30", zone: "Asia/Damascus", earliest: "2016-10-27T19:00:00Z", latest: "2016-10-27T21:30:00Z", precision: when.Interval, inZone: "Asia/Damascus"},
}

func TestRefusals(t *testing.T) {
	const form, day, clock, bare = "is not a time that can be read", "is not in the calendar", "is not on the clock", "has neither a zone nor an offset"
	for _, c := range []struct{ rule, at, zone, problem string }{
		{"a local time needs a zone", "2016-05-05T00:01", "", bare},
		{"both sides need a zone", "2016-05-05T00:01Z/2016-05-05T00:02", "", bare},
		{"a date beside an offset needs a zone", "2016-05-05T00:01Z/2016-05-06", "", bare},
		{"a date beside a local time needs a zone", "2016-05-05/2016-05-06T00:00", "", bare},
		{"lowercase t", "2016-05-05t00:01Z", "", form},
		{"lowercase z", "2016-05-05T00:01z", "", form},
		{"a space for the T", "2016-05-05 00:01Z", "", form},
		{"space around", " 2016-05-05", "", form},
		{"space around", "2016-05-05T00:01Z\n", "", form},
		{"the basic format", "20160505T000100Z", "", form},
		{"the basic format", "20160505", "", form},
		{"the basic format", "2016-0505", "", form},
		{"the basic format", "2016-05-05T0001Z", "", form},
		{"a bare hour", "2016-05-05T00Z", "", form},
		{"a short offset", "2016-05-05T00:01+03", "", form},
		{"a basic offset", "2016-05-05T00:01+0300", "", form},
		{"an offset with seconds", "2016-05-05T00:01+03:00:00", "", form},
		{"an offset after a date", "2016-05-05Z", "", form},
		{"a bracketed zone", "2016-05-05T00:01+03:00[Asia/Damascus]", "", form},
		{"a week date", "2016-W18-4", "", form},
		{"an ordinal date", "2016-126", "", form},
		{"one digit", "2016-5-5", "", form},
		{"a signed year", "+2016-05-05", "", form},
		{"a year of five digits", "12016", "", form},
		{"a year of two digits", "16-05-05", "", form},
		{"a comma", "2016-05-05T00:01:00,5Z", "", form},
		{"an empty fraction", "2016-05-05T00:01:00.Z", "", form},
		{"ten digits of a fraction", "2016-05-05T00:01:00.0000000001Z", "", form},
		{"a fraction of a minute", "2016-05-05T00:01.5Z", "", form},
		{"Arabic digits", "٢٠١٦-٠٥-٠٥", "", form},
		{"an open interval", "2016-05-05/..", "", form},
		{"a side left out", "2016-05-05/", "", form},
		{"a duration as a side", "2016-05-05/P1D", "", form},
		{"an interval as a side", "2016-05-05/2016-05-06/2016-05-07", "", "more than one /"},
		{"the year zero", "0000-05-05", "", "outside the years 0001 to 9999"},
		{"no such month", "2016-13", "", "months run from 01 to 12"},
		{"no such month", "2016-00-10", "", "months run from 01 to 12"},
		{"no such day", "2016-02-30", "", day},
		{"no such day", "2015-02-29T00:00Z", "", day},
		{"no such day", "1900-02-29", "", day},
		{"no such day", "2016-04-00", "", day},
		{"past the end of the day", "2016-05-05T24:01Z", "", "only 24:00 itself"},
		{"past the end of the day", "2016-05-05T24:00:00.1Z", "", "only 24:00 itself"},
		{"no such hour", "2016-05-05T25:00Z", "", clock},
		{"no such minute", "2016-05-05T12:60Z", "", clock},
		{"a leap second", "2016-12-31T23:59:60Z", "", "without leap seconds"},
		{"an offset beyond 14 hours", "2016-05-05T00:00+14:01", "", "offsets run from -14:00 to +14:00"},
		{"an offset with 60 minutes", "2016-05-05T00:00+03:60", "", "offsets run from"},
		{"the unknown offset of RFC 3339", "2016-05-05T00:00-00:00", "", "UTC is Z or +00:00"},
		{"the wrong offset for the zone", "2016-02-27T00:00+03:00", "Asia/Damascus", `does not agree with the zone "Asia/Damascus", whose clocks were at +02:00 then`},
		{"the wrong offset for the zone", "2016-05-04T00:00+02:00/2016-05-05", "Asia/Damascus", "does not agree with the zone"},
		{"an offset inside a gap", "2016-03-25T00:30+02:00", "Asia/Damascus", "does not agree with the zone"},
		{"a skipped time", "2016-03-25T00:00", "Asia/Damascus", "whose clocks were moved from 2016-03-25 00:00:00 to 2016-03-25 01:00:00"},
		{"a skipped time", "2016-03-24T24:00", "Asia/Damascus", "did not happen in the zone"},
		{"a skipped time", "2016-03-27T02:59:59", "Europe/Berlin", "whose clocks were moved from 2016-03-27 02:00:00 to 2016-03-27 03:00:00"},
		{"a skipped day", "2011-12-30", "Pacific/Apia", "whose clocks were moved from 2011-12-30 00:00:00 to 2011-12-31 00:00:00"},
		{"a skipped day", "2011-12-30T12:00", "Pacific/Apia", "did not happen"},
		{"backwards", "2016-05-03/2016-05-02", "", "ends before it begins"},
		{"backwards", "2016-05-03T00:00/2016-05-02", "UTC", "ends before it begins"},
		{"backwards", "2016-05-03T18:00+03:00/2016-05-03T17:00Z/", "", "more than one /"},
		{"backwards", "2016-05-03T18:00Z/2016-05-03T18:00+03:00", "", "ends before it begins"},
		{"beyond the year 9999 in UTC", "9999-12-31T23:00-03:00", "", "beyond the years"},
		{"the year 9999 ends in the year 10000", "9999", "UTC", "beyond the years"},
		{"before the year 1 in UTC", "0001-01-01T01:00+03:00", "", "beyond the years"},
		{"the zero time", "0001-01-01T00:00Z", "", "beyond the years"},
	} {
		t.Run(c.rule+"/"+c.at, func(t *testing.T) {
			got, err := when.When{At: c.at, Zone: c.zone}.Resolve("Asia/Damascus")
			checkRefusal(t, err, "", c.problem)
			if got != (when.Bounds{}) {
				t.Errorf("got %+v beside the refusal, want unset bounds", got)
			}
		})
	}
}

// checkRefusal wants an *Error about field whose sentence holds problem.
func checkRefusal(t *testing.T, err error, field, problem string) {
	t.Helper()
	var refusal *when.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want a refusal: %s", err, problem)
	}
	if refusal.Field != field || !strings.Contains(refusal.Problem, problem) {
		t.Errorf("got field %q, problem %q, want field %q, problem %q", refusal.Field, refusal.Problem, field, problem)
	}
}

func TestWhenWithoutATime(t *testing.T) {
	got, err := when.When{}.Resolve("UTC")
	if err != nil || !got.IsZero() {
		t.Errorf("got %+v, %v, want unset bounds", got, err)
	}
	for _, w := range []when.When{{Zone: "UTC"}, {Phrase: "soon"}} {
		_, err := w.Resolve("UTC")
		checkRefusal(t, err, "", "needs a time (at)")
	}
}

func TestRefusalsNameTheZone(t *testing.T) {
	_, err := when.When{At: "2016-05-02", Zone: "Asia/Aleppo"}.Resolve("UTC")
	checkRefusal(t, err, "zone", `"Asia/Aleppo" is not a zone`)
	if want := "zone: "; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %q, want it to start with %q", err, want)
	}
	_, err = when.When{At: "2016-05-02"}.Resolve("")
	checkRefusal(t, err, "zone", "names no zone")
}

func TestRefusalsClipWhatTheyQuote(t *testing.T) {
	for _, at := range []string{strings.Repeat("ü", 100_000), strings.Repeat("\xff", 100_000), strings.Repeat("2016/", 10_000)} {
		_, err := when.When{At: at}.Resolve("UTC")
		if err == nil || len(err.Error()) > 600 || !strings.Contains(err.Error(), "…") {
			t.Errorf("got %.700v, want a short refusal", err)
		}
	}
}

func TestInstantIsAt(t *testing.T) {
	damascus, _ := when.LoadZone("Asia/Damascus")
	for _, moment := range []time.Time{utc("2016-05-04T21:01:00Z"), time.Date(2016, 5, 5, 0, 1, 0, 7, damascus), utc("9999-12-31T23:59:59Z")} {
		got, err := when.Instant(moment).Resolve("Asia/Damascus")
		if want := when.At(moment); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	if got := when.Instant(time.Time{}); !got.IsZero() {
		t.Errorf("got %+v for the zero time, want nothing stated", got)
	}
}
