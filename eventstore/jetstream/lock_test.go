package jetstream

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// damages are what can become of a lock.db.
func damages(whole []byte) map[string][]byte {
	all := map[string][]byte{
		"garbage": bytes.Repeat([]byte("garbage "), 4096), "zeroes": make([]byte, len(whole)), "one byte": {1},
		"another's file": []byte("#!/bin/sh\necho no database\n"),
	}
	for _, n := range []int{100, 4096, 8192, 8193, 12288, len(whole) - 1} {
		all["cut off"+string(rune('0'+len(all)))] = whole[:n]
	}
	for from := 0; from < len(whole); from += 4096 {
		broken := bytes.Clone(whole)
		for i := from; i < min(from+4096, len(broken)); i++ {
			broken[i] = 0xff
		}
		all["broken page"+string(rune('0'+from/4096))] = broken
	}
	return all
}

func wholeLock(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	db, err := lockFolder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "lock.db"))
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// A lock.db that cannot be read is made anew, and locks as before.
func TestADamagedLockIsMadeAnew(t *testing.T) {
	whole := wholeLock(t)
	for name, content := range damages(whole) {
		dir := t.TempDir()
		path := filepath.Join(dir, "lock.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		db, err := lockFolder(dir, slog.New(slog.NewTextHandler(&said, nil)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := lockFolder(dir, nil); !errors.Is(err, ErrInUse) {
			t.Errorf("%s: a second one got in: %v", name, err)
		}
		if strings.HasPrefix(name, "garbage") && !strings.Contains(said.String(), "made anew") {
			t.Errorf("%s: nothing was said: %q", name, said.String())
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if db, err = lockFolder(dir, nil); err != nil {
			t.Errorf("%s: it is not free again: %v", name, err)
			continue
		}
		_ = db.Close()
	}
}

// A file that is damaged while somebody holds it keeps others out all the same.
func TestADamagedLockStillLocks(t *testing.T) {
	dir := t.TempDir()
	db, err := lockFolder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{0, 100, 8192} {
		if err := os.Truncate(filepath.Join(dir, "lock.db"), size); err != nil {
			t.Fatal(err)
		}
		if _, err := lockFolder(dir, nil); !errors.Is(err, ErrInUse) {
			t.Errorf("cut to %d: a second one got in: %v", size, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// Many find the file damaged at once: one at most gets in.
func TestOneOfManyMendsTheLock(t *testing.T) {
	whole := wholeLock(t)
	for name, content := range damages(whole) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "lock.db"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		var got atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				switch _, err := lockFolder(dir, nil); { // held until the test ends
				case err == nil:
					got.Add(1)
				case !errors.Is(err, ErrInUse):
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		if all.Wait(); got.Load() != 1 {
			t.Errorf("%s: %d got in", name, got.Load())
		}
	}
}

func TestALockThatCannotBeOpenedSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "lock.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := lockFolder(dir, nil); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("got %v", err)
	}
}
