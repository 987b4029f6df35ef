package bundle

import (
	"bytes"
	"fmt"
	"testing"
)

// What is put on shelves is found there, each shelf in the order of the log, whether it stands in memory or in the file.
func TestShelvesGiveBackWhatWasPutOnThem(t *testing.T) {
	const entries, records = 3000, 70
	payload := func(n uint64) []byte { return bytes.Repeat([]byte{byte('a' + n%26)}, int(n*37%2000)+1) }
	x := newShelves(entries * 1000)
	defer x.close()
	shelfOf := map[uint64]int{}
	for n := uint64(1); n <= entries; n++ {
		if err := x.put(n%records, n, payload(n)); err != nil {
			t.Fatal(err)
		}
	}
	if x.f == nil {
		t.Fatal("nothing was written to the file")
	}
	found := 0
	for i := range x.all {
		last := uint64(0)
		err := x.each(i, func(n uint64, p []byte) (bool, error) {
			if at, known := shelfOf[n%records]; known && at != i || n <= last || !bytes.Equal(p, payload(n)) {
				return false, fmt.Errorf("entry %d on shelf %d after %d: %.20q", n, i, last, p)
			}
			shelfOf[n%records], last = i, n
			found++
			return true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found != entries {
		t.Errorf("got %d entries, want %d", found, entries)
	}
}
