package proof_test

import (
	"bytes"
	"errors"
	"testing"

	ours "truceledger/eventstore/proof"
)

// A copy takes a head only when it holds the entries, and only if they are those that were signed.
func TestACopyShowsNoHeadThatIsNotOfItsEntries(t *testing.T) {
	origin, heads, key := openDB(t), openHeads(t), logKey(t)
	k := ours.NewKeeper(key, ours.In{DB: origin, Bucket: bucket}, heads, nil)
	grow(t, origin, leaves(0, 3)...)
	first := mustSign(t, k)
	grow(t, origin, leaves(3, 300)...)
	second := mustSign(t, k)

	db, taken := openDB(t), openHeads(t)
	f := &ours.Follower{Key: k.Verifier(), Tree: ours.In{DB: db, Bucket: bucket}, Heads: taken}
	wantLast := func(want []byte) {
		t.Helper()
		if got, err := taken.Last(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	grow(t, db, leaves(0, 2)...)
	if _, err := f.Take(first.Note); !errors.Is(err, ours.ErrBehind) {
		t.Errorf("entries that have not come: %v", err)
	}
	wantLast(nil)
	grow(t, db, leaves(2, 10)...)
	if h, err := f.Take(first.Note); err != nil || h.Size != 3 {
		t.Errorf("got %v, %v", h, err)
	}
	wantLast(first.Note)
	more := append(bytes.Clone(first.Note), "— somebody.example/w AAAAAAAAAAAA\n"...)
	if _, err := f.Take(more); err != nil {
		t.Errorf("with one more cosignature: %v", err)
	}
	wantLast(more)
	if _, err := f.Take(first.Note); err != nil {
		t.Errorf("without it again: %v", err)
	}
	wantLast(more)
	if _, err := f.Take(bytes.Replace(second.Note, []byte("\n300\n"), []byte("\n10\n"), 1)); !errors.Is(err, ours.ErrHead) {
		t.Errorf("an altered head: %v", err)
	}
	other := ours.NewKeeper(logKey(t), ours.In{DB: db, Bucket: bucket}, openHeads(t), nil)
	if _, err := f.Take(mustSign(t, other).Note); !errors.Is(err, ours.ErrHead) {
		t.Errorf("a head by another key: %v", err)
	}

	grow(t, db, leaves(500, 790)...) // the copy goes on otherwise than the origin
	for range 2 {
		var diverged *ours.DivergedError
		if _, err := f.Take(second.Note); !errors.As(err, &diverged) || !bytes.Equal(diverged.Signed.Note, second.Note) {
			t.Errorf("another history: %v", err)
		}
	}
	wantLast(more)
	if kept, err := taken.Evidence(); err != nil || len(kept) != 1 || kept[0].Signed != string(second.Note) {
		t.Errorf("the evidence is %+v, %v", kept, err)
	}
}
