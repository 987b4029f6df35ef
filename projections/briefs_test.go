package projections

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"truceledger/domain"
)

// slowly counts by folding every incident.
func (q *Queries) slowly(t *rapid.T, by []string, f IncidentFilter, p Point) []CountRow {
	counted := tallying{by: by, rows: map[string]*CountRow{}}
	if err := q.view(p, func(r *reader) error {
		return r.each(t.Context(), domain.KindIncident, "", nil, func(id string) (bool, error) {
			s, _, err := r.incident(id)
			if err == nil && s.Exists() && f.keeps(r, s) {
				counted.count(s, 0, nil)
			}
			return false, err
		})
	}); err != nil {
		t.Fatal(err)
	}
	return counted.sorted()
}

// Whatever was recorded, and at whatever clocks: a count that reads briefs is the count of the folds.
func TestBriefsCountWhatFoldsCount(t *testing.T) {
	b := newBook(t)
	for _, a := range []string{"north", "south", "msf"} {
		b.do(t, `{"command":"register-actor","actor":%q,"name":%q,"kind":"state"}`, a, a)
	}
	b.do(t, `{"command":"register-place","place":"aleppo","name":"Aleppo"}`)
	b.do(t, `{"command":"register-place","place":"zahra","name":"Zahra","parent":"aleppo"}`)
	b.do(t, `{"command":"register-source","source":"early","title":"Early","published":"2016-05-01T10:00Z"}`)
	b.do(t, `{"command":"register-source","source":"late","title":"Late","published":"2016-05-03T10:00Z"}`)
	b.do(t, `{"command":"register-source","source":"undated","title":"Undated"}`)
	p := b.started(t, t.TempDir())
	incidents := 0
	rapid.Check(t, func(r *rapid.T) {
		one := func(of ...string) string { return rapid.SampledFrom(of).Draw(r, "one") }
		from := p.Applied()
		for range rapid.IntRange(1, 5).Draw(r, "incidents") {
			incidents++
			id := fmt.Sprintf("i%d", incidents)
			violate := func() string {
				return fmt.Sprintf(`{"command":"violate","incident":%q,"by":%q,"at":%s%s%s%s%s}`, id, one("north", "msf"),
					one(`"2016-05-02T10:00:00.5Z"`, `"2016-05-03"`, `{"at":"2016-05-02T00:30","zone":"Asia/Damascus"}`, `"2016-05"`, `"2016-05-01T00:00Z/2016-05-04T00:00Z"`),
					one("", `,"type":"shelling"`, `,"type":"air strike"`), one("", `,"place":"aleppo"`, `,"place":"zahra"`),
					one("", `,"accused":["south"]`, `,"accused":["south","north"],"count":3`),
					one("", `,"sources":[{"source":"early"}]`, `,"sources":[{"source":"late"},{"source":"undated"}]`, `,"sources":[{"source":"undated"}]`, `,"sources":[{"source":"late"},{"source":"early","modality":"hopes"}]`))
			}
			first := b.do(t, "%s", violate())
			switch one("alone", "alone", "corroborated", "corrected", "retracted") {
			case "corroborated":
				b.do(t, `{"command":"corroborate","incident":%q,"by":"msf"}`, id)
			case "corrected":
				b.do(t, `{"command":"correct","record":"incident/%s","sequence":%d,"reason":"read anew","replacement":%s}`, id, first, violate())
			case "retracted":
				b.do(t, `{"command":"retract","record":"incident/%s","sequence":%d,"reason":"an error"}`, id, first)
			}
		}
		b.await(t, p)
		moment := func() *time.Time {
			if one("set", "unset") == "unset" {
				return nil
			}
			m := at("2016-05-01T00:00:00Z").Add(time.Duration(rapid.IntRange(0, 96).Draw(r, "hours")) * time.Hour)
			return &m
		}
		n := rapid.Uint64Range(from, p.Applied()).Draw(r, "as of")
		point, err := p.Resolve(t.Context(), Clock{Effective: moment(), ReportedBy: moment(), AsOfSequence: &n})
		if err != nil {
			r.Fatal(err)
		}
		f := IncidentFilter{Type: one("", "shelling"), Place: one("", "aleppo"), By: one("", "msf"), Accused: one("", "south"), Status: one("", "alleged"), Since: moment()}
		by := []string{one("day", "place", "type"), one("status", "accused")}
		got, err := p.IncidentCounts(t.Context(), by, f, point)
		if want := p.Queries.slowly(r, by, f, point); err != nil || show(got) != show(want) {
			r.Fatalf("by %v, %+v at %+v: got %s, %v, want %s", by, f, point, show(got), err, show(want))
		}
	})
}

func TestABriefThatIsNotWhatWasWrittenIsDamage(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"msf","name":"MSF","kind":"organisation"}`)
	b.do(t, `{"command":"violate","incident":"shot","by":"msf","at":"2016-05-02","accused":["msf"]}`)
	p := b.started(t, t.TempDir())
	err := p.Queries.view(b.point(t, p, Clock{}), func(r *reader) error {
		row := r.tx.Bucket([]byte(briefBucket)).Get([]byte("shot"))
		for n := 9; n < len(row); n++ {
			if _, err := r.briefly("shot", row[:n], map[string]string{}); err == nil {
				t.Errorf("cut at byte %d of %d: no error", n, len(row))
			}
		}
		_, err := r.briefly("shot", row, map[string]string{})
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
