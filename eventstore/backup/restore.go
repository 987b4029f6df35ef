package backup

import (
	"bufio"
	"bytes"
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

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
)

// A Restore says where a backup goes.
type Restore struct {
	From string // the backup
	Data string // the data folder to make; it must not exist, or be empty
	// LogKey checks the signed head; nil takes the key of the log.key in the backup, which says no more than that the backup
	// fits itself.
	LogKey note.Verifier
	// Fill stores the messages, in order, in a new log in the folder, and yields what that log holds afterwards.
	Fill func(ctx context.Context, dir string, messages iter.Seq2[eventstore.Message, error], back func(iter.Seq2[eventstore.Message, error]) error) error
}

// ErrOccupied says that there is something in the data folder already.
var ErrOccupied = errors.New("holds something already: a restore writes over nothing")

// ErrUnsigned says that the entries are not what the log's key has signed.
var ErrUnsigned = errors.New("the entries of the backup are not those that the log's key has signed")

// Run makes the data folder. Everything is written beside it and renamed at the end: a crash before that leaves a folder
// .restoring, which the next restore removes, and no ledger that looks whole.
func (r Restore) Run(ctx context.Context) (m Manifest, err error) {
	if held, err := os.ReadDir(r.Data); err == nil && len(held) > 0 {
		return m, fmt.Errorf("%s %w", r.Data, ErrOccupied)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return m, err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(r.Data)), 0o700); err != nil {
		return m, err
	}
	release, err := claim(filepath.Clean(r.Data))
	if err != nil {
		return m, err
	}
	defer release()
	beside := filepath.Clean(r.Data) + ".restoring"
	if err := os.RemoveAll(beside); err != nil {
		return m, err
	}
	defer func() { _ = os.RemoveAll(beside) }()
	from := r.From
	info, err := os.Stat(from)
	if err != nil {
		return m, err
	}
	fresh := filepath.Join(beside, "data")
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return m, err
	}
	if !info.IsDir() {
		from = filepath.Join(beside, "backup")
		if err := unpack(r.From, from); err != nil {
			return m, err
		}
	}
	if m, err = Verify(from, r.LogKey); err != nil {
		return m, err
	}
	if err := r.fill(ctx, from, fresh, m); err != nil {
		return m, err
	}
	_ = os.Remove(r.Data) // empty, or not there
	if err := os.Rename(fresh, r.Data); err != nil {
		return m, err
	}
	return m, syncFolder(filepath.Dir(filepath.Clean(r.Data)))
}

// fill writes the folder, reads the new log back, and compares it with what was signed.
func (r Restore) fill(ctx context.Context, from, fresh string, m Manifest) error {
	to := folder{fresh}
	for _, f := range m.Files {
		name, isData := strings.CutPrefix(f.Name, dataFolder+"/")
		if !isData {
			continue
		}
		file, err := os.Open(filepath.Join(from, filepath.FromSlash(f.Name)))
		if err != nil {
			return err
		}
		if err := errors.Join(to.copy(name, f.Size, file), file.Close()); err != nil {
			return err
		}
	}
	err := r.Fill(ctx, fresh, entries(from, m), func(back iter.Seq2[eventstore.Message, error]) error {
		return compare(back, m, nil)
	})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return syncAll(fresh)
}

// syncAll puts a whole folder on disk: it was filled without waiting for it.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return syncFolder(path)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// Verify checks a backup in a folder: every file by its SHA-256, every entry by reading it, and the entries by the signed head.
func Verify(dir string, key note.Verifier) (m Manifest, err error) {
	if m, err = readManifest(dir); err != nil {
		return m, err
	}
	for _, f := range m.Files {
		if err := f.check(dir); err != nil {
			return m, err
		}
	}
	own, err := keyIn(dir, m.Ledger)
	if err != nil {
		return m, err
	}
	if key == nil {
		key = own
	}
	return m, compare(entries(dir, m), m, key)
}

func (f File) check(dir string) error {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.Name)))
	if errors.Is(err, os.ErrNotExist) {
		return &DamagedError{f.Name, "it is missing"}
	}
	if err != nil {
		return err
	}
	defer file.Close()
	h := sha256.New()
	n, err := io.Copy(h, file)
	switch {
	case err != nil:
		return err
	case n != f.Size:
		return &DamagedError{f.Name, fmt.Sprintf("it has %d bytes and must have %d", n, f.Size)}
	case hex.EncodeToString(h.Sum(nil)) != f.SHA256:
		return &DamagedError{f.Name, "it was altered: its SHA-256 is another"}
	}
	return nil
}

// entries yields the entries of a backup in order.
func entries(dir string, m Manifest) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		n := uint64(0)
		for _, f := range m.Files {
			if !strings.HasPrefix(f.Name, logFolder+"/") {
				continue
			}
			for line, err := range lines(filepath.Join(dir, filepath.FromSlash(f.Name))) {
				n++
				message := eventstore.Message{Sequence: n, Payload: line}
				if err == nil {
					message.Subject, err = eventstore.SubjectOf(line)
				}
				if err != nil {
					err = &DamagedError{f.Name, fmt.Sprintf("entry %d: %v", n, err)}
				}
				if !yield(message, err) || err != nil {
					return
				}
			}
		}
	}
}

func lines(path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		for r := bufio.NewReaderSize(f, 2*eventstore.MaxPayload); ; {
			line, err := r.ReadSlice('\n')
			if errors.Is(err, io.EOF) && len(line) == 0 {
				return
			}
			if !yield(bytes.Clone(bytes.TrimSuffix(line, []byte("\n"))), err) || err != nil {
				return
			}
		}
	}
}

// compare reads entries to their end: there are as many as the manifest says, each can be read and is of this ledger, their
// root is the manifest's, and the root at the signed head's size is what was signed. A nil key asks for no signature.
func compare(messages iter.Seq2[eventstore.Message, error], m Manifest, key note.Verifier) error {
	head, err := signedHead(m, key)
	if err != nil {
		return err
	}
	edge := proof.NewEdge(func(tlog.Tile, []byte) error { return nil })
	for message, err := range messages {
		if err != nil {
			return err
		}
		e, err := eventstore.Decode(message)
		switch {
		case err != nil:
			return fmt.Errorf("entry %d: %w", message.Sequence, err)
		case e.Ledger != m.Ledger:
			return fmt.Errorf("entry %d is of ledger %s, and the backup of %s", message.Sequence, e.Ledger, m.Ledger)
		}
		if err := edge.Append(tlog.RecordHash(message.Payload)); err != nil {
			return err
		}
		if edge.Size() == head.Size {
			if root, err := edge.Root(); err != nil || root != head.Root {
				return errors.Join(fmt.Errorf("at entry %d: %w", head.Size, ErrUnsigned), err)
			}
		}
	}
	root, err := edge.Root()
	switch {
	case err != nil:
		return err
	case edge.Size() != m.Entries || !bytes.Equal(root[:], m.Root):
		return fmt.Errorf("%d entries with another root than the %d that were backed up", edge.Size(), m.Entries)
	case edge.Size() < head.Size:
		return fmt.Errorf("%d entries, and the head at %d is signed: %w", edge.Size(), head.Size, ErrUnsigned)
	}
	return nil
}

func signedHead(m Manifest, key note.Verifier) (proof.Head, error) {
	if m.Head == "" || key == nil {
		return proof.Head{}, nil
	}
	h, err := proof.OpenHead([]byte(m.Head), key)
	if err != nil {
		return h, fmt.Errorf("the head of the backup: %w: %w", ErrUnsigned, err)
	}
	return h, nil
}
