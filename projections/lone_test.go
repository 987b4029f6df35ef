package projections

import (
	"testing"
)

// What counts keep in memory of incidents changes no count: not at other clocks, not when an incident is spoken of again.
func TestCountsFromMemoryAreThoseOfTheRecord(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"north","name":"North","kind":"state"}`)
	b.do(t, `{"command":"register-place","place":"town","name":"Town"}`)
	for i := range 6 {
		b.do(t, `{"command":"violate","incident":"i%d","by":"north","at":"2016-05-0%dT10:00Z","place":"town","type":"shelling"}`, i, 1+i)
	}
	p := b.started(t, t.TempDir())
	count := func(c Clock) string {
		at := b.point(t, p, c)
		rows, err := p.IncidentCounts(t.Context(), []string{"day", "type"}, IncidentFilter{Place: "town"}, at)
		if err != nil {
			t.Fatal(err)
		}
		return show(rows)
	}
	clocks := []Clock{{}, clockAt("2016-05-03T12:00:00Z", "", ""), clockAt("2016-05-01T09:00:00Z", "", "")}
	n := uint64(5)
	clocks = append(clocks, Clock{AsOfSequence: &n})
	for round := range 3 {
		var before, after []string
		for _, c := range clocks {
			before = append(before, count(c))
		}
		for _, c := range clocks {
			after = append(after, count(c))
		}
		p.Queries.lone = lone{}
		for i, c := range clocks {
			if fresh := count(c); fresh != after[i] || before[i] != after[i] {
				t.Errorf("round %d: the record says %s, memory %s, then %s", round, fresh, before[i], after[i])
			}
		}
		if len(p.Queries.lone.all) == 0 {
			t.Error("nothing is kept: the test looks away")
		}
		b.do(t, `{"command":"correct","record":"incident/i%d","sequence":%d,"reason":"another day","replacement":{"command":"violate","incident":"i%d","by":"north","at":"2016-05-09T10:00Z","place":"town","type":"air_strike"}}`, round, 4+round, round)
	}
}
