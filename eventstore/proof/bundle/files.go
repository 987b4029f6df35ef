package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
)

// tileAt is the tile of a level with a number, as wide as it is in a tree of the given size.
func tileAt(level int, n, size int64) tlog.Tile {
	if level < 0 {
		level = 0
	}
	return tlog.Tile{H: proof.Height, L: level, N: n, W: int(min(256, size>>(proof.Height*level)-n*256))}
}

// A buffer holds one file at a time.
type buffer struct{ b bytes.Buffer }

// read reads a file; what it returns holds until the next one.
func (b *buffer) read(dir fs.FS, name string) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b.b.Reset()
	_, err = b.b.ReadFrom(io.LimitReader(f, 256*(eventstore.MaxPayload+2)+1))
	return b.b.Bytes(), err
}

// tileFiles reads the tiles of hashes.
type tileFiles struct {
	dir  fs.FS
	size int64
}

// read reads a tile in full.
func (f *tileFiles) read(t tlog.Tile) ([]byte, error) {
	data, err := readFile(f.dir, proof.TilePath(t), 256*tlog.HashSize)
	return data, wholeTile(t, data, err)
}

// leaves reads the lowest tile with a number. What it returns holds until the next one.
func (b *buffer) leaves(dir fs.FS, n, size int64) ([]byte, error) {
	t := tileAt(0, n, size)
	data, err := b.read(dir, proof.TilePath(t))
	return data, wholeTile(t, data, err)
}

// wholeTile says what is wrong with a tile that was read.
func wholeTile(t tlog.Tile, data []byte, err error) error {
	first := uint64(t.N)<<(proof.Height*(t.L+1)) + 1
	switch {
	case isMissing(err):
		return failed(first, "tile", "the file %s is missing", proof.TilePath(t))
	case errors.As(err, new(*Failure)):
		return failed(first, "tile", "%s", err.(*Failure).Words)
	case err != nil:
		return unread(err)
	case len(data) != t.W*tlog.HashSize:
		return failed(first, "tile", "the file %s has %d bytes, not %d", proof.TilePath(t), len(data), t.W*tlog.HashSize)
	}
	return nil
}

// fullTile compares a tile that the entries have filled with its file. The lowest level is compared leaf by leaf.
func (v *verifier) fullTile(t tlog.Tile, data []byte) error {
	if t.L == 0 {
		return nil
	}
	return v.sameTile(t, data)
}

func (v *verifier) sameTile(t tlog.Tile, data []byte) error {
	held, err := v.tiles.read(t)
	if err == nil && !bytes.Equal(held, data) {
		err = failed(uint64(t.N)<<(proof.Height*(t.L+1))+1, "tile", "the file %s does not follow from the entries", proof.TilePath(t))
	}
	return err
}

// lastTiles compares the tiles of the right edge.
func (v *verifier) lastTiles() error {
	tiles, data := v.edge.Partial()
	for i, t := range tiles {
		if err := v.sameTile(t, data[i]); err != nil {
			return err
		}
	}
	return nil
}

// An entryFile is a file of tile/entries, which is compared with the lines of a batch. One that would hold a withheld entry
// is not there.
type entryFile struct {
	size int64
	buffer
	rest []byte // what is left of it
	gone bool   // it is not there: one of its entries must be withheld
	seen bool   // one was
}

// compare compares an entry with its copy.
func (f *entryFile) compare(l *line) error {
	index := int64(l.sequence) - 1
	f.seen = f.seen || l.payload == nil
	last := index%256 == 255 || index == f.size-1
	if f.gone {
		if last && !f.seen {
			return failed(l.sequence, "entry-file", "the file of its entries is missing, and none of them is withheld")
		}
		return nil
	}
	if l.payload == nil {
		return failed(l.sequence, "entry-file", "it is withheld in events.jsonl and stands in tile/entries")
	}
	if len(f.rest) < 2 || len(f.rest) < 2+int(f.rest[0])<<8+int(f.rest[1]) {
		return failed(l.sequence, "entry-file", "the file of its entries is cut short")
	}
	n := 2 + int(f.rest[0])<<8 + int(f.rest[1])
	if !bytes.Equal(f.rest[2:n], l.payload) {
		return failed(l.sequence, "entry-file", "it has other bytes in events.jsonl than in tile/entries")
	}
	if f.rest = f.rest[n:]; last && len(f.rest) > 0 {
		return failed(l.sequence, "entry-file", "the file of its entries goes on after it")
	}
	return nil
}

// open reads the file with a number, of a tree of the given size.
func (f *entryFile) open(dir fs.FS, n, size int64) error {
	t := tileAt(0, n, size)
	t.L = -1
	data, err := f.read(dir, proof.TilePath(t))
	f.size, f.rest, f.gone, f.seen = size, data, isMissing(err), false
	if f.gone || err == nil {
		return nil
	}
	return unread(err)
}

// attachments hashes every attachment. A file whose name is not its hash fails; which are missing, only the entries say.
func (v *verifier) attachments() error {
	return walk(v.dir, "attachments", func(name string) error {
		f, err := v.dir.Open(name)
		if err != nil {
			return unread(err)
		}
		defer func() { _ = f.Close() }()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return unread(err)
		}
		sum := hex.EncodeToString(h.Sum(nil))
		if want := path.Join("attachments/sha256", sum[:2], sum[2:4], sum); name != want {
			return failed(0, "attachment", "the file %q has the hash %s", name, sum)
		}
		v.report.Attachments++
		return nil
	})
}

// mostReceipt bounds a receipt in bytes: a head with many signatures, and some sixty hashes.
const mostReceipt = 128 << 10

// receipts checks every receipt against the entry that it names.
func (v *verifier) receipts() error {
	return walk(v.dir, "receipts", func(name string) error {
		sequence, err := strconv.ParseUint(path.Base(name), 10, 64)
		if err != nil || sequence == 0 || sequence > uint64(v.head.Size) || name != "receipts/"+strconv.FormatUint(sequence, 10) {
			return failed(0, "receipt", "%q is named after no entry", name)
		}
		receipt, err := readFile(v.dir, name, mostReceipt)
		if err != nil {
			return unread(err)
		}
		leaf, err := v.index.Leaf(sequence)
		if err != nil {
			return err
		}
		r, err := proof.VerifyReceiptOf(receipt, leaf, v.LogKey, v.witnesses()...)
		if err == nil && r.Sequence != sequence {
			err = fmt.Errorf("%w: it is for entry %d", proof.ErrReceipt, r.Sequence)
		}
		if err != nil {
			return failed(sequence, "receipt", "%v", err)
		}
		v.report.Receipts++
		return nil
	})
}

// walk visits the files below a folder that need not be there.
func walk(dir fs.FS, root string, visit func(name string) error) error {
	var names []string
	err := fs.WalkDir(dir, root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if err := visit(name); err != nil {
			return err
		}
	}
	return nil
}
