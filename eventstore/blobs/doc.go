// Package blobs keeps what must not or cannot stand in the log: files, and sealed values.
//
// A file is named by the SHA-256 of its bytes, so that the log, which holds the name, proves the file. It is on disk before
// its name is given out, and every reading compares it with its name first: what a disk has damaged is found and named, and
// never handed out.
//
// A sealed value lies in the vault, encrypted with age to a key of its own; the log holds a commitment that nobody can guess
// the value from. To destroy the key is to destroy the value: the log stays as it is, and still verifies. What a copy of the
// vault that was made before holds, nothing here can destroy.
//
// The package knows nobody's role and writes nothing to the record: who may read is the api's to say, and that somebody read
// stands in the log before the vault is opened.
package blobs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// A DamagedError says that something on disk is not what was stored.
type DamagedError struct {
	Path string // the file, for the operator
	Why  string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged: %s; put a good copy in its place from a backup", e.Path, e.Why)
}

// ErrMissing says that there is nothing of that name.
var ErrMissing = errors.New("there is nothing of that name")

// write puts data into dir/name so that after a crash there is either nothing of that name or all of it.
func write(dir, name string, data []byte) error {
	f, err := os.CreateTemp(dir, tempPrefix)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the rename there is none
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return place(f.Name(), filepath.Join(dir, name))
}

const tempPrefix = "tmp-"

// place gives a synced file its name, for good.
func place(temp, path string) error {
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// makeDir makes a folder and the one above it, for good. Without the sync of the one above, a power cut could take the
// folder with everything in it.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	above := filepath.Dir(dir)
	if err := os.MkdirAll(above, 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return errors.Join(syncDir(above), syncDir(filepath.Dir(above)))
}

// syncDir makes renames and removals in a folder last. Windows has nothing of the kind.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// removeTemps takes away what a crash left behind in a folder.
func removeTemps(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, tempPrefix+"*"))
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
