package projections

import "testing"

// A day is counted in the zone in which it was stated, however finely: just after midnight in Damascus is no day before.
func TestDaysAreCountedInTheirOwnZone(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"msf","name":"MSF","kind":"organisation"}`)
	for i, at := range []string{
		`{"at":"2016-04-22","zone":"Asia/Damascus"}`, `{"at":"2016-04-22T01:30","zone":"Asia/Damascus"}`, `"2016-04-22T01:30+03:00"`,
		`{"at":"2016-04-22T00:30/2016-04-22T06:00","zone":"Asia/Damascus"}`, `"2016-04-22T23:30-04:00"`, `"2016-04-22T23:30Z"`,
	} {
		b.do(t, `{"command":"violate","incident":"i%d","by":"msf","at":`+at+`}`, i)
	}
	b.do(t, `{"command":"violate","incident":"month","by":"msf","at":{"at":"2016-04","zone":"Asia/Damascus"}}`)
	p := b.started(t, t.TempDir())
	counts, err := p.IncidentCounts(t.Context(), []string{"day"}, IncidentFilter{}, b.point(t, p, Clock{}))
	if want := `[{"key":{"day":"2016-04"},"incidents":1,"events":1},{"key":{"day":"2016-04-22"},"incidents":6,"events":6}]`; err != nil || show(counts) != want {
		t.Errorf("got %s, %v, want %s", show(counts), err, want)
	}
}
