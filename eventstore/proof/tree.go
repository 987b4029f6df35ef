package proof

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrBeyond says that the tree is not that large yet.
var ErrBeyond = errors.New("the tree does not reach that far")

// A Tree is the Merkle tree over the stored payloads, kept as tiles in one bucket. It is a read model like others: it is
// written in the transaction that also moves the projection's position, and can be built again from the log at any time.
//
// Of each level and number one tile is kept, as wide as it has grown; narrower ones are its beginnings.
type Tree struct{ b *bbolt.Bucket }

// TreeIn returns the tree in a bucket, which belongs to it alone. An empty bucket is an empty tree.
func TreeIn(b *bbolt.Bucket) Tree { return Tree{b: b} }

// sizeKey holds the number of leaves. Tiles have keys of nine bytes.
var sizeKey = []byte("size")

// tileKey orders tiles by level and number.
func tileKey(level int, n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(level)}, uint64(n))
}

// Size is how many leaves the tree has: the sequence of the newest entry in it.
func (t Tree) Size() int64 {
	v := t.b.Get(sizeKey)
	if len(v) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(v))
}

// Append adds payloads as the next leaves. Nothing is on disk before the bucket's transaction commits; a crash before
// that leaves the tree at its old size, together with the position of the projection that is written with it.
func (t Tree) Append(payloads ...[]byte) error {
	hashes := make([]tlog.Hash, len(payloads))
	for i, p := range payloads {
		hashes[i] = tlog.RecordHash(p)
	}
	return t.AppendHashes(hashes...)
}

// AppendHashes adds leaves whose payloads are not at hand.
func (t Tree) AppendHashes(leaves ...tlog.Hash) error {
	if len(leaves) == 0 {
		return nil
	}
	e, err := t.edge()
	if err != nil {
		return err
	}
	for _, h := range leaves {
		if err := e.Append(h); err != nil {
			return err
		}
	}
	tiles, data := e.Partial()
	for i := range tiles {
		if err := t.put(tiles[i], data[i]); err != nil {
			return err
		}
	}
	return t.b.Put(sizeKey, binary.BigEndian.AppendUint64(nil, uint64(e.size)))
}

func (t Tree) put(tile tlog.Tile, data []byte) error {
	return t.b.Put(tileKey(tile.L, tile.N), data)
}

// edge loads the unfinished tiles.
func (t Tree) edge() (*Edge, error) {
	e := NewEdge(t.put)
	e.size = t.Size()
	for level := 0; e.size>>(Height*level) > 0; level++ {
		n := e.size >> (Height * level)
		e.levels = append(e.levels, make([]byte, 0, width*tlog.HashSize))
		if w := n % width; w > 0 {
			data, err := t.tile(tlog.Tile{H: Height, L: level, N: n >> Height, W: int(w)})
			if err != nil {
				return nil, err
			}
			e.levels[level] = append(e.levels[level], data...)
		}
	}
	return e, nil
}

// tile returns a tile's bytes, valid as long as the transaction is.
func (t Tree) tile(tile tlog.Tile) ([]byte, error) {
	data := t.b.Get(tileKey(tile.L, tile.N))
	if len(data) < tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s: %w", tile.Path(), ErrBeyond)
	}
	return data[:tile.W*tlog.HashSize], nil
}

// RowsFrom yields the keys and values of the bucket that a growth from the given size on writes: whoever keeps a sum over
// the rows takes them out before it and puts them in after it.
func (t Tree) RowsFrom(size int64) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		if v := t.b.Get(sizeKey); v != nil && !yield(sizeKey, v) {
			return
		}
		c := t.b.Cursor()
		for level := 0; t.Size()>>(Height*level) > 0; level++ {
			from := tileKey(level, size>>(Height*(level+1)))
			for k, v := c.Seek(from); len(k) == len(from) && k[0] == byte(level); k, v = c.Next() {
				if !yield(k, v) {
					return
				}
			}
		}
	}
}

// Height implements tlog.TileReader.
func (t Tree) Height() int { return Height }

// ReadTiles implements tlog.TileReader.
func (t Tree) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		d, err := t.tile(tile)
		if err != nil {
			return nil, err
		}
		data[i] = d
	}
	return data, nil
}

// SaveTiles implements tlog.TileReader; there is nothing to save.
func (t Tree) SaveTiles([]tlog.Tile, [][]byte) {}

// Root is the tree's root when it had size leaves, as the tiles say: whoever compares it with a signed root knows whether
// the tiles are right.
func (t Tree) Root(size int64) (tlog.Hash, error) {
	if size < 0 || size > t.Size() {
		return tlog.Hash{}, fmt.Errorf("root at %d of %d leaves: %w", size, t.Size(), ErrBeyond)
	}
	return tlog.TreeHash(size, tlog.HashReaderFunc(t.stored))
}

// stored reads hashes without checking them.
func (t Tree) stored(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		tile := tlog.TileForIndex(Height, x)
		data, err := t.tile(tile)
		if err != nil {
			return nil, err
		}
		if hashes[i], err = tlog.HashFromTile(tile, data, x); err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

// authenticated reads hashes through tiles that are checked against the root of a tree, so that a damaged file gives an
// error and never a wrong proof.
func (t Tree) authenticated(of tlog.Tree) (tlog.HashReader, error) {
	if of.N > t.Size() {
		return nil, fmt.Errorf("a tree of %d leaves, %d are here: %w", of.N, t.Size(), ErrBeyond)
	}
	return tlog.TileHashReader(of, t), nil
}

// Inclusion proves that the leaf with the given index (sequence minus 1) stands in the tree of.
func (t Tree) Inclusion(index int64, of tlog.Tree) (tlog.RecordProof, error) {
	if index < 0 || index >= of.N {
		return nil, fmt.Errorf("leaf %d in a tree of %d: %w", index, of.N, ErrBeyond)
	}
	r, err := t.authenticated(of)
	if err != nil {
		return nil, err
	}
	return tlog.ProveRecord(of.N, index, r)
}

// Consistency proves that the tree of begins with the tree of its first size leaves. A size of 0 needs no proof.
func (t Tree) Consistency(size int64, of tlog.Tree) (tlog.TreeProof, error) {
	switch {
	case size < 0 || size > of.N:
		return nil, fmt.Errorf("consistency from %d to %d: %w", size, of.N, ErrBeyond)
	case size == 0 || size == of.N:
		return nil, nil
	}
	r, err := t.authenticated(of)
	if err != nil {
		return nil, err
	}
	return tlog.ProveTree(of.N, size, r)
}

// LeafHash returns the hash of the leaf with the given index, unchecked.
func (t Tree) LeafHash(index int64) (tlog.Hash, error) {
	if index < 0 || index >= t.Size() {
		return tlog.Hash{}, fmt.Errorf("leaf %d of %d: %w", index, t.Size(), ErrBeyond)
	}
	h, err := t.stored([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return tlog.Hash{}, err
	}
	return h[0], nil
}
