package bundle

import (
	"encoding/binary"
	"os"
	"runtime"
)

// Shelves lay entries apart by their records, each shelf in the order of the log, so that one shelf after the other can be
// worked on with nothing else in memory. What does not fit into memory stands in one temporary file.
type shelves struct {
	all []shelf
	f   *os.File // nil as long as nothing was written
	end int64
}

type shelf struct {
	pending []byte
	blocks  []block
}

// A block is a piece of the file with whole entries.
type block struct{ at, size int64 }

const (
	shelfBytes = 2 << 20 // what a shelf is to hold, of a bundle up to the size that the next constant allows
	mostShelve = 1024
	blockBytes = 32 << 10
)

// newShelves makes shelves for so many bytes of entries.
func newShelves(bytes int64) *shelves {
	n := max(4*int64(runtime.GOMAXPROCS(0)), min(bytes/shelfBytes, mostShelve))
	return &shelves{all: make([]shelf, n)}
}

// put adds an entry of the record that the hash names.
func (x *shelves) put(record, sequence uint64, payload []byte) error {
	s := &x.all[record%uint64(len(x.all))]
	s.pending = binary.AppendUvarint(s.pending, sequence)
	s.pending = binary.AppendUvarint(s.pending, uint64(len(payload)))
	s.pending = append(s.pending, payload...)
	if len(s.pending) < blockBytes {
		return nil
	}
	if x.f == nil {
		var err error
		if x.f, err = temporary(); err != nil {
			return err
		}
	}
	if _, err := x.f.WriteAt(s.pending, x.end); err != nil {
		return err
	}
	s.blocks = append(s.blocks, block{x.end, int64(len(s.pending))})
	x.end += int64(len(s.pending))
	s.pending = s.pending[:0]
	return nil
}

func (x *shelves) close() {
	if x.f != nil {
		discard(x.f)
	}
}

// each calls visit for the entries of a shelf, until one returns false. The payload may be kept.
func (x *shelves) each(shelf int, visit func(sequence uint64, payload []byte) (more bool, err error)) error {
	s := &x.all[shelf]
	for _, b := range s.blocks {
		raw := make([]byte, b.size)
		if _, err := x.f.ReadAt(raw, b.at); err != nil {
			return err
		}
		if more, err := entriesOf(raw, visit); err != nil || !more {
			return err
		}
	}
	_, err := entriesOf(s.pending, visit)
	s.pending = nil
	return err
}

func entriesOf(raw []byte, visit func(uint64, []byte) (bool, error)) (more bool, err error) {
	for len(raw) > 0 {
		sequence, n := binary.Uvarint(raw)
		size, m := binary.Uvarint(raw[n:])
		from := n + m
		to := from + int(size)
		if more, err := visit(sequence, raw[from:to:to]); err != nil || !more {
			return false, err
		}
		raw = raw[to:]
	}
	return true, nil
}
