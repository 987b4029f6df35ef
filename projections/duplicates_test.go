package projections

import (
	"fmt"
	"slices"
	"testing"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/when"
)

// reports is a book with four reports of one strike (paper, radio, and two of the desk's own), and one of another.
func reports(t *testing.T) *book {
	t.Helper()
	b := newBook(t)
	for _, id := range []string{"paper", "radio", "desk"} {
		b.do(t, `{"command":"register-actor","actor":%q,"name":%q,"kind":"organisation"}`, id, id)
	}
	b.do(t, `{"command":"register-source","source":"wire","title":"Wire","published":"2016-05-03"}`)
	for id, by := range map[string]string{"a-paper": "paper", "b-radio": "radio", "c-desk": "desk", "d-desk": "desk", "e-other": "desk"} {
		b.do(t, `{"command":"violate","incident":%q,"by":%q,"type":"shelling","at":"2016-05-02","sources":[{"source":"wire"}]}`, id, by)
	}
	return b
}

func merge(t *testing.T, b *book, id, of, day string) uint64 {
	t.Helper()
	return b.do(t, `{"command":"mark-duplicate","incident":%q,"of":%q,"by":"desk","occurred":%q,"reason":"the same market"}`, id, of, day)
}

func counted(t *testing.T, p *Projections, f IncidentFilter, at Point) int {
	t.Helper()
	rows, err := p.IncidentCounts(t.Context(), nil, f, at)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		return 0
	}
	return rows[0].Incidents
}

func TestReportsOfOneIncidentCountOnceAndBothRemain(t *testing.T) {
	b := reports(t)
	p := b.started(t, t.TempDir())
	if n := counted(t, p, IncidentFilter{}, b.point(t, p, Clock{})); n != 5 {
		t.Fatalf("got %d, want all five before they are merged", n)
	}
	merge(t, b, "b-radio", "a-paper", "2016-05-04T10:00Z")
	merge(t, b, "c-desk", "b-radio", "2016-05-05T10:00Z") // by way of another
	last := merge(t, b, "d-desk", "a-paper", "2016-05-06T10:00Z")
	now := b.point(t, p, Clock{})
	no, yes := false, true
	for _, x := range []struct {
		name string
		f    IncidentFilter
		at   Point
		want int
	}{
		{"all", IncidentFilter{}, now, 2},
		{"the report that counts", IncidentFilter{By: "paper"}, now, 1},
		{"another's report of the same", IncidentFilter{By: "radio"}, now, 1},
		{"two reports by one, and another incident", IncidentFilter{By: "desk"}, now, 2},
		{"without the second reports", IncidentFilter{By: "desk", Duplicate: &no}, now, 1},
		{"of the second reports", IncidentFilter{Duplicate: &yes}, now, 1},
		{"before the first was merged", IncidentFilter{}, b.point(t, p, clockAt("2016-05-03T00:00:00Z", "", "")), 5},
		{"after the first was merged", IncidentFilter{}, b.point(t, p, clockAt("2016-05-04T12:00:00Z", "", "")), 4},
		{"by way of another", IncidentFilter{}, b.point(t, p, clockAt("2016-05-05T12:00:00Z", "", "")), 3},
		{"before the last was known", IncidentFilter{}, b.point(t, p, Clock{AsOfSequence: ptr(last - 1)}), 3},
	} {
		if got := counted(t, p, x.f, x.at); got != x.want {
			t.Errorf("%s: got %d, want %d", x.name, got, x.want)
		}
	}
	list := func(f IncidentFilter) (ids []string) {
		page, err := p.Incidents(t.Context(), f, now, Paging{})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Items {
			ids = append(ids, v.ID)
			if len(v.Sources) != 1 {
				t.Errorf("%s lost its sources: %+v", v.ID, v.Sources)
			}
		}
		return ids
	}
	if got := list(IncidentFilter{}); len(got) != 5 {
		t.Errorf("got %v, want all five readable", got)
	}
	if got := list(IncidentFilter{Duplicate: &no}); !slices.Equal(got, []string{"a-paper", "e-other"}) {
		t.Errorf("got %v", got)
	}
	first, err := p.Incident(t.Context(), "a-paper", now)
	if err != nil || len(first.Duplicates) != 3 || first.Duplicates[1].ID != "c-desk" || first.Duplicates[1].Reason != "the same market" || first.DuplicateOf != "" {
		t.Errorf("got %+v %v", first.Duplicates, err)
	}
	second, err := p.Incident(t.Context(), "c-desk", now)
	if err != nil || second.DuplicateOf != "a-paper" || !slices.Contains(second.Flags, domain.FlagDuplicate) || len(second.Duplicates) != 0 {
		t.Errorf("got %+v %v", second, err)
	}
	h, err := p.History(t.Context(), domain.Ref{Kind: domain.KindIncident, ID: "a-paper"}, now, Paging{})
	if err != nil || len(h.Items) != 5 {
		t.Errorf("got %d entries %v, want its own and those of the two that name it", len(h.Items), err)
	}

	b.do(t, `{"command":"retract","record":"incident/d-desk","sequence":%d,"reason":"another market"}`, last)
	if n := counted(t, p, IncidentFilter{}, b.point(t, p, Clock{})); n != 3 {
		t.Errorf("got %d, want the retracted mark undone", n)
	}
}

