package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"

	"truceledger/eventstore/proof"
)

// survey goes through a folder before anything in it is opened. It may have been unpacked from anything: a pipe would hold the
// check up for ever, a device never ends, and a link may lead to any file of the auditor's.
func (v *verifier) survey() error {
	return fs.WalkDir(v.dir, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return unread(err)
		case d.Type() == 0 || d.IsDir() && !isFile(name):
			return v.ctx.Err()
		case d.IsDir():
			return failed(0, "layout", "%q is a folder, and should be a file", name)
		}
		return failed(0, "layout", "%q is no plain file: a bundle has neither links nor pipes nor devices", name)
	})
}

// isFile reports whether a bundle has a file of this name.
func isFile(name string) bool {
	switch name {
	case "checkpoint", "checkpoints.txt", "events.jsonl", "policy", "allowed_signers", "README":
		return true
	}
	_, err := proof.ParseTilePath(name)
	return err == nil || path.Dir(name) == "receipts"
}

// strangers counts the files that belong to no bundle of this size. Nothing is read in them; whoever reads them should know.
func (v *verifier) strangers() error {
	return fs.WalkDir(v.dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return unread(err)
		}
		if d.IsDir() || v.belongs(name) {
			return nil
		}
		if v.report.Strangers++; v.report.Strangers == 1 {
			v.report.FirstStranger = name
		}
		return nil
	})
}

// belongs reports whether a file has its place in a bundle of this size: a tile as wide as it is there, and no other one.
func (v *verifier) belongs(name string) bool {
	t, err := proof.ParseTilePath(name)
	if err != nil {
		return isFile(name) || strings.HasPrefix(name, "attachments/")
	}
	return t.W == tileAt(t.L, t.N, v.head.Size).W
}

// readFile reads a file that has at most so many bytes.
func readFile(dir fs.FS, name string, most int64) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(raw)) > most {
		err = failed(0, "layout", "%s has more than %d bytes", name, most)
	}
	return raw, err
}

// isMissing tells a file that is not there, which is the bundle's fault, from one that the system does not read.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// unread is what the system does not read. It proves nothing against anybody.
func unread(err error) error {
	var failure *Failure
	if errors.As(err, &failure) {
		return err
	}
	return fmt.Errorf("the bundle could not be read to its end, so that nothing was verified: %w", err)
}
