package when_test

import (
	"strings"
	"testing"
	"time"

	"truceledger/domain/when"
)

func TestParseDuration(t *testing.T) {
	for _, c := range []struct {
		rule, text string
		want       when.Duration
		canonical  string
	}{
		{"hours are absolute", "PT48H", when.Duration{Clock: 48 * time.Hour}, "PT48H"},
		{"days are the calendar's", "P3D", when.Duration{Days: 3}, "P3D"},
		{"M before the T is months", "P2M", when.Duration{Months: 2}, "P2M"},
		{"M after the T is minutes", "PT2M", when.Duration{Clock: 2 * time.Minute}, "PT2M"},
		{"years", "P1Y", when.Duration{Years: 1}, "P1Y"},
		{"months are not told in years", "P14M", when.Duration{Months: 14}, "P14M"},
		{"a week is seven days", "P2W", when.Duration{Days: 14}, "P14D"},
		{"weeks stand with other units", "P2W3D", when.Duration{Days: 17}, "P17D"},
		{"all units", "P1Y2M3W4DT5H6M7S", when.Duration{1, 2, 25, 5*time.Hour + 6*time.Minute + 7*time.Second}, "P1Y2M25DT5H6M7S"},
		{"minutes become hours", "PT90M", when.Duration{Clock: 90 * time.Minute}, "PT1H30M"},
		{"seconds become minutes", "PT61S", when.Duration{Clock: 61 * time.Second}, "PT1M1S"},
		{"a fraction of an hour", "PT1.5H", when.Duration{Clock: 90 * time.Minute}, "PT1H30M"},
		{"a fraction of a minute after hours", "PT1H0.5M", when.Duration{Clock: time.Hour + 30*time.Second}, "PT1H30S"},
		{"a fraction of a second", "PT0.000000001S", when.Duration{Clock: 1}, "PT0.000000001S"},
		{"a fraction is never rounded", "PT0.000000001H", when.Duration{Clock: 3600}, "PT0.0000036S"},
		{"a fraction is never rounded", "PT0.333333333H", when.Duration{Clock: 1199_999_998_800}, "PT19M59.9999988S"},
		{"a part may be zero", "P0Y1DT0H", when.Duration{Days: 1}, "P1D"},
		{"leading zeros", "P007D", when.Duration{Days: 7}, "P7D"},
		{"exactly a thousand years", "P1000Y", when.Duration{Years: 1000}, "P1000Y"},
		{"exactly a thousand years", "P12000M", when.Duration{Months: 12000}, "P12000M"},
		{"exactly a thousand years", "P365250D", when.Duration{Days: 365250}, "P365250D"},
		{"exactly the longest clock", "PT2400000H", when.Duration{Clock: 2400000 * time.Hour}, "PT2400000H"},
		{"exactly the longest clock", "PT144000000M", when.Duration{Clock: 2400000 * time.Hour}, "PT2400000H"},
		{"the most digits", "PT999999999S", when.Duration{Clock: 999999999 * time.Second}, "PT277777H46M39S"},
	} {
		t.Run(c.rule+"/"+c.text, func(t *testing.T) {
			got, err := when.ParseDuration(c.text)
			if err != nil || got != c.want {
				t.Fatalf("got %+v, %v, want %+v", got, err, c.want)
			}
			if got.String() != c.canonical {
				t.Errorf("got %q, want %q", got.String(), c.canonical)
			}
		})
	}
}

func TestParseDurationRefuses(t *testing.T) {
	const form, zero, long = "is not a duration", "is no time at all", "is too long"
	for _, c := range []struct{ rule, text, problem string }{
		{"empty", "", form}, {"nothing after P", "P", form}, {"nothing after T", "PT", form}, {"nothing after T", "P1DT", form},
		{"no P", "1D", form}, {"no P", "T1H", form}, {"no P", "48h", form}, {"two Ps", "PP1D", form}, {"two Ts", "PT1HT1M", form},
		{"a sign", "-P1D", form}, {"a sign", "P-1D", form}, {"a sign", "+P1D", form}, {"a sign", "P+1D", form}, {"a sign", "PT-1H", form},
		{"lowercase", "p1d", form}, {"lowercase", "P1d", form}, {"lowercase", "Pt1H", form}, {"lowercase", "PT1h", form},
		{"wrong order", "P1D1M", form}, {"wrong order", "P1D1W", form}, {"wrong order", "PT1S1M", form}, {"wrong order", "P1M1Y", form},
		{"the same unit twice", "P1D1D", form}, {"the same unit twice", "PT1H1H", form},
		{"a clock unit before the T", "P1H", form}, {"a clock unit before the T", "P1S", form}, {"a calendar unit after the T", "PT1D", form},
		{"a number without a unit", "P1", form}, {"a number without a unit", "PT1", form}, {"a unit without a number", "PD", form}, {"a unit without a number", "PTH", form},
		{"a fraction of a day", "P1.5D", form}, {"a fraction of a year", "P0.5Y", form}, {"a fraction that is not last", "PT1.5H1M", form},
		{"a fraction that is not last", "PT1.5H0M", form}, {"a comma", "PT1,5H", form}, {"half a fraction", "PT1.H", form}, {"half a fraction", "PT.5H", form},
		{"ten digits of a fraction", "PT0.0000000001S", form}, {"two points", "PT1.5.5S", form},
		{"the alternative format", "P0001-00-00T00:00:00", form}, {"space", " P1D", form}, {"space", "P1D ", form}, {"Arabic digits", "P٣D", form},
		{"zero", "P0D", zero}, {"zero", "PT0S", zero}, {"zero", "P0Y0M0W0DT0H0M0.000S", zero},
		{"over a thousand years", "P1001Y", long}, {"over a thousand years", "P12001M", long}, {"over a thousand years", "P365251D", long},
		{"over a thousand years", "P52179W", long}, {"over a thousand years", "P999Y12M1D", long}, {"over a thousand years", "P1000YT0.000000001S", long},
		{"over a thousand years", "P900YT2400000H", long},
		{"the clock overflows", "PT2400000H0.000000001S", long}, {"the clock overflows", "PT2400000H144000000M", long}, {"the clock overflows", "PT2400000H144000000M999999999S", long}, {"the clock overflows", "PT2400001H", long}, {"the clock overflows", "PT144000001M", long},
		{"the clock overflows", "PT2400000H999999999M999999999S", long}, {"the clock overflows", "PT1H999999999M", long},
		{"a number overflows", "P9223372036854775808Y", long}, {"a number overflows", "P99999999999999999999999D", long},
		{"a number overflows", "P999999999Y999999999M999999999W999999999DT999999999H999999999M999999999S", long},
		{"a number overflows", "PT18446744073709551617S", long}, {"a number overflows", "P" + strings.Repeat("9", 100_000) + "W", long},
	} {
		got, err := when.ParseDuration(c.text)
		t.Run(c.rule, func(t *testing.T) { checkRefusal(t, err, "", c.problem) })
		if !got.IsZero() {
			t.Errorf("%s: got %+v beside the refusal", c.rule, got)
		}
	}
}

func TestZeroDurationString(t *testing.T) {
	if got := (when.Duration{}).String(); got != "PT0S" {
		t.Errorf("got %q, want PT0S", got)
	}
}
