package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
)

// A Source is what is backed up. It is read in the order of its fields: heads before the entries that they cover, and files
// after the entries that name them.
type Source struct {
	Head      func(context.Context) ([]byte, error) // the newest signed head, nil where there is none
	Databases []string                              // files that the running server has open, heads.db among them
	Snapshot  func(ctx context.Context, name string, w io.Writer) error
	Log       proof.Reader
	Data      string // the data folder, whose other files are copied; "" where it cannot be reached from here
	Ledger    string
	Program   string
	Progress  func(done, of int64)
}

// segment is how many bytes of entries stand in one file.
const segment = 8 << 20

// Write makes a backup at path: one file where the name ends in .tar, else a folder. Neither may exist. It is written beside
// and renamed at its end: half a backup never has the name of one. A folder whose log's key is another ledger's is refused with
// ErrMixed before anything is read.
func Write(ctx context.Context, path string, s Source) (m Manifest, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("%s exists already: a backup writes over nothing", path)
	}
	if s.Data != "" {
		if _, err := logKey(s.Data, s.Ledger); err != nil {
			return m, fmt.Errorf("%s: %w", filepath.Join(s.Data, keyName), err)
		}
	}
	release, err := claim(path)
	if err != nil {
		return m, err
	}
	defer release()
	part := path + ".part"
	if err := os.RemoveAll(part); err != nil {
		return m, err
	}
	to, err := newSink(part, strings.HasSuffix(path, ".tar"))
	if err != nil {
		return m, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(part)
		}
	}()
	w := &writer{Source: s, sink: to, m: Manifest{Format: format, Ledger: s.Ledger, Program: s.Program, MadeAt: time.Now().UTC()}}
	err = w.all(ctx, part)
	if err = errors.Join(err, to.close()); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return m, err
	}
	return w.m, syncFolder(filepath.Dir(path))
}

type writer struct {
	Source
	sink sink
	m    Manifest
}

func (w *writer) all(ctx context.Context, part string) error {
	head, err := w.Head(ctx)
	if err != nil {
		return fmt.Errorf("the newest head: %w", err)
	}
	w.m.Head = string(head)
	for _, name := range w.Databases {
		if err := w.database(ctx, name, part); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := w.entries(ctx); err != nil {
		return err
	}
	if w.Data != "" {
		if err := w.files(); err != nil {
			return err
		}
	}
	raw, err := w.m.encode()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	return errors.Join(w.sink.put(manifestName, raw), w.sink.put(sumName, []byte(hex.EncodeToString(sum[:])+"\n")))
}

// put writes a file and lists it.
func (w *writer) put(name string, content []byte) error {
	sum := sha256.Sum256(content)
	w.m.Files = append(w.m.Files, File{name, int64(len(content)), hex.EncodeToString(sum[:])})
	return w.sink.put(name, content)
}

// copyFile writes a file from a reader of known size and lists it.
func (w *writer) copyFile(name string, size int64, from io.Reader) error {
	h := sha256.New()
	if err := w.sink.copy(name, size, io.TeeReader(from, h)); err != nil {
		return err
	}
	w.m.Files = append(w.m.Files, File{name, size, hex.EncodeToString(h.Sum(nil))})
	return nil
}

// database takes a consistent copy of a file that the server has open. It is spooled, because its size must be known first.
func (w *writer) database(ctx context.Context, name, part string) error {
	f, err := os.CreateTemp(filepath.Dir(part), ".backup-*")
	if err != nil {
		return err
	}
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }()
	if err := w.Snapshot(ctx, name, f); err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return w.copyFile(dataFolder+"/"+name, size, f)
}

// entries writes the log as it is now, and remembers its root. It must hold what the head covers.
func (w *writer) entries(ctx context.Context) error {
	edge, pending, first := proof.NewEdge(func(tlog.Tile, []byte) error { return nil }), []byte(nil), int64(1)
	flush := func() error {
		err := w.put(fmt.Sprintf("%s/%012d.jsonl", logFolder, first), pending)
		pending, first = pending[:0], edge.Size()+1
		return err
	}
	for m, err := range w.Log.Read(ctx, 0) {
		if err != nil {
			return fmt.Errorf("the log: %w", err)
		}
		if err := edge.Append(tlog.RecordHash(m.Payload)); err != nil {
			return err
		}
		pending = append(append(pending, m.Payload...), '\n')
		if len(pending) < segment {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
		if w.Progress != nil {
			w.Progress(edge.Size(), edge.Size())
		}
	}
	if len(pending) > 0 {
		if err := flush(); err != nil {
			return err
		}
	}
	root, err := edge.Root()
	w.m.Entries, w.m.Root = edge.Size(), root[:]
	return err
}

// files copies what else the data folder holds.
func (w *writer) files() error {
	for name, err := range listed(w.Data) {
		if err != nil {
			return err
		}
		if err := w.file(name); err != nil && !errors.Is(err, os.ErrNotExist) { // a secret may be destroyed meanwhile
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (w *writer) file(name string) error {
	f, err := os.Open(filepath.Join(w.Data, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return w.copyFile(dataFolder+"/"+name, info.Size(), f)
}

// listed yields the files of a data folder that are copied as they are: all but the log and the read models, which are made
// again; the lock; databases, which only the server that has them open can copy; and what is only being written.
func listed(dir string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		stop := errors.New("enough")
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			name, bad := filepath.Rel(dir, path)
			switch {
			case err != nil || bad != nil:
				return errors.Join(err, bad)
			case d.IsDir() && (name == "jetstream" || name == "views"):
				return filepath.SkipDir
			case !d.Type().IsRegular(), strings.HasPrefix(d.Name(), "."), strings.HasSuffix(name, ".tmp"), strings.HasSuffix(name, ".db"):
				return nil
			case !yield(filepath.ToSlash(name), nil):
				return stop
			}
			return nil
		})
		if err != nil && err != stop {
			yield("", err)
		}
	}
}

var _ proof.Reader = eventstore.Log(nil)
