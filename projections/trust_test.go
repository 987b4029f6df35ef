package projections

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// A file that was closed in good order is trusted; one that anybody has written to since, or that a crash left, is not.
func TestOnlyAnUntouchedFileIsTrusted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for name, c := range map[string]struct {
		meanwhile func()
		intact    bool
	}{
		"untouched":         {func() {}, true},
		"without a seal":    {func() { os.Remove(path + sealSuffix) }, false},
		"longer":            {func() { os.WriteFile(path, []byte("xx"), 0o600) }, false},
		"written again":     {func() { os.Chtimes(path, time.Now(), time.Now().Add(time.Second)) }, false},
		"a seal of nothing": {func() { os.WriteFile(path+sealSuffix, nil, 0o600) }, false},
		"no file":           {func() { os.Remove(path) }, false},
	} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		seal(path)
		c.meanwhile()
		if got := unseal(path); got != c.intact {
			t.Errorf("%s: got %t, want %t", name, got, c.intact)
		}
		if unseal(path) {
			t.Errorf("%s: the seal holds twice, though the file is written to", name)
		}
	}
}

// What a disk has changed since is found while the file serves, and refilled.
func TestASealedFileIsCheckedBehind(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	dir := t.TempDir()
	p := b.started(t, dir)
	want := show(digestsOf(t, p))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	path, _, err := served(dir)
	if err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(clockBucket)).Put(number(2), number(7)) })
	if err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	seal(path) // as if nobody had touched it
	defer func(n int64) { mostAtOnce = n }(mostAtOnce)
	mostAtOnce = 0
	p = b.started(t, dir)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if s, err := p.Digests(t.Context()); err == nil && show(s) == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the changed row still serves")
		}
	}
}
