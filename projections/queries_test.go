package projections

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"truceledger/domain"
)

// A page goes on after the last item that was shown, whatever is recorded meanwhile.
func TestPagesAreStable(t *testing.T) {
	b := newBook(t)
	for i := range 25 {
		b.do(t, `{"command":"register-actor","actor":"actor-%02d","name":"A%d","kind":"state"}`, i*2, i)
	}
	p := b.started(t, t.TempDir())
	var seen []string
	paging := Paging{Limit: 10}
	for pages := 0; ; pages++ {
		page, err := p.Actors(t.Context(), b.point(t, p, Clock{}), paging)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			seen = append(seen, a.ID)
		}
		if paging.Cursor = page.NextCursor; paging.Cursor == "" {
			break
		}
		b.do(t, `{"command":"register-actor","actor":"actor-%02d","name":"new","kind":"state"}`, pages*10+1) // before and after the place
	}
	if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
		t.Errorf("items are shown twice or out of order: %v", seen)
	}
	for i := range 25 {
		if id := fmt.Sprintf("actor-%02d", i*2); !slices.Contains(seen, id) {
			t.Errorf("%s is not shown", id)
		}
	}
	for _, cursor := range []string{"x", "!!", cursorAt("places", "x"), cursorAt("actor", "")} {
		if _, err := p.Actors(t.Context(), b.point(t, p, Clock{}), Paging{Cursor: cursor}); !errors.Is(err, ErrBadCursor) {
			t.Errorf("cursor %q: got %v, want %v", cursor, err, ErrBadCursor)
		}
	}
}

func TestClocks(t *testing.T) {
	b := newBook(t)
	n := aleppo(t, b)
	p := b.started(t, t.TempDir())
	recorded := b.clock.Now()
	b.clock.Set(recorded.Add(time.Hour))
	late := b.do(t, `{"command":"extend","ceasefire":"aleppo-silence","by":"russia","from":"2016-05-10T01:00+03:00","lasting":"PT47H","occurred":{"at":"2016-05-09","zone":"Asia/Damascus"}}`)
	b.await(t, p)
	status := func(c Clock) string {
		v, err := p.Ceasefire(t.Context(), "aleppo-silence", b.point(t, p, c))
		if err != nil {
			return err.Error()
		}
		return v.Status
	}
	known, early := recorded.Add(30*time.Minute), recorded.Add(-time.Hour)
	effective := at("2016-05-10T12:00:00+03:00")
	before := late - 1
	for _, x := range []struct {
		name string
		c    Clock
		want string
	}{
		{"everything known", Clock{Effective: &effective}, "in_force"},
		{"known before it was recorded", Clock{Effective: &effective, KnownAt: &known}, "lapsed"},
		{"as of the entry before", Clock{Effective: &effective, AsOfSequence: &before}, "lapsed"},
		{"known before anything", Clock{Effective: &effective, KnownAt: &early}, fmt.Sprintf("ceasefire/aleppo-silence is not on the record as asked: entry %d, which begins it, was recorded at 2016-05-12T00:00:00Z, after known_at %s", n["propose"], early.UTC().Format(time.RFC3339))},
		{"as of the entry before the proposal", Clock{Effective: &effective, AsOfSequence: ptr(n["propose"] - 1)}, fmt.Sprintf("ceasefire/aleppo-silence is not on the record as asked: entry %d, which begins it, was recorded at 2016-05-12T00:00:00Z, after as_of_sequence %d", n["propose"], n["propose"]-1)},
		{"now", Clock{}, "lapsed"},
	} {
		if got := status(x.c); got != x.want {
			t.Errorf("%s: got %s, want %s", x.name, got, x.want)
		}
	}
	var clockError *ClockError
	if _, err := p.Resolve(t.Context(), Clock{KnownAt: &known, AsOfSequence: &before}); !errors.As(err, &clockError) {
		t.Errorf("both clocks of knowing: got %v", err)
	}
	if _, err := p.Resolve(t.Context(), Clock{AsOfSequence: ptr(late + 1)}); !errors.As(err, &clockError) {
		t.Errorf("a prefix that lies ahead: got %v", err)
	}
}

