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
			kept, version, err := p.CeasefireJSON(t.Context(), id, x)
			fresh, err2 := p.Ceasefire(t.Context(), id, x)
			want, _ := encodeView(fresh)
			if err == nil && (string(kept) != string(want) || version != fresh.Version) || (err == nil) != (err2 == nil) {
				t.Fatalf("%s at %s: kept\n%s %d %v\nfresh\n%s %v", id, at, kept, version, err, want, err2)
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
	if _, _, err := p.CeasefireJSON(t.Context(), "aleppo-silence", x); err != nil {
		t.Fatal(err)
	}
	kept := func(clock string) *answer {
		return p.answers.of("aleppo-silence", b.point(t, p, clockAt(clock, "", "")))
	}
	a := kept("2016-05-05T12:00:01Z")
	if a == nil || a.checked.Load() != p.State().Applied {
		t.Fatalf("got %+v a second later, nothing being applied", a)
	}
	if past := kept("2016-05-05T11:59:59Z"); past != nil {
		t.Error("it is taken for an earlier moment, which it may not hold for")
	}
	b.do(t, `{"command":"register-source","source":"late","title":"Late"}`)
	b.await(t, p)
	if a.checked.Load() == p.State().Applied {
		t.Error("an entry is applied, and nobody would look whether the answer still holds")
	}
	if _, _, err := p.CeasefireJSON(t.Context(), "aleppo-silence", b.point(t, p, clockAt("2016-05-05T12:00:02Z", "", ""))); err != nil {
		t.Fatal(err)
	}
	if again := kept("2016-05-05T12:00:03Z"); again != a || a.checked.Load() != p.State().Applied {
		t.Error("it is found out anew, though the entry is of another record")
	}
}
