package jetstream

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// blockOf fills a stream with n entries, ends in good order, and returns the folder and the path of its first block.
func blockOf(t *testing.T, n int) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	e, err := StartEmbedded(t.Context(), EmbeddedOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown()
	nc, err := e.Connect()
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), nc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := l.Append(t.Context(), fmt.Sprintf("truce.actor.a%d", i), 0, []byte(`{"a":"`+strings.Repeat("x", 300)+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	return dir, filepath.Join(streamFolder(dir, DefaultStream), "msgs", "1.blk")
}

// What the server writes is whole, and any one bit of it that changes is found: this is what ties the scrub to the form of
// the blocks, which is the server's own.
func TestTheScrubKnowsTheBlocks(t *testing.T) {
	dir, path := blockOf(t, 40)
	known := func() uint64 { return 40 }
	if err := scrub(dir, DefaultStream, known); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(sound); at++ {
		for bit := range 8 {
			if at > 600 && (at+bit)%97 != 0 { // all of the first record, some of the others
				continue
			}
			broken := append([]byte(nil), sound...)
			broken[at] ^= 1 << bit
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			var d *DamageError
			if err := scrub(dir, DefaultStream, known); !errors.As(err, &d) || d.File != path || d.Offset > int64(at) {
				t.Fatalf("bit %d of byte %d: got %v", bit, at, err)
			}
		}
	}
}

// An end that nobody was told of is what a crash leaves: the server cuts it off. One that somebody remembers is damage.
func TestATornEndIsToldFromDamage(t *testing.T) {
	dir, path := blockOf(t, 10)
	if err := os.Truncate(path, sizeOf(t, path)-5); err != nil {
		t.Fatal(err)
	}
	var d *DamageError
	if err := scrub(dir, DefaultStream, func() uint64 { return 10 }); !errors.As(err, &d) || d.After != 9 {
		t.Errorf("entry 10 is remembered: got %v", err)
	}
	if err := scrub(dir, DefaultStream, func() uint64 { return 9 }); err != nil {
		t.Errorf("entry 10 was never acknowledged: got %v", err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(path), "index.db")); err != nil { // a crash leaves none that speaks of entry 10
		t.Fatal(err)
	}
	e, err := StartEmbedded(t.Context(), EmbeddedOptions{Dir: dir, Known: func() uint64 { return 9 }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown()
	nc, err := e.Connect()
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), nc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if last, err := l.Last(t.Context()); err != nil || last != 9 {
		t.Errorf("got %d, %v; want 9 entries", last, err)
	}
}

// A record that is missing between two sound ones is damage, and so is a whole block that is missing.
func TestAMissingRecordIsDamage(t *testing.T) {
	dir, path := blockOf(t, 10)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := int(binary.LittleEndian.Uint32(content) &^ headerBit)
	second := int(binary.LittleEndian.Uint32(content[first:]) &^ headerBit)
	if err := os.WriteFile(path, append(content[:first:first], content[first+second:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := scrub(dir, DefaultStream, func() uint64 { return 10 }); err == nil || !strings.Contains(err.Error(), "entry 3 follows") {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(path, strings.Replace(path, "1.blk", "2.blk", 1)); err != nil {
		t.Fatal(err)
	}
	if err := scrub(dir, DefaultStream, func() uint64 { return 10 }); err == nil {
		t.Error("a block under another number passes")
	}
}

// A start on a damaged block is refused, and the block stays as it was: the server itself would cut it off.
func TestADamagedBlockIsRefusedUntouched(t *testing.T) {
	dir, path := blockOf(t, 20)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(path), "index.db")); err != nil { // so that the server would read the block
		t.Fatal(err)
	}
	_, err = StartEmbedded(t.Context(), EmbeddedOptions{Dir: dir, Known: func() uint64 { return 20 }})
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want the name of %s", err, path)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(content) {
		t.Errorf("the block was changed: %v", err)
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// Blocks that are gone without a trace in the others are refused before the server writes on after what they held, or begins a
// new stream in the place of the old one. An older copy, which is whole in itself, is not the scrub's to judge.
func TestAnEndThatIsGoneIsRefusedUntouched(t *testing.T) {
	for name, lose := range map[string]func(dir, path string) error{
		"the last block is empty":   func(_, path string) error { return os.Truncate(path, 0) },
		"the last block is removed": func(_, path string) error { return os.Remove(path) },
		"the stream is removed":     func(dir, _ string) error { return os.RemoveAll(streamFolder(dir, DefaultStream)) },
		"all of it is removed":      func(dir, _ string) error { return os.RemoveAll(filepath.Join(dir, "jetstream")) },
	} {
		dir, path := blockOf(t, 10)
		if err := lose(dir, path); err != nil {
			t.Fatal(err)
		}
		before := listing(t, dir)
		var d *DamageError
		if _, err := StartEmbedded(t.Context(), EmbeddedOptions{Dir: dir, Known: func() uint64 { return 10 }}); !errors.As(err, &d) || d.File != filepath.Dir(path) {
			t.Errorf("%s: got %v, want a DamageError that names the folder", name, err)
		}
		if after := listing(t, dir); after != before {
			t.Errorf("%s: it was changed before it was refused:\n%s\n%s", name, before, after)
		}
	}
	dir, _ := blockOf(t, 10)
	if err := scrub(dir, DefaultStream, func() uint64 { return 20 }); err != nil {
		t.Errorf("an older copy: got %v", err)
	}
	if err := scrub(t.TempDir(), DefaultStream, func() uint64 { return 0 }); err != nil {
		t.Errorf("a new folder: got %v", err)
	}
}

// What the server records of its blocks is read as it means it.
func TestTheScrubKnowsTheIndex(t *testing.T) {
	_, path := blockOf(t, 300)
	if got := lastRecorded(filepath.Dir(path)); got != 300 {
		t.Errorf("got %d, want 300: index.db is written in another form", got)
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %x\n", path, sha256.Sum256(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
