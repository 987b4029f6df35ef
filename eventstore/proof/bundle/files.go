package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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

// tileFiles reads the tiles of hashes. One of the lowest level is held at a time.
type tileFiles struct {
	dir  fs.FS
	size int64
	n    int64
	held []byte
}

// read reads a tile in full.
func (f *tileFiles) read(t tlog.Tile) ([]byte, error) {
	data, err := fs.ReadFile(f.dir, proof.TilePath(t))
	if err != nil {
		return nil, failed(uint64(t.N)<<(proof.Height*(t.L+1))+1, "tile", "the file %s is missing", proof.TilePath(t))
	}
	if len(data) != t.W*tlog.HashSize {
		return nil, failed(uint64(t.N)<<(proof.Height*(t.L+1))+1, "tile", "the file %s has %d bytes, not %d", proof.TilePath(t), len(data), t.W*tlog.HashSize)
	}
	return data, nil
}

// leaf returns the hash that the lowest tiles have for a leaf.
func (f *tileFiles) leaf(index int64) (tlog.Hash, error) {
	if n := index / 256; f.held == nil || n != f.n {
		data, err := f.read(tileAt(0, n, f.size))
		if err != nil {
			return tlog.Hash{}, err
		}
		f.n, f.held = n, data
	}
	at := index % 256 * tlog.HashSize
	return tlog.Hash(f.held[at : at+tlog.HashSize]), nil
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

// entryFiles reads tile/entries beside events.jsonl. A file that would hold a withheld entry is not there.
type entryFiles struct {
	dir  fs.FS
	size int64
	buffer
	rest []byte // what is left of the file that is being compared
	gone bool   // the file is not there: one of its entries must be withheld
	seen bool   // one was
}

// compare compares an entry with its copy.
func (f *entryFiles) compare(l *line) error {
	index := int64(l.sequence) - 1
	if index%256 == 0 {
		if err := f.open(index / 256); err != nil {
			return err
		}
	}
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

func (f *entryFiles) open(n int64) error {
	t := tileAt(0, n, f.size)
	t.L = -1
	data, err := f.buffer.read(f.dir, proof.TilePath(t))
	f.rest, f.gone, f.seen = data, errors.Is(err, fs.ErrNotExist), false
	if f.gone {
		return nil
	}
	return err
}

// attachments hashes every attachment. A file whose name is not its hash fails; which are missing, only the entries say.
func (v *verifier) attachments() error {
	return walk(v.dir, "attachments", func(name string) error {
		f, err := v.dir.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return err
		}
		sum := hex.EncodeToString(h.Sum(nil))
		if want := path.Join("attachments/sha256", sum[:2], sum[2:4], sum); name != want {
			return failed(0, "attachment", "the file %s has the hash %s", name, sum)
		}
		v.report.Attachments++
		return nil
	})
}

// receipts checks every receipt against the entry that it names.
func (v *verifier) receipts() error {
	return walk(v.dir, "receipts", func(name string) error {
		sequence, err := strconv.ParseUint(path.Base(name), 10, 64)
		if err != nil || sequence == 0 || sequence > uint64(v.head.Size) || name != "receipts/"+strconv.FormatUint(sequence, 10) {
			return failed(0, "receipt", "%s is named after no entry", name)
		}
		receipt, err := fs.ReadFile(v.dir, name)
		if err != nil {
			return err
		}
		payload, err := v.index.payload(sequence)
		if errors.Is(err, errWithheld) {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := proof.VerifyReceipt(receipt, payload, v.LogKey, v.witnesses()...)
		if err != nil || r.Sequence != sequence {
			return failed(sequence, "receipt", "%v", errors.Join(err, proof.ErrReceipt))
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
