package projections

import (
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore/proof"
)

// The tree's root is that of the stored payloads, however they were batched, and its rows are part of the file's sums.
func TestTheTreeIsThatOfTheLog(t *testing.T) {
	b := newBook(t)
	for i := range 300 { // more than a tile holds
		b.do(t, `{"command":"register-actor","actor":"a-%d","name":"A","kind":"state"}`, i)
	}
	dir := t.TempDir()
	woken := make(chan struct{}, 1)
	o := b.options(dir)
	o.Committed = func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}
	p, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.ViewTree(func(proof.Tree) error { return nil }); !errors.Is(err, proof.ErrBehind) || !errors.Is(err, ErrNotReady) {
		t.Errorf("got %v before the file is filled, want ErrBehind", err)
	}
	p.Start(t.Context())
	for i := range 40 { // one at a time, across the checkpoint
		n := b.do(t, `{"command":"register-actor","actor":"b-%d","name":"B","kind":"state"}`, i)
		if err := p.WaitFor(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	<-woken
	want := rootOf(t, b)
	check := func(p *Projections) {
		t.Helper()
		if err := p.ViewTree(func(tree proof.Tree) error {
			root, err := tree.Root(tree.Size())
			if root != want || tree.Size() != 341 {
				t.Errorf("got %v at %d, want %v at 341", root, tree.Size(), want)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	check(p)
	if err := p.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	check(p)
	rows, err := p.Replay(t.Context(), nil)
	if err != nil || rows[len(rows)-1].Name != proofBucket || !rows[len(rows)-1].Equal {
		t.Errorf("got %+v, %v", rows, err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	path, _, err := served(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), path, b.ID(), false) // checks the sums, of the tree's rows too
	if err != nil {
		t.Fatal(err)
	}
	_ = s.close()
}

func rootOf(t *testing.T, b *book) tlog.Hash {
	t.Helper()
	e := proof.NewEdge(nil)
	for m, err := range b.log.Read(t.Context(), 0) {
		if err == nil {
			err = e.Append(tlog.RecordHash(m.Payload))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := e.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}
