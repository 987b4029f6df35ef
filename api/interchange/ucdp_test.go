package interchange

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"truceledger/projections"
)

// TestRealFile imports the 1,488 real events, twice, and compares with counts taken straight from the file.
func TestRealFile(t *testing.T) {
	text := realFile(t)
	w := newWorld(t)
	total, told := w.load("ucdp-ged", text, Settings{Zone: "Asia/Damascus"})
	rows := tableOf(t, text)
	good, bad := splitByBounds(rows)
	if total.Rows != len(rows) || total.Stored != len(good) || total.Quarantined != len(bad) {
		t.Fatalf("got %+v, want %d rows, %d stored, %d quarantined", total, len(rows), len(good), len(bad))
	}
	named := map[string]string{}
	for _, r := range told {
		named[r.Key] = r.Code
	}
	if d := cmp.Diff(bad, named); d != "" {
		t.Errorf("quarantined rows (-want +got):\n%s", d)
	}
	if uint64(total.Entries)+1 != w.last() {
		t.Errorf("got %d entries told, %d in the log after the first", total.Entries, w.last()-1)
	}
	sameCounts(t, w, good)

	before := w.last()
	again, _ := w.load("ucdp-ged", text, Settings{Zone: "Asia/Damascus"})
	if w.last() != before || again.Entries != 0 || again.Unchanged != len(good) || again.Registered != 0 {
		t.Errorf("the second run stored something: %+v, log %d -> %d", again, before, w.last())
	}
}

func splitByBounds(rows []map[string]string) (good []map[string]string, bad map[string]string) {
	bad = map[string]string{}
	for _, r := range rows {
		low, _ := strconv.Atoi(r["low"])
		best, _ := strconv.Atoi(r["best"])
		high, _ := strconv.Atoi(r["high"])
		if low <= best && best <= high {
			good = append(good, r)
		} else {
			bad[r["id"]] = "bounds-disordered"
		}
	}
	return good, bad
}

// sameCounts compares what the read models answer by governorate, type and month with the file.
func sameCounts(t *testing.T, w *world, good []map[string]string) {
	t.Helper()
	count := func(of func(map[string]string) string) map[string]int {
		n := map[string]int{}
		for _, r := range good {
			n[of(r)]++
		}
		delete(n, "")
		return n
	}
	at := w.now()
	got := map[string]int{}
	wantPlace := count(func(r map[string]string) string { return r["adm_1"] })
	for name := range wantPlace {
		c, err := w.views.IncidentCounts(t.Context(), nil, projections.IncidentFilter{Place: slug("Syria " + name)}, at)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = c[0].Incidents
	}
	if d := cmp.Diff(wantPlace, got); d != "" {
		t.Errorf("by governorate (-file +ledger):\n%s", d)
	}
	byType, byMonth := map[string]int{}, map[string]int{}
	c, err := w.views.IncidentCounts(t.Context(), []string{"day", "type"}, projections.IncidentFilter{}, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range c {
		byType[row.Key["type"]] += row.Incidents
		byMonth[row.Key["day"][:7]] += row.Incidents
	}
	if d := cmp.Diff(count(func(r map[string]string) string { return ucdpTypes[r["type_of_violence"]] }), byType); d != "" {
		t.Errorf("by type (-file +ledger):\n%s", d)
	}
	if d := cmp.Diff(count(func(r map[string]string) string { return r["date_start"][:7] }), byMonth); d != "" {
		t.Errorf("by month (-file +ledger):\n%s", d)
	}
}
