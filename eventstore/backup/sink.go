package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// A sink takes the files of a backup. It holds keys, so that only its owner may read it.
type sink interface {
	put(name string, content []byte) error
	copy(name string, size int64, from io.Reader) error
	close() error // when it returns, everything is on disk
}

func newSink(path string, oneFile bool) (sink, error) {
	if !oneFile {
		return folder{path}, os.MkdirAll(path, 0o700)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &archive{f, tar.NewWriter(f)}, nil
}

type folder struct{ dir string }

func (f folder) put(name string, content []byte) error {
	return f.copy(name, int64(len(content)), bytes.NewReader(content))
}

func (f folder) copy(name string, size int64, from io.Reader) (err error) {
	path := filepath.Join(f.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(to, io.LimitReader(from, size))
	if err == nil && n != size {
		err = fmt.Errorf("%s: it was %d bytes long and is %d now", name, size, n)
	}
	return errors.Join(err, to.Sync(), to.Close())
}

func (f folder) close() error {
	return filepath.WalkDir(f.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncFolder(path)
	})
}

type archive struct {
	file *os.File
	tar  *tar.Writer
}

func (a *archive) put(name string, content []byte) error {
	return a.copy(name, int64(len(content)), bytes.NewReader(content))
}

func (a *archive) copy(name string, size int64, from io.Reader) error {
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: time.Unix(0, 0)}); err != nil {
		return err
	}
	n, err := io.Copy(a.tar, io.LimitReader(from, size))
	if err == nil && n != size {
		err = fmt.Errorf("%s: it was %d bytes long and is %d now", name, size, n)
	}
	return err
}

func (a *archive) close() error { return errors.Join(a.tar.Close(), a.file.Sync(), a.file.Close()) }

// unpack writes the files of an archive into a new folder. One that was cut off is unpacked as far as it goes; what is missing
// then is named by the manifest, or is the manifest.
func unpack(path, dir string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	to := folder{dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &DamagedError{filepath.Base(path), fmt.Sprintf("it was cut off or altered (%v)", err)}
		case h.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(h.Name)):
			return &DamagedError{filepath.Base(path), fmt.Sprintf("it holds %q, which is no file of a backup", h.Name)}
		}
		err = to.copy(h.Name, h.Size, r)
		if errors.As(err, new(*os.PathError)) && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("unpack %s: %w", filepath.Base(path), err) // the disk's doing, and not the backup's
		}
		if err != nil {
			return &DamagedError{filepath.Base(path), fmt.Sprintf("it was cut off or altered in %s (%v)", h.Name, err)}
		}
	}
}

// syncFolder makes names in dir last. Windows has nothing of the kind.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
