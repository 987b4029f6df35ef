package proof_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	ours "truceledger/eventstore/proof"
)

var bucket = []byte("tree/1")

// openDB opens a throw-away bbolt file. Nothing here depends on its fsync.
func openDB(t testing.TB) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "test.db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// grow appends payloads in one transaction.
func grow(t testing.TB, db *bbolt.DB, payloads ...[]byte) {
	t.Helper()
	err := db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return ours.TreeIn(b).Append(payloads...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// view reads the tree.
func view(t testing.TB, db *bbolt.DB, f func(ours.Tree)) {
	t.Helper()
	_ = db.View(func(tx *bbolt.Tx) error {
		f(ours.TreeIn(tx.Bucket(bucket)))
		return nil
	})
}

func leaves(from, to int) [][]byte {
	var all [][]byte
	for i := from; i < to; i++ {
		all = append(all, fmt.Appendf(nil, `{"entry":%d}`, i))
	}
	return all
}

// plainRoots returns the root of every size, by the plainest way there is.
func plainRoots(t testing.TB, payloads [][]byte) []tlog.Hash {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			found[i] = stored[x]
		}
		return found, nil
	})
	roots := make([]tlog.Hash, len(payloads)+1)
	roots[0], _ = tlog.TreeHash(0, reader)
	for i, p := range payloads {
		h, err := tlog.StoredHashes(int64(i), p, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, h...)
		if roots[i+1], err = tlog.TreeHash(int64(i+1), reader); err != nil {
			t.Fatal(err)
		}
	}
	return roots
}

func TestTheTreeHasTheSameRootHoweverItGrew(t *testing.T) {
	const most = 256*256 + 300 // two levels of full tiles and a third
	all := leaves(0, most)
	roots := plainRoots(t, all)
	db := openDB(t)
	for at, step := 0, 1; at < most; step = step*3 + 1 {
		to := min(at+step, most)
		grow(t, db, all[at:to]...)
		at = to
	}
	view(t, db, func(tree ours.Tree) {
		if tree.Size() != most {
			t.Fatalf("got size %d, want %d", tree.Size(), most)
		}
		for _, n := range []int64{0, 1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537, most} {
			got, err := tree.Root(n)
			if err != nil || got != roots[n] {
				t.Errorf("root at %d: got %v (%v), want %v", n, got, err, roots[n])
			}
		}
		if _, err := tree.Root(most + 1); !errors.Is(err, ours.ErrBeyond) {
			t.Errorf("got %v, want ErrBeyond", err)
		}
	})
}

// Every proof is checked by a second, independent implementation.
func TestProofsHoldForASecondVerifier(t *testing.T) {
	const most = 700
	all := leaves(0, most)
	roots := plainRoots(t, all)
	db := openDB(t)
	grow(t, db, all...)
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(1, most).Draw(rt, "size")
		i := rapid.Int64Range(0, n-1).Draw(rt, "index")
		m := rapid.Int64Range(1, n).Draw(rt, "earlier")
		of := tlog.Tree{N: n, Hash: roots[n]}
		view(t, db, func(tree ours.Tree) {
			inclusion, err := tree.Inclusion(i, of)
			if err != nil {
				rt.Fatal(err)
			}
			leaf := rfc6962.DefaultHasher.HashLeaf(all[i])
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), uint64(n), leaf, list(inclusion), roots[n][:]); err != nil {
				rt.Errorf("leaf %d of %d: %v", i, n, err)
			}
			leaf[0] ^= 1
			if proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), uint64(n), leaf, list(inclusion), roots[n][:]) == nil {
				rt.Errorf("leaf %d of %d: an altered leaf was taken", i, n)
			}
			consistency, err := tree.Consistency(m, of)
			if err != nil {
				rt.Fatal(err)
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(m), uint64(n), list(consistency), roots[m][:], roots[n][:]); err != nil {
				rt.Errorf("from %d to %d: %v", m, n, err)
			}
			other := roots[m-1]
			if m < n && proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(m), uint64(n), list(consistency), other[:], roots[n][:]) == nil {
				rt.Errorf("from %d to %d: another root was taken", m, n)
			}
		})
	})
}

func list[P ~[]tlog.Hash](p P) [][]byte {
	hashes := make([][]byte, len(p))
	for i := range p {
		hashes[i] = p[i][:]
	}
	return hashes
}

