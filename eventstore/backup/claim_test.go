package backup

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Of two that write to one path at once the second is refused, and touches nothing of the first's.
func TestTwoAtOnceDoNotWriteTheSamePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	release, err := claim(path)
	if err != nil {
		t.Fatal(err)
	}
	half := []string{path + ".tar.part", path + ".restoring"}
	for _, h := range half {
		if err := os.Mkdir(h, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (Restore{From: t.TempDir(), Data: path}).Run(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("a restore: got %v, want ErrBusy", err)
	}
	release()
	if release, err = claim(path + ".tar"); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), path+".tar", Source{}); !errors.Is(err, ErrBusy) {
		t.Errorf("a backup: got %v, want ErrBusy", err)
	}
	for _, h := range half {
		if _, err := os.Stat(h); err != nil {
			t.Errorf("what the first had written is gone: %v", err)
		}
	}
	release()
	if left, _ := filepath.Glob(path + "*.lock"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// Half a lock, as a disk that filled up leaves it, is in nobody's way for long.
func TestHalfALockIsTakenAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path+".lock", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	release, err := claim(path)
	if err != nil {
		t.Fatal(err)
	}
	release()
}
