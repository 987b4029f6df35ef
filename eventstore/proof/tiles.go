package proof

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Height is the height of the tiles: 256 hashes in each (C2SP tlog-tiles).
const Height = 8

// width is how many hashes a full tile holds.
const width = 1 << Height

// An Edge is the right edge of a growing tree: on each level the one tile that is not yet full. It is all that is needed
// to append and to know the root, so that a tree of any size grows in constant memory.
type Edge struct {
	size   int64
	levels [][]byte // the unfinished tile of each level; its number follows from the size
	full   func(t tlog.Tile, data []byte) error
}

// NewEdge returns the edge of an empty tree. full, where it is not nil, is given each tile as it fills; the data is not
// changed afterwards.
func NewEdge(full func(t tlog.Tile, data []byte) error) *Edge { return &Edge{full: full} }

// Size is how many leaves the tree has.
func (e *Edge) Size() int64 { return e.size }

// Append adds a leaf by its hash.
func (e *Edge) Append(leaf tlog.Hash) error {
	e.size++
	return e.put(0, leaf)
}

// AppendTile adds a full tile of leaves at once, whose root is at hand. Only a tree whose lowest tile is empty takes one.
func (e *Edge) AppendTile(leaves []byte, root tlog.Hash) error {
	if e.size%width != 0 || len(leaves) != width*tlog.HashSize {
		return fmt.Errorf("%d bytes are no tile for a tree of %d leaves", len(leaves), e.size)
	}
	e.size += width
	if e.full != nil {
		if err := e.full(tlog.Tile{H: Height, L: 0, N: e.size/width - 1, W: width}, leaves); err != nil {
			return err
		}
	}
	if len(e.levels) == 0 {
		e.levels = append(e.levels, make([]byte, 0, width*tlog.HashSize))
	}
	return e.put(1, root)
}

// TileRoot is the root of a full tile of leaves with the given number.
func TileRoot(n int64, leaves []byte) (tlog.Hash, error) {
	return tileRoot(tlog.Tile{H: Height, L: 0, N: n, W: width}, leaves)
}

// put adds a hash to the unfinished tile of a level. The root of a tile that fills belongs into the level above.
func (e *Edge) put(level int, h tlog.Hash) error {
	if level == len(e.levels) {
		e.levels = append(e.levels, make([]byte, 0, width*tlog.HashSize))
	}
	e.levels[level] = append(e.levels[level], h[:]...)
	done := e.levels[level]
	if len(done) < width*tlog.HashSize {
		return nil
	}
	t := tlog.Tile{H: Height, L: level, N: e.size>>(Height*(level+1)) - 1, W: width}
	root, err := tileRoot(t, done)
	if err != nil {
		return err
	}
	e.levels[level] = make([]byte, 0, width*tlog.HashSize)
	if e.full != nil {
		if err := e.full(t, done); err != nil {
			return err
		}
	}
	return e.put(level+1, root)
}

// tileRoot is the root of a full tile: that of its two halves.
func tileRoot(t tlog.Tile, data []byte) (tlog.Hash, error) {
	const below = Height - 1 // the halves' level within the tile
	left, err := tlog.HashFromTile(t, data, tlog.StoredHashIndex(t.L*Height+below, 2*t.N))
	if err != nil {
		return tlog.Hash{}, err
	}
	right, err := tlog.HashFromTile(t, data, tlog.StoredHashIndex(t.L*Height+below, 2*t.N+1))
	return tlog.NodeHash(left, right), err
}

// Partial returns the unfinished tiles, from the lowest level up.
func (e *Edge) Partial() (tiles []tlog.Tile, data [][]byte) {
	for level, d := range e.levels {
		if len(d) > 0 {
			tiles = append(tiles, tlog.Tile{H: Height, L: level, N: e.size >> (Height * (level + 1)), W: len(d) / tlog.HashSize})
			data = append(data, d)
		}
	}
	return tiles, data
}

// Root is the tree's root.
func (e *Edge) Root() (tlog.Hash, error) { return tlog.TreeHash(e.size, e) }

// ReadHashes implements tlog.HashReader for the hashes that stand on the edge.
func (e *Edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		t := tlog.TileForIndex(Height, x)
		if t.L >= len(e.levels) {
			return nil, fmt.Errorf("hash %d stands on no edge of a tree of %d leaves", x, e.size)
		}
		data := e.levels[t.L]
		t.W = len(data) / tlog.HashSize
		if t.N != e.size>>(Height*(t.L+1)) {
			return nil, fmt.Errorf("hash %d has left the edge of a tree of %d leaves", x, e.size)
		}
		h, err := tlog.HashFromTile(t, data, x)
		if err != nil {
			return nil, err
		}
		hashes[i] = h
	}
	return hashes, nil
}