// A damaged file must never give a wrong proof, only an error.
func TestADamagedTileGivesNoProof(t *testing.T) {
	all := leaves(0, 600)
	roots := plainRoots(t, all)
	db := openDB(t)
	grow(t, db, all...)
	_ = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		key := []byte{0, 0, 0, 0, 0, 0, 0, 0, 1}
		data := bytes.Clone(b.Get(key))
		data[5] ^= 1
		return b.Put(key, data)
	})
	view(t, db, func(tree ours.Tree) {
		if p, err := tree.Inclusion(300, tlog.Tree{N: 600, Hash: roots[600]}); err == nil {
			t.Errorf("got the proof %v from a damaged tile", p)
		}
	})
}

func TestTilesAreServedUnderTheirPaths(t *testing.T) {
	all := leaves(0, 600)
	db := openDB(t)
	grow(t, db, all...)
	log := memory.New()
	for i, p := range all {
		if _, err := log.Append(t.Context(), fmt.Sprintf("truce.actor.a%d", i), 0, p); err != nil {
			t.Fatal(err)
		}
	}
	for path, size := range map[string]int{
		"tile/0/000": 256 * 32, "tile/0/002.p/88": 88 * 32, "tile/0/002.p/5": 5 * 32, "tile/1/000.p/2": 64,
	} {
		tile, err := ours.ParseTilePath(path)
		if err != nil || ours.TilePath(tile) != path {
			t.Fatalf("%s: got %s, %v", path, ours.TilePath(tile), err)
		}
		view(t, db, func(tree ours.Tree) {
			if data, err := tree.TileBytes(tile); err != nil || len(data) != size {
				t.Errorf("%s: got %d bytes, %v; want %d", path, len(data), err, size)
			}
		})
	}
	tile, err := ours.ParseTilePath("tile/entries/002.p/88")
	if err != nil {
		t.Fatal(err)
	}
	data, err := ours.EntryBundle(context.Background(), log, tile)
	if err != nil {
		t.Fatal(err)
	}
	at := 512
	for p, err := range ours.SplitBundle(data) {
		if err != nil || !bytes.Equal(p, all[at]) {
			t.Fatalf("entry %d: got %s, %v", at, p, err)
		}
		at++
	}
	if at != 600 {
		t.Errorf("got entries up to %d, want 600", at)
	}
	tile.W = 89
	if _, err := ours.EntryBundle(context.Background(), log, tile); !errors.Is(err, ours.ErrBeyond) {
		t.Errorf("got %v, want ErrBeyond", err)
	}
}

func TestWhatIsNoTilePathIsRefused(t *testing.T) {
	for _, path := range []string{"", "tile", "tile/", "tile/8/0/000", "tile/data/000", "tile/0/0", "tile/0/x001", "tile/0/000.p/256",
		"tile/0/000.p/0", "tile/-1/000", "tile/0/../000", "tile/entries/000.p/0", "tile/9/000", "/tile/0/000"} {
		if tile, err := ours.ParseTilePath(path); !errors.Is(err, ours.ErrNotATile) {
			t.Errorf("%q: got %v, %v", path, tile, err)
		}
	}
}

func FuzzTilePath(f *testing.F) {
	f.Add("tile/0/x001/234.p/7")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, path string) {
		if tile, err := ours.ParseTilePath(path); err == nil && ours.TilePath(tile) != path {
			t.Errorf("%q was read as %q", path, ours.TilePath(tile))
		}
	})
}

func FuzzSplitBundle(f *testing.F) {
	seed, _ := ours.AppendToBundle(nil, []byte("one"))
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var again []byte
		for p, err := range ours.SplitBundle(data) {
			if err != nil {
				return
			}
			again, _ = ours.AppendToBundle(again, p)
		}
		if !bytes.Equal(again, data) {
			t.Error("what was split does not join to the same bytes")
		}
	})
}

func TestTheLargestEntryFitsIntoABundle(t *testing.T) {
	if _, err := ours.AppendToBundle(nil, make([]byte, eventstore.MaxPayload)); err != nil {
		t.Error(err)
	}
	if _, err := ours.AppendToBundle(nil, make([]byte, eventstore.MaxPayload+1)); !errors.Is(err, eventstore.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func BenchmarkAppend(b *testing.B) {
	e := ours.NewEdge(nil)
	payload := bytes.Repeat([]byte("x"), 700)
	for b.Loop() {
		if err := e.Append(tlog.RecordHash(payload)); err != nil {
			b.Fatal(err)
		}
	}
}
