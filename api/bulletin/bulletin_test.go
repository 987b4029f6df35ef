package bulletin

import (
	"errors"
	"testing"
	"time"

	"truceledger/domain/when"
)

func TestTheWindowIsADayOfTheZonesOwnClock(t *testing.T) {
	for _, c := range []struct {
		name        string
		r           Request
		from, until string
	}{
		{"a day", Request{Date: "2016-05-04", Zone: "Asia/Damascus"}, "2016-05-03T21:00:00Z", "2016-05-04T21:00:00Z"},
		{"until midnight is the day", Request{Date: "2016-05-04", Zone: "Asia/Damascus", Close: "24:00"}, "2016-05-03T21:00:00Z", "2016-05-04T21:00:00Z"},
		{"as of half past seven", Request{Date: "2016-05-04", Zone: "Asia/Damascus", Close: "19:30"}, "2016-05-03T16:30:00Z", "2016-05-04T16:30:00Z"},
		{"a day of 23 hours", Request{Date: "2016-03-27", Zone: "Europe/Kyiv"}, "2016-03-26T22:00:00Z", "2016-03-27T21:00:00Z"},
		{"a window over the change of the clocks", Request{Date: "2016-03-27", Zone: "Europe/Kyiv", Close: "19:30"}, "2016-03-26T17:30:00Z", "2016-03-27T16:30:00Z"},
		{"a day of 25 hours", Request{Date: "2016-10-30", Zone: "Europe/Kyiv"}, "2016-10-29T21:00:00Z", "2016-10-30T22:00:00Z"},
	} {
		from, until, err := c.r.window()
		if err != nil || from.UTC().Format(time.RFC3339) != c.from || until.UTC().Format(time.RFC3339) != c.until {
			t.Errorf("%s: got %s to %s, %v; want %s to %s", c.name, from.UTC(), until.UTC(), err, c.from, c.until)
		}
	}
	for _, r := range []Request{{Date: "2016-05-04"}, {Date: "2016-05-32", Zone: "UTC"}, {Date: "2016-05-04", Zone: "Here"}, {Date: "2016-05-04", Zone: "UTC", Close: "7 pm"}} {
		if _, _, err := r.window(); !errors.Is(err, ErrRequest) {
			t.Errorf("%+v: got %v", r, err)
		}
	}
}

func TestWhatIsVagueIsPossibleOnly(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2016, 5, d, 0, 0, 0, 0, time.UTC) }
	from, until := day(4), day(5)
	between := func(a, b time.Time) *when.Bounds { return &when.Bounds{Earliest: a, Latest: b} }
	at := func(x time.Time) *when.Bounds { b := when.At(x); return &b }
	for _, c := range []struct {
		name      string
		at        *when.Bounds
		does, can bool
	}{
		{"nothing is known", nil, false, false},
		{"the first moment", at(from), true, true},
		{"the moment before", at(from.Add(-time.Microsecond)), false, false},
		{"the last moment", at(until.Add(-time.Microsecond)), true, true},
		{"the moment after", at(until), false, false},
		{"some time of the day", between(from, until), true, true},
		{"some time of two days", between(from, day(6)), false, true},
		{"the day before", between(day(3), from), false, false},
		{"the day after", between(until, day(6)), false, false},
		{"some time of the month", between(day(1), day(31)), false, true},
	} {
		if does, can := in(c.at, from, until); does != c.does || can != c.can {
			t.Errorf("%s: got %v, %v; want %v, %v", c.name, does, can, c.does, c.can)
		}
	}
}

func TestEveryWordIsThereInEveryLanguage(t *testing.T) {
	for name, list := range map[string]map[string]text{"catalogue": catalogue, "acts": acts} {
		for key, texts := range list {
			for _, lang := range Languages {
				if texts[lang] == "" {
					t.Errorf("%s of %s says nothing in %s", key, name, lang)
				}
			}
		}
	}
}