func TestAMarkOfWhatIsNotThereCountsForNothing(t *testing.T) {
	b := reports(t)
	p := b.started(t, t.TempDir())
	n := b.do(t, `{"command":"violate","incident":"f-gone","by":"desk","at":"2016-05-02"}`)
	merge(t, b, "a-paper", "f-gone", "2016-05-04T10:00Z")
	b.do(t, `{"command":"retract","record":"incident/f-gone","sequence":%d,"reason":"invented"}`, n)
	now := b.point(t, p, Clock{})
	v, err := p.Incident(t.Context(), "a-paper", now)
	if err != nil || v.DuplicateOf != "" || counted(t, p, IncidentFilter{}, now) != 5 {
		t.Errorf("got %q %v and %d: the report must count again", v.DuplicateOf, err, counted(t, p, IncidentFilter{}, now))
	}
}

// A circle is refused, but two nodes can close one at the same moment. What happened then still counts, once.
func TestACircleCountsOnce(t *testing.T) {
	b := reports(t)
	p := b.started(t, t.TempDir())
	mark := merge(t, b, "b-radio", "e-other", "2016-05-04T10:00Z")
	merge(t, b, "c-desk", "b-radio", "2016-05-04T10:00Z")
	merge(t, b, "d-desk", "c-desk", "2016-05-04T10:00Z")
	if _, err := b.try(t, `{"command":"correct","record":"incident/b-radio","sequence":%d,"reason":"wrong one","replacement":{"command":"mark-duplicate","incident":"b-radio","of":"d-desk","by":"desk"}}`, mark); err == nil {
		t.Fatal("a circle was recorded")
	}
	circle := &reader{q: p.Queries, Point: b.point(t, p, Clock{}), held: map[domain.Ref]*held{}, read: map[domain.Ref]reading{}}
	for id, of := range map[string]string{"x": "z", "y": "x", "z": "y"} {
		circle.read[domain.Ref{Kind: domain.KindIncident, ID: id}] = reading{list: marked(id, of), version: 2}
	}
	for _, id := range []string{"x", "y", "z"} {
		s, _, err := circle.incident(id)
		if err != nil || !s.Exists() || s.Duplicate.Of == "" {
			t.Fatalf("got %+v %v", s, err)
		}
		if got, err := circle.original(s); got != "x" || err != nil {
			t.Errorf("%s: got %q %v, want x for all of them", id, got, err)
		}
	}
}

func TestCountsEqualANaiveRecountOfTheMarks(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"desk","name":"Desk","kind":"organisation"}`)
	const n = 40
	of := map[int]int{}
	for i := range n {
		b.do(t, `{"command":"violate","incident":"i-%02d","by":"desk","at":"2016-05-02"}`, i)
	}
	for i := range n {
		target := (i*i + 7) % n
		if _, err := b.try(t, `{"command":"mark-duplicate","incident":"i-%02d","of":"i-%02d","by":"desk"}`, i, target); err == nil {
			of[i] = target
		}
	}
	clusters := map[int]bool{}
	for i := range n {
		root, steps := i, 0
		for next, marked := of[root]; marked && steps < n; next, marked = of[root] {
			root, steps = next, steps+1
		}
		clusters[root] = true
	}
	p := b.started(t, t.TempDir())
	if got := counted(t, p, IncidentFilter{}, b.point(t, p, Clock{})); got != len(clusters) || len(of) == 0 || len(clusters) < 2 {
		t.Errorf("got %d, want %d (%s)", got, len(clusters), fmt.Sprint(of))
	}
}

// marked is how an incident reads that is marked a duplicate.
func marked(id, of string) []domain.Reading {
	m := domain.Moment{Occurred: when.At(at("2016-05-02T10:00:00Z")), Place: at("2016-05-02T10:00:00Z")}
	mark := &incident.MarkDuplicate{Of: of}
	mark.Incident = id
	return []domain.Reading{
		{Sequence: 1, Place: m.Place, Command: &incident.Violate{Incident: id}, Events: []domain.Event{incident.ViolationAlleged{Moment: m}}},
		{Sequence: 2, Place: m.Place, Command: mark, Events: []domain.Event{incident.DuplicateMarked{Moment: m}}},
	}
}
