package proof_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore/memory"
	ours "truceledger/eventstore/proof"
)

const origin = "ledger.example/truce/abcdefghijklmnopqrstuvwxyz"

// A register is SharedHeads in memory. fail, if set, is asked before and after each change.
type register struct {
	mu       sync.Mutex
	head     []byte
	revision uint64
	fail     func(step string) error
}

func (r *register) Load(context.Context) ([]byte, uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.head, r.revision, nil
}

func (r *register) CompareAndSet(_ context.Context, revision uint64, head []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail("before"); err != nil {
			return err
		}
	}
	if revision != r.revision {
		return ours.ErrMoved
	}
	r.head, r.revision = bytes.Clone(head), revision+1
	if r.fail != nil {
		return r.fail("after")
	}
	return nil
}

func logKey(t testing.TB) *ours.LogKey {
	t.Helper()
	k, err := ours.OpenLogKey(filepath.Join(t.TempDir(), "log.key"), origin)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func openHeads(t testing.TB) *ours.Heads {
	t.Helper()
	h, err := ours.OpenHeads(filepath.Join(t.TempDir(), "heads.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func mustSign(t testing.TB, k *ours.Keeper) ours.Head {
	t.Helper()
	h, err := k.Sign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTheKeyFileIsMadeOnceAndForOneOrigin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.key")
	first, err := ours.OpenLogKey(path, origin)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ours.OpenLogKey(path, origin)
	if err != nil || again.VerifierKey() != first.VerifierKey() || !strings.HasPrefix(again.VerifierKey(), origin+"+") {
		t.Fatalf("got %v, %v", again, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v", info.Mode())
	}
	if _, err := ours.OpenLogKey(path, "other.example/truce/x"); !errors.Is(err, ours.ErrKeyFile) {
		t.Errorf("got %v, want a refusal of another origin", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ours.OpenLogKey(path, origin); !errors.Is(err, ours.ErrKeyFile) {
		t.Errorf("got %v, want a refusal of a key that others can read", err)
	}
}

func TestHeadsGrowWithTheTreeAndAreSignedOnce(t *testing.T) {
	db, heads, key := openDB(t), openHeads(t), logKey(t)
	k := ours.NewKeeper(key, ours.In{DB: db, Bucket: bucket}, heads, nil)
	grow(t, db, leaves(0, 3)...)
	first := mustSign(t, k)
	if again := mustSign(t, k); !bytes.Equal(again.Note, first.Note) || first.Size != 3 {
		t.Errorf("got %s then %s", first.Note, again.Note)
	}
	grow(t, db, leaves(3, 300)...)
	second := mustSign(t, k)
	var kept []int64
	for text, err := range heads.All() {
		h, err2 := ours.OpenHead(text, k.Verifier())
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		kept = append(kept, h.Size)
	}
	if fmt.Sprint(kept) != "[3 300]" || second.Size != 300 {
		t.Errorf("got the heads %v, and %d", kept, second.Size)
	}
	verifier, err := ours.Verifier(key.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ours.OpenHead(second.Note, verifier); err != nil {
		t.Error(err)
	}
}

// The ledger must never sign two histories, whatever became of its stream.
func TestALogThatIsNotWhatWasSignedIsRefused(t *testing.T) {
	altered := leaves(0, 10)
	altered[4] = []byte("forged")
	for name, now := range map[string][][]byte{
		"shorter":               leaves(0, 9),
		"empty":                 {},
		"altered":               altered,
		"altered and longer":    append(altered, leaves(10, 20)...),
		"one entry in place of": append(leaves(0, 9), []byte("another")),
	} {
		t.Run(name, func(t *testing.T) {
			heads, key := openHeads(t), logKey(t)
			before := openDB(t)
			grow(t, before, leaves(0, 10)...)
			mustSign(t, ours.NewKeeper(key, ours.In{DB: before, Bucket: bucket}, heads, nil))
			after := openDB(t)
			grow(t, after, now...)
			k := ours.NewKeeper(key, ours.In{DB: after, Bucket: bucket}, heads, nil)
			_, err := k.Sign(t.Context())
			var diverged *ours.DivergedError
			if !errors.Is(err, ours.ErrDiverged) || !errors.As(err, &diverged) || diverged.Signed.Size != 10 {
				t.Fatalf("got %v, want ErrDiverged", err)
			}
			if _, err := k.Sign(t.Context()); !errors.Is(err, ours.ErrDiverged) || k.Stopped() == nil {
				t.Errorf("the keeper went on: %v", err)
			}
			evidence, err := heads.Evidence()
			if err != nil || len(evidence) != 1 || evidence[0].Signed != string(diverged.Signed.Note) {
				t.Errorf("got the evidence %v, %v", evidence, err)
			}
		})
	}
}

// A stop at each step, then a start with nothing but what was on disk: no two heads of one size may differ, and the next
// head must be consistent with all.
func TestAStopAtAnyStepLeavesNothingThatTheNextStartContradicts(t *testing.T) {
	stop := errors.New("power failure")
	for _, at := range []string{"never", "before", "after"} {
		t.Run(at, func(t *testing.T) {
			db, heads, key := openDB(t), openHeads(t), logKey(t)
			shared := &register{}
			source := ours.In{DB: db, Bucket: bucket}
			grow(t, db, leaves(0, 5)...)
			mustSign(t, ours.NewKeeper(key, source, heads, shared))
			grow(t, db, leaves(5, 9)...)
			shared.fail = func(step string) error {
				if step == at {
					return stop
				}
				return nil
			}
			_, err := ours.NewKeeper(key, source, heads, shared).Sign(t.Context())
			if (at == "never") != (err == nil) || err != nil && !errors.Is(err, stop) {
				t.Fatalf("got %v", err)
			}
			shared.fail = nil
			grow(t, db, leaves(9, 12)...)
			h := mustSign(t, ours.NewKeeper(key, source, heads, shared))
			root, _ := plainRoots(t, leaves(0, 12))[12], h
			if h.Size != 12 || h.Root != root {
				t.Errorf("got %d %v", h.Size, h.Root)
			}
		})
	}
}

// A node whose own file was lost, or that is new, takes the newest head from the register.
func TestAnotherNodeFollowsTheRegister(t *testing.T) {
	db, key, shared := openDB(t), logKey(t), &register{}
	source := ours.In{DB: db, Bucket: bucket}
	grow(t, db, leaves(0, 7)...)
	first := mustSign(t, ours.NewKeeper(key, source, openHeads(t), shared))
	second := mustSign(t, ours.NewKeeper(key, source, openHeads(t), shared))
	if !bytes.Equal(first.Note, second.Note) || shared.revision != 1 {
		t.Errorf("got revision %d", shared.revision)
	}
	behind := openDB(t)
	grow(t, behind, leaves(0, 5)...)
	if h := mustSign(t, ours.NewKeeper(key, ours.In{DB: behind, Bucket: bucket}, openHeads(t), shared)); h.Size != 7 {
		t.Errorf("a node that is behind has the head %d", h.Size)
	}
	other := openDB(t)
	grow(t, other, append(leaves(0, 6), []byte("forged"))...)
	if _, err := ours.NewKeeper(key, ours.In{DB: other, Bucket: bucket}, openHeads(t), shared).Sign(t.Context()); !errors.Is(err, ours.ErrDiverged) {
		t.Errorf("got %v, want ErrDiverged", err)
	}
}

func TestNodesThatSignAtOnceNeverSignTwoHistories(t *testing.T) {
	key, shared := logKey(t), &register{}
	var wg sync.WaitGroup
	roots := plainRoots(t, leaves(0, 40))
	for range 4 {
		db, heads := openDB(t), openHeads(t)
		k := ours.NewKeeper(key, ours.In{DB: db, Bucket: bucket}, heads, shared)
		wg.Go(func() {
			for i := range 40 {
				grow(t, db, leaves(i, i+1)...)
				h, err := k.Sign(context.Background())
				if err != nil || h.Root != roots[h.Size] {
					t.Errorf("size %d: %v", h.Size, err)
				}
			}
		})
	}
	wg.Wait()
	if shared.revision > 40 {
		t.Errorf("%d heads were signed for 40 sizes", shared.revision)
	}
}

func TestTheStartComparesTheLogWithItsTree(t *testing.T) {
	all := leaves(0, 300)
	put := func(log *memory.Log, payloads [][]byte) *memory.Log {
		for i, p := range payloads {
			if _, err := log.Append(t.Context(), fmt.Sprintf("truce.actor.a%d", i), 0, p); err != nil {
				t.Fatal(err)
			}
		}
		return log
	}
	db, heads, key := openDB(t), openHeads(t), logKey(t)
	grow(t, db, all...)
	source := ours.In{DB: db, Bucket: bucket}
	mustSign(t, ours.NewKeeper(key, source, heads, nil))
	if err := ours.NewKeeper(key, source, heads, nil).Check(t.Context(), put(memory.New(), all)); err != nil {
		t.Errorf("the same log: %v", err)
	}
	if err := ours.NewKeeper(key, source, heads, nil).Check(t.Context(), put(memory.New(), all[:299])); !errors.Is(err, ours.ErrDiverged) {
		t.Errorf("a shorter log: got %v", err)
	}
	recent, old := leaves(0, 300), leaves(0, 300)
	recent[280], old[3] = []byte("x"), []byte("x")
	if err := ours.NewKeeper(key, source, heads, nil).Check(t.Context(), put(memory.New(), recent)); !errors.Is(err, ours.ErrDiverged) {
		t.Errorf("an altered new entry: got %v", err)
	}
	if err := ours.NewKeeper(key, source, heads, nil).Rehash(t.Context(), put(memory.New(), old)); !errors.Is(err, ours.ErrDiverged) {
		t.Errorf("an altered old entry: got %v", err)
	}
	behind := openDB(t)
	grow(t, behind, all[:100]...)
	k := ours.NewKeeper(key, ours.In{DB: behind, Bucket: bucket}, heads, nil)
	if err := k.Check(t.Context(), put(memory.New(), all)); !errors.Is(err, ours.ErrBehind) || k.Stopped() != nil {
		t.Errorf("a tree that is behind: got %v", err)
	}
}

func TestTheNotarySignsAndStops(t *testing.T) {
	db, heads, key := openDB(t), openHeads(t), logKey(t)
	published, stopped := make(chan ours.Head, 10), make(chan error, 1)
	n := &ours.Notary{
		Keeper:   ours.NewKeeper(key, ours.In{DB: db, Bucket: bucket}, heads, nil),
		Interval: 1, Publish: func(_ context.Context, h ours.Head) { published <- h }, Stop: func(err error) { stopped <- err },
	}
	grow(t, db, leaves(0, 2)...)
	go func() { _ = n.Run(t.Context()) }()
	if h := <-published; h.Size != 2 {
		t.Errorf("got %d", h.Size)
	}
	grow(t, db, leaves(2, 4)...)
	n.Wake()
	if h := <-published; h.Size != 4 {
		t.Errorf("got %d", h.Size)
	}
	_ = db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucket) })
	grow(t, db, leaves(1, 9)...)
	n.Wake()
	if err := <-stopped; !errors.Is(err, ours.ErrDiverged) {
		t.Errorf("got %v", err)
	}
}

func TestAReceiptHoldsOfflineAndOnlyForItsBytes(t *testing.T) {
	db, heads, key := openDB(t), openHeads(t), logKey(t)
	all := leaves(0, 400)
	grow(t, db, all...)
	k := ours.NewKeeper(key, ours.In{DB: db, Bucket: bucket}, heads, nil)
	h := mustSign(t, k)
	var receipt []byte
	view(t, db, func(tree ours.Tree) {
		var err error
		if receipt, err = ours.Receipt(tree, 123, h); err != nil {
			t.Fatal(err)
		}
	})
	got, err := ours.VerifyReceipt(receipt, all[122], k.Verifier())
	if err != nil || got.Sequence != 123 || got.Head.Size != 400 {
		t.Fatalf("got %v, %v", got, err)
	}
	if _, err := ours.VerifyReceipt(receipt, all[121], k.Verifier()); !errors.Is(err, ours.ErrReceipt) {
		t.Errorf("other bytes: got %v", err)
	}
	if _, err := ours.VerifyReceipt(receipt, all[122], ours.NewKeeper(logKey(t), nil, nil, nil).Verifier()); !errors.Is(err, ours.ErrReceipt) {
		t.Errorf("another key: got %v", err)
	}
	for i := range receipt {
		altered := bytes.Clone(receipt)
		altered[i] ^= 1
		if r, err := ours.VerifyReceipt(altered, all[122], k.Verifier()); err == nil && r.Sequence != 123 {
			t.Errorf("byte %d altered: taken for entry %d", i, r.Sequence)
		} else if err == nil {
			t.Errorf("byte %d altered: %q still holds", i, receipt[max(0, i-10):min(len(receipt), i+10)])
		}
	}
}

func TestConsistencyAsText(t *testing.T) {
	db, heads, key := openDB(t), openHeads(t), logKey(t)
	k := ours.NewKeeper(key, ours.In{DB: db, Bucket: bucket}, heads, nil)
	grow(t, db, leaves(0, 100)...)
	older := mustSign(t, k)
	grow(t, db, leaves(100, 300)...)
	newer := mustSign(t, k)
	view(t, db, func(tree ours.Tree) {
		text, err := ours.ConsistencyText(tree, 100, newer)
		if err != nil {
			t.Fatal(err)
		}
		old, p, head, err := ours.ParseConsistencyText(text)
		if err != nil || old != 100 || !bytes.Equal(head, newer.Note) {
			t.Fatalf("got %d, %v", old, err)
		}
		if err := ours.CheckConsistency(p, older, newer); err != nil {
			t.Error(err)
		}
		older.Root = tlog.Hash{1}
		if err := ours.CheckConsistency(p, older, newer); err == nil {
			t.Error("another root was taken")
		}
	})
}

func FuzzReceipt(f *testing.F) {
	key := logKey(f)
	v, _ := ours.Verifier(key.VerifierKey())
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\nx\n"))
	f.Fuzz(func(t *testing.T, receipt []byte) {
		if _, err := ours.VerifyReceipt(receipt, []byte("x"), v); err == nil {
			t.Error("a receipt that nobody signed holds")
		}
	})
}

func FuzzConsistencyText(f *testing.F) {
	f.Add([]byte("old 3\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\nhead\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		old, p, head, err := ours.ParseConsistencyText(text)
		if err != nil {
			return
		}
		again := fmt.Appendf(nil, "old %d\n", old)
		for _, h := range p {
			again = fmt.Appendf(again, "%s\n", h)
		}
		if again = append(append(again, '\n'), head...); !bytes.Equal(again, text) {
			t.Errorf("%q was read as %q", text, again)
		}
	})
}

func FuzzOpenHead(f *testing.F) {
	key := logKey(f)
	v, _ := ours.Verifier(key.VerifierKey())
	f.Add([]byte(origin + "\n3\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\n— " + origin + " AAAA\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := ours.OpenHead(text, v); err == nil {
			t.Error("a head that nobody signed holds")
		}
	})
}
