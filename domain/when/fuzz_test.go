package when_test

import (
	"errors"
	"testing"
	"time"
	"unicode/utf8"

	"truceledger/domain/when"
)

// FuzzResolve: whatever is stated either resolves to bounds that can be written down, or is refused in a short sentence.
func FuzzResolve(f *testing.F) {
	for _, tables := range [][]resolution{instants, locals, stretches, intervals} {
		for _, r := range tables {
			f.Add(r.at, r.zone, "phrase", "Asia/Damascus")
		}
	}
	f.Add("", "", "", "")
	f.Add("0001/9999-12-31T24:00-14:00", "+14:00", "\xff", "Local")
	f.Fuzz(func(t *testing.T, at, zone, phrase, ledgerZone string) {
		w := when.When{At: at, Zone: zone, Phrase: phrase}
		b, err := w.Resolve(ledgerZone)
		if err != nil {
			checkSentence(t, err)
			return
		}
		if b.IsZero() != w.IsZero() || b.Phrase != phrase || b.ZoneAssumed && zone != "" {
			t.Fatalf("got %+v from %+v", b, w)
		}
		checkEdges(t, b)
	})
}

func checkSentence(t *testing.T, err error) {
	var refusal *when.Error
	if !errors.As(err, &refusal) || refusal.Problem == "" || len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) {
		t.Fatalf("got %T %.1100q, want a short refusal", err, err)
	}
}

func checkEdges(t *testing.T, b when.Bounds) {
	if b.Latest.Before(b.Earliest) || b.IsInstant() && b.Precision == when.Interval {
		t.Fatalf("got %+v", b)
	}
	for _, edge := range []time.Time{b.Earliest, b.Latest} {
		if _, err := edge.MarshalText(); err != nil || edge.Location() != time.UTC {
			t.Fatalf("got the edge %v, %v", edge, err)
		}
		if again, err := when.Instant(edge).Resolve("UTC"); err != nil || !b.IsZero() && again != when.At(edge) {
			t.Fatalf("got %+v, %v, want the instant %v", again, err, edge)
		}
	}
	if (b.String() == "") != b.IsZero() {
		t.Fatalf("got %q for %+v", b.String(), b)
	}
}

// FuzzParseDuration: what parses is within its limits, and its canonical form parses back and stays as it is.
func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"P1Y2M3W4DT5H6M7.000000001S", "PT48H", "P0D", "P1DT", "PT1.5H0M", "P999999999999Y", "-P1D", "PT2400000H1S"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := when.ParseDuration(text)
		if err != nil {
			checkSentence(t, err)
			return
		}
		if d.IsZero() || min(d.Years, d.Months, d.Days, int(d.Clock)) < 0 {
			t.Fatalf("got %+v from %q", d, text)
		}
		again, err := when.ParseDuration(d.String())
		if err != nil || again != d || again.String() != d.String() {
			t.Fatalf("got %+v, %v from %q, want %+v", again, err, d.String(), d)
		}
		if end := d.From(noon, time.UTC); !end.After(noon) {
			t.Fatalf("got %v, %v after %v", end, d, noon)
		}
	})
}
