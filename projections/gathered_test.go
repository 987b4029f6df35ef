package projections

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is gathered is what a map and a sorted list would hold, whatever the keys have in common and wherever one ends.
func TestGatheredRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g gathered
		for range 2 { // the second time in memory that was used before
			want := map[string][]byte{}
			key := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a'}), 1, 20)
			for range rapid.IntRange(0, 60).Draw(t, "rows") {
				k, v := key.Draw(t, "key"), rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "value")
				if row := g.find(k); row == nil {
					g.add(k, v, replaces)
				} else {
					g.set(row, v)
				}
				want[string(k)] = v
			}
			var last []byte
			rows := g.sorted()
			for _, s := range rows {
				row := &g.list[s.row]
				k, v := g.text(row.key), g.text(row.value)
				if bytes.Compare(last, k) >= 0 {
					t.Fatalf("%q came after %q", k, last)
				}
				if expected, some := want[string(k)]; !some || !bytes.Equal(v, expected) {
					t.Fatalf("%q: got %q, want %q", k, v, expected)
				}
				last = slices.Clone(k)
			}
			if len(rows) != len(want) {
				t.Fatalf("got %d rows, want %d", len(rows), len(want))
			}
			g.forget()
		}
	})
}

// Of the rows that yield, the first stays, so that equal keys come in the order in which they were put.
func TestEqualKeysStayInOrder(t *testing.T) {
	var g gathered
	for i := range 100 {
		g.add([]byte("the same key"), []byte{byte(i)}, yields)
	}
	for i, s := range g.sorted() {
		if got := g.text(g.list[s.row].value); got[0] != byte(i) {
			t.Fatalf("row %d came at %d", got[0], i)
		}
	}
}
