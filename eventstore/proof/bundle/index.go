package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// An index holds, for each line of events.jsonl, where it begins and which entry of the same record stands before it: 16
// bytes each in a temporary file, so that an entry can be read again. It is an eventstore.Past once it is complete.
type index struct {
	f       *os.File
	pending []byte
	written int64
	end     int64       // of the last line
	lines   io.ReaderAt // events.jsonl
}

const indexed = 16 // bytes for each line

func newIndex(dir fs.FS) (*index, error) {
	in, err := dir.Open("events.jsonl")
	if isMissing(err) {
		return nil, failed(0, "layout", "the bundle has no events.jsonl")
	}
	if err != nil {
		return nil, unread(err)
	}
	at, ok := in.(io.ReaderAt)
	if !ok {
		return nil, errors.Join(errors.New("the bundle is not in a folder"), in.Close())
	}
	f, err := temporary()
	return &index{f: f, lines: at}, err
}

// temporary makes a file that is gone when it is closed, however this ends; some systems remove no open file, see discard.
func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "truce-verify-*")
	if err == nil {
		_ = os.Remove(f.Name())
	}
	return f, err
}

func discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

func (x *index) close() {
	discard(x.f)
	if c, ok := x.lines.(io.Closer); ok {
		_ = c.Close()
	}
}

// put takes note of the next line, from offset to end.
func (x *index) put(offset, end int64, before uint64) error {
	x.end = end
	return x.add(offset, before)
}

// finish must come before anything is read.
func (x *index) finish() error {
	if err := x.add(x.end, 0); err != nil { // where a line ends, the next one begins
		return err
	}
	return x.flush()
}

func (x *index) add(offset int64, before uint64) error {
	x.pending = binary.BigEndian.AppendUint64(x.pending, uint64(offset))
	x.pending = binary.BigEndian.AppendUint64(x.pending, before)
	if len(x.pending) < 64<<10 {
		return nil
	}
	return x.flush()
}

func (x *index) flush() error {
	_, err := x.f.WriteAt(x.pending, x.written)
	x.written += int64(len(x.pending))
	x.pending = x.pending[:0]
	return err
}

// Before returns the entry of the same record before an entry.
func (x *index) Before(sequence uint64) (uint64, error) {
	var at [indexed]byte
	if _, err := x.f.ReadAt(at[:], int64(sequence-1)*indexed); err != nil {
		return 0, fmt.Errorf("there is no entry %d: %w", sequence, err)
	}
	return binary.BigEndian.Uint64(at[8:]), nil
}

// Payload reads an entry again. A withheld one is an error.
func (x *index) Payload(sequence uint64) ([]byte, error) {
	raw, err := x.line(sequence)
	if err == nil && bytes.HasPrefix(raw, withheldBegins) {
		return nil, errWithheld
	}
	return raw, err
}

// Leaf returns the hash of an entry, which a withheld one has too.
func (x *index) Leaf(sequence uint64) (tlog.Hash, error) {
	raw, err := x.line(sequence)
	if err != nil {
		return tlog.Hash{}, err
	}
	l := line{sequence: sequence}
	err = l.parse(raw)
	return l.leaf, err
}

// line reads a line again, without its end.
func (x *index) line(sequence uint64) ([]byte, error) {
	var at [2 * indexed]byte // its own and the next one's
	if _, err := x.f.ReadAt(at[:], int64(sequence-1)*indexed); err != nil {
		return nil, fmt.Errorf("there is no entry %d: %w", sequence, err)
	}
	from, to := int64(binary.BigEndian.Uint64(at[:])), int64(binary.BigEndian.Uint64(at[indexed:]))
	raw := make([]byte, to-from)
	if _, err := x.lines.ReadAt(raw, from); err != nil {
		return nil, unread(err)
	}
	return raw[:len(raw)-1], nil
}

var errWithheld = errors.New("the entry is withheld")
