package blobs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Inspect reads every file that is kept and yields each that is not what was stored, or cannot be read, until ctx ends. Without
// it the damage would be found by whoever needs the file.
func (s *Files) Inspect(ctx context.Context, report func(error)) {
	_ = filepath.WalkDir(filepath.Join(s.dir, "sha256"), func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return filepath.SkipAll
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			report(err)
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		f, err := s.Open(d.Name())
		if errors.Is(err, ErrMissing) {
			err = &DamagedError{Path: path, Why: "its name is no SHA-256"}
		}
		if err != nil {
			report(err)
			return nil
		}
		_ = f.Close()
		return nil
	})
}

// Inspect opens every sealed value, tells nobody what it holds, and yields each that cannot be opened, until ctx ends.
func (v *Vault) Inspect(ctx context.Context, report func(error)) {
	for _, in := range []struct {
		dir   string
		check func(name string) error
	}{
		{v.keys(), func(name string) error { _, err := v.Open(commitmentPrefix + name); return err }},
		{v.uploads(), func(name string) error { _, err := v.readUpload(name); return err }},
	} {
		found, err := os.ReadDir(in.dir)
		if err != nil {
			report(err)
		}
		for _, f := range found {
			if ctx.Err() != nil {
				return
			}
			if strings.HasPrefix(f.Name(), tempPrefix) {
				continue // is being written
			}
			v.mu.Lock() // a key that is being destroyed has noise in it for a moment
			err := in.check(f.Name())
			v.mu.Unlock()
			if err != nil && !errors.Is(err, ErrMissing) {
				report(err)
			}
		}
	}
}
