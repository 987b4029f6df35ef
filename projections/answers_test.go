package projections

import (
	"math/rand/v2"
	"testing"
	"time"
)

// What is answered from memory is what would be found out anew, at every moment before, between and after the bounds, and
// after every new entry.
func TestAnAnswerThatIsKeptIsTheAnswer(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	random := rand.New(rand.NewPCG(20, 16))
	ids := []string{"syria-cessation", "ghouta-silence", "aleppo-plan-3-may", "aleppo-silence"}
	same := func(at time.Time) {
		t.Helper()
		x := b.point(t, p, Clock{Effective: &at})
		for _, id := range ids {
			kept, err := p.Ceasefire(t.Context(), id, x)
			fresh, err2 := one(p.Queries, x, ceasefireRef(id), ceasefireView)
			if show(kept) != show(fresh) || (err == nil) != (err2 == nil) {
				t.Fatalf("%s at %s: kept\n%s %v\nfresh\n%s %v", id, at, show(kept), err, show(fresh), err2)
			}
			raw, version, err3 := p.CeasefireJSON(t.Context(), id, x)
			if want, _ := encodeView(fresh); err3 == nil && (string(raw) != string(want) || version != fresh.Version) || (err3 == nil) != (err == nil) {
				t.Fatalf("%s at %s: encoded\n%s %v\nfresh\n%s", id, at, raw, err3, want)
			}
		}
	}
	from := time.Date(2016, 1, 31, 0, 0, 0, 0, time.UTC)
	for range 300 {
		at := from.Add(time.Duration(random.IntN(120*24*60)) * time.Minute)
		same(at)
		same(at.Add(time.Second))
	}
	for _, body := range []string{
		`{"command":"exclude","ceasefire":"syria-cessation","actor":"msf","occurred":"2016-05-11T00:00Z"}`, // the children's too
		`{"command":"register-source","source":"late","title":"Late"}`,
		`{"command":"attest","ceasefire":"aleppo-silence","by":"msf","in_force":false,"from":"2016-05-06T00:00Z","occurred":"2016-05-07T00:00Z","sources":[{"source":"late"}]}`,
	} {
		same(time.Date(2016, 5, 11, 12, 0, 0, 0, time.UTC))
		b.do(t, `%s`, body)
		same(time.Date(2016, 5, 11, 12, 0, 0, 0, time.UTC))
	}
}

func TestAnAnswerIsTakenFromMemoryWhileNothingChanges(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	x := b.point(t, p, clockAt("2016-05-05T12:00:00Z", "", ""))
	if _, err := p.Ceasefire(t.Context(), "aleppo-silence", x); err != nil {
		t.Fatal(err)
	}
	later := b.point(t, p, clockAt("2016-05-05T12:00:01Z", "", ""))
	err := p.Queries.view(later, func(r *reader) error {
		if v, ok := p.answers.ceasefire(r, "aleppo-silence"); !ok || !v.Effective.Equal(later.Effective) {
			t.Errorf("got %t, %s", ok, v.Effective)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
