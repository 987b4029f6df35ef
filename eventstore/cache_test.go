package eventstore

import (
	"testing"

	"truceledger/domain"
)

func someEntry(r domain.Ref, before, sequence uint64) Entry {
	return Entry{Ref: r, VersionBefore: before, Sequence: sequence, Payload: make([]byte, 100), Command: &raiseFormat{}, Events: []domain.Event{FormatRaised{}}}
}

// put lets the cache hold a record whose entries have the given sequences.
func put(c *cache, r domain.Ref, sequences ...uint64) {
	record := domain.Record{Ref: r}
	for _, n := range sequences {
		record = record.Then(domain.Step{Sequence: n, Command: &raiseFormat{}})
	}
	c.begin(r)
	c.end(record, 1000*len(sequences))
}

func TestTheCacheFollowsOnlyWhatFollowsOn(t *testing.T) {
	r := domain.Ref{Kind: domain.KindActor, ID: "north"}
	tests := []struct {
		name  string
		apply [][2]uint64 // version before, sequence
		want  uint64      // the version that is held, 0 for none
	}{
		{"the next entry", [][2]uint64{{4, 9}}, 9},
		{"two more", [][2]uint64{{4, 9}, {9, 10}}, 10},
		{"one that it has", [][2]uint64{{0, 4}}, 4},
		{"one twice", [][2]uint64{{4, 9}, {4, 9}}, 9},
		{"one that skips", [][2]uint64{{6, 9}}, 0},
	}
	for _, tt := range tests {
		c := newCache(1 << 20)
		put(c, r, 2, 4)
		for _, x := range tt.apply {
			c.apply(someEntry(r, x[0], x[1]))
		}
		record, held := c.get(r)
		if record.Version() != tt.want || held != (tt.want != 0) {
			t.Errorf("%s: got version %d, want %d", tt.name, record.Version(), tt.want)
		}
	}
}

func TestWhatIsReadWhileTheRecordMovesIsNotKept(t *testing.T) {
	r := domain.Ref{Kind: domain.KindActor, ID: "north"}
	for name, meanwhile := range map[string]func(*cache){
		"an entry came in": func(c *cache) { c.apply(someEntry(r, 2, 5)) },
		"a gap":            func(c *cache) { c.clear() },
	} {
		c := newCache(1 << 20)
		c.begin(r)
		meanwhile(c)
		c.end(domain.Record{Ref: r, Steps: []domain.Step{{Sequence: 2}}}, 10)
		if _, held := c.get(r); held {
			t.Errorf("%s: a record without it is held", name)
		}
		if len(c.loading) != 0 {
			t.Errorf("%s: it counts as being read for ever", name)
		}
	}
}

func TestAnOlderReadingReplacesNoNewerOne(t *testing.T) {
	r := domain.Ref{Kind: domain.KindActor, ID: "north"}
	c := newCache(1 << 20)
	put(c, r, 2, 4)
	put(c, r, 2)
	if record, _ := c.get(r); record.Version() != 4 {
		t.Errorf("got version %d, want 4", record.Version())
	}
	put(c, r, 2, 4, 8)
	if record, _ := c.get(r); record.Version() != 8 || c.bytes != 3000 {
		t.Errorf("got version %d in %d bytes, want 8 in 3000", record.Version(), c.bytes)
	}
}

func TestTheCacheKeepsToItsBound(t *testing.T) {
	c := newCache(3000)
	id := func(i int) domain.Ref { return domain.Ref{Kind: domain.KindActor, ID: string(rune('a' + i))} }
	for i := range 10 {
		put(c, id(i), 1)
		c.get(id(0)) // used all the time
	}
	if _, held := c.get(id(0)); !held || c.bytes > 3000 || len(c.items) != 3 || c.used.Len() != 3 {
		t.Errorf("got %d records in %d bytes, the one in use held: %v", len(c.items), c.bytes, held)
	}
	put(c, domain.Ref{Kind: domain.KindActor, ID: "missing"})
	if len(c.items) != 3 {
		t.Error("a record that does not exist is held")
	}
}