// An answer says for which clocks it is, where any were asked for, and who has left by when.
func TestAnAnswerSaysWhichClocksItIsFor(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	left := b.do(t, `{"command":"withdraw","ceasefire":"syria-cessation","by":"russia","from":"2036-01-01T00:00Z"}`)
	p := b.started(t, t.TempDir())
	known, effective, before := b.clock.Now(), at("2016-05-05T12:00:00Z"), left-1
	for _, c := range []Clock{{}, {Effective: &effective}, {KnownAt: &known}, {AsOfSequence: &left}, {AsOfSequence: &before}, {ReportedBy: &known}, {}} {
		v, err := p.Ceasefire(t.Context(), "syria-cessation", b.point(t, p, c))
		if err != nil {
			t.Fatal(err)
		}
		if show(v.KnownAt) != show(c.KnownAt) || show(v.AsOfSequence) != show(c.AsOfSequence) || show(v.ReportedBy) != show(c.ReportedBy) {
			t.Errorf("asked for %s: got known at %s, as of %s, reported by %s", show(c), show(v.KnownAt), show(v.AsOfSequence), show(v.ReportedBy))
		}
		gone := len(v.Departures) == 1 && v.Departures[0].Actor == "russia" && v.Departures[0].Sequence == left && v.Departures[0].From.Earliest.Equal(at("2036-01-01T00:00:00Z"))
		if want := c.Effective == nil && c.AsOfSequence != &before; gone != want {
			t.Errorf("asked for %s: got departures %s", show(c), show(v.Departures))
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestFiltersCountsAndCalendar(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	now := b.point(t, p, clockAt("2016-05-06T09:00:00Z", "", ""))
	list := func(f CeasefireFilter) (ids []string) {
		page, err := p.Ceasefires(t.Context(), f, now, Paging{})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Items {
			ids = append(ids, v.ID)
		}
		return ids
	}
	for _, x := range []struct {
		f    CeasefireFilter
		want string
	}{
		{CeasefireFilter{Status: "in_force"}, "[aleppo-silence syria-cessation]"},
		{CeasefireFilter{Area: "ghouta"}, "[ghouta-silence syria-cessation]"},
		{CeasefireFilter{Area: "moscow"}, "[]"},
		{CeasefireFilter{Area: "syria"}, "[aleppo-plan-3-may aleppo-silence ghouta-silence syria-cessation]"},
		{CeasefireFilter{Actor: "free-syrian-army"}, "[syria-cessation]"},
		{CeasefireFilter{Class: "silence_regime", Status: "lapsed"}, "[ghouta-silence]"},
		{CeasefireFilter{Contested: ptr(true)}, "[]"},
	} {
		if got := fmt.Sprint(list(x.f)); got != x.want {
			t.Errorf("%+v: got %s, want %s", x.f, got, x.want)
		}
	}
	var field *domain.FieldError
	if _, err := p.Ceasefires(t.Context(), CeasefireFilter{Status: "cold"}, now, Paging{}); !errors.As(err, &field) {
		t.Errorf("an unknown status: got %v", err)
	}
	if _, err := p.IncidentCounts(t.Context(), []string{"weapon"}, IncidentFilter{}, now); !errors.As(err, &field) {
		t.Errorf("an unknown dimension: got %v", err)
	}
	counts, err := p.IncidentCounts(t.Context(), []string{"day", "accused"}, IncidentFilter{Place: "aleppo"}, now)
	if want := `[{"key":{"accused":"nusra-front","day":"2016-05-03"},"incidents":1,"events":1}]`; err != nil || show(counts) != want {
		t.Errorf("got %s, %v, want %s", show(counts), err, want)
	}
	calendar, err := p.Calendar(t.Context(), CeasefireFilter{}, now, Paging{})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, i := range calendar.Items {
		kinds = append(kinds, i.Kind+" "+i.Ceasefire)
	}
	if got, want := fmt.Sprint(kinds), "[overlap aleppo-silence lapse aleppo-silence]"; got != want {
		t.Errorf("calendar: got %s, want %s", got, want)
	}
	next, ids, err := p.NextChange(t.Context(), now.Effective, now)
	if want := at("2016-05-09T21:01:00Z"); err != nil || !next.Equal(want) || fmt.Sprint(ids) != "[aleppo-silence]" {
		t.Errorf("next change: got %s of %v, %v, want %s", next, ids, err, want)
	}
}

// A record's history has what names it, and what named it first in a correction, with all that was said before.
func TestHistoryFollowsLinks(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	b.do(t, `{"command":"violate","incident":"stray","by":"msf","at":"2016-05-06T09:00:00Z","type":"shelling"}`)
	first := b.do(t, `{"command":"corroborate","incident":"stray","by":"russia","occurred":"2016-05-06T10:00:00Z"}`)
	linked := b.do(t, `{"command":"correct","record":"incident/stray","sequence":%d,"reason":"it was in Aleppo","replacement":{"command":"violate","by":"msf","at":"2016-05-06T09:00:00Z","type":"shelling","place":"aleppo","ceasefires":["aleppo-silence"]}}`, first-1)
	after := b.do(t, `{"command":"dispute","incident":"stray","by":"syrian-government","occurred":"2016-05-06T11:00:00Z"}`)
	has := func(c Clock) (found []uint64) {
		h, err := p.History(t.Context(), ceasefireRef("aleppo-silence"), b.point(t, p, c), Paging{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range h.Items {
			if i.Record == "incident/stray" {
				found = append(found, i.Sequence)
			}
		}
		return found
	}
	if got, want := fmt.Sprint(has(Clock{})), fmt.Sprint([]uint64{first - 1, first, linked, after}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := has(Clock{AsOfSequence: &first}); got != nil {
		t.Errorf("before the correction: got %v", got)
	}
	v, err := p.Incident(t.Context(), "stray", b.point(t, p, Clock{}))
	if err != nil || show(v.BreachOf) != `[{"ceasefire":"aleppo-silence","breach":"contested"}]` {
		t.Errorf("breach: got %s, %v", show(v.BreachOf), err)
	}
	if _, err := p.History(t.Context(), ceasefireRef("unheard-of"), b.point(t, p, Clock{}), Paging{}); !errors.As(err, new(*domain.NotFound)) {
		t.Errorf("an unknown record: got %v", err)
	}
}
