package projections

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"truceledger/domain"
)

// However the clocks are moved, and however often the same stretch of time is passed, what is remembered of how ceasefires
// stand is what folding them says.
func TestStandingsAreWhatTheViewsSay(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	q := b.started(t, t.TempDir()).Queries
	applied := q.Applied()
	begin, random := time.Date(2016, 2, 20, 0, 0, 0, 0, time.UTC), rand.New(rand.NewPCG(1, 2))
	hours := int64(time.Date(2016, 5, 20, 0, 0, 0, 0, time.UTC).Sub(begin) / time.Hour)
	seen := map[string]bool{}
	for i := range 600 {
		at := Point{Clocks: domain.Clocks{Effective: begin.Add(time.Duration(random.Int64N(hours)) * time.Hour), Prefix: applied}, Applied: applied, Reader: domain.Reader{All: true}}
		switch i % 3 {
		case 1:
			at.Prefix = 1 + uint64(random.Int64N(int64(applied)))
		case 2:
			at.ReportedBy = begin.Add(time.Duration(random.Int64N(hours)) * time.Hour)
		}
		for _, f := range []CeasefireFilter{{}, {Area: "aleppo"}, {Actor: "nusra-front"}} {
			got, err := q.Standings(t.Context(), f, at)
			if err != nil {
				t.Fatal(err)
			}
			page, err := q.Ceasefires(t.Context(), f, at, Paging{})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(page.Items) {
				t.Fatalf("%+v: %d stand, %d are listed", at.Clocks, len(got), len(page.Items))
			}
			for j, v := range page.Items {
				s := got[j]
				seen[v.Status] = true
				if s.ID != v.ID || s.Title != v.Title || s.Class != v.Class || s.Status != v.Status || s.Contested != v.Contested || s.Version != v.Version ||
					!slices.Equal(s.Area, v.Area) || !slices.Equal(s.CarvedOut, v.CarvedOut) {
					t.Fatalf("%+v: it stands %+v, listed is %+v", at.Clocks, s, v)
				}
			}
			for _, status := range []string{"in_force", "lapsed"} {
				f.Status = status
				only, err := q.Ceasefires(t.Context(), f, at, Paging{})
				if err != nil {
					t.Fatal(err)
				}
				if n := len(slices.DeleteFunc(slices.Clone(page.Items), func(v CeasefireView) bool { return v.Status != status })); n != len(only.Items) {
					t.Fatalf("%+v: %d are %s, the filter keeps %d", at.Clocks, n, status, len(only.Items))
				}
			}
		}
	}
	if len(seen) < 6 {
		t.Errorf("only %v were seen: the test looks away", seen)
	}
	if q.standings.count == 0 {
		t.Error("nothing is remembered")
	}
}
