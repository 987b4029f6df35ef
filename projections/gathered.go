package projections

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// gathered are rows that wait to be written, in a few pieces of memory without a pointer in them: a rebuild gathers several
// hundred thousand at a time, and as objects of their own each would take three times its bytes, and the collector's time.
type gathered struct {
	list   []gatheredRow // as they came
	pieces [][]byte      // of keys and values; a row says where
	piece  int           // that is being filled; those behind it are empty

	byKey   map[uint64]int32 // the newest row with a key of this hash
	entered int              // how many of list byKey has: rows that nobody asks for are never entered
	order   []sortedRow      // of the last time, to be filled again
}

// A gatheredRow is one that waits to be written. Its key and its value stand in the pieces.
type gatheredRow struct {
	key, value place
	before     int32 // the row before it with a key of the same hash, -1 for none
	how        how
}

// A place is a part of a piece.
type place struct {
	piece  uint16
	at, to uint32
}

// how a row is written.
type how int8

const (
	replaces how = iota // the file may have another value
	isNew               // the file has none
	yields              // where there is a value already, that one stays
)

// Pieces begin small, because most transactions are of one entry, and double.
const (
	firstPiece = 1 << 10
	mostPiece  = 1 << 20
)

var keySeed = maphash.MakeSeed()

func (g *gathered) text(p place) []byte { return g.pieces[p.piece][p.at:p.to:p.to] }

// keep copies a text into the pieces.
func (g *gathered) keep(text []byte) place {
	for {
		if g.piece < len(g.pieces) {
			p := g.pieces[g.piece]
			if at := len(p); cap(p)-at >= len(text) {
				g.pieces[g.piece] = append(p, text...)
				return place{uint16(g.piece), uint32(at), uint32(at + len(text))}
			}
			g.piece++
			continue
		}
		g.pieces = append(g.pieces, make([]byte, 0, max(len(text), min(firstPiece<<min(len(g.pieces), 10), mostPiece))))
	}
}

// add gathers one more row.
func (g *gathered) add(key, value []byte, how how) {
	g.list = append(g.list, gatheredRow{key: g.keep(key), value: g.keep(value), how: how})
}

// find returns the row of a key, nil where none is gathered. Rows that yield are not looked for.
func (g *gathered) find(key []byte) *gatheredRow {
	if len(g.list) == 0 {
		return nil
	}
	g.enter()
	i, some := g.byKey[maphash.Bytes(keySeed, key)]
	for some && i >= 0 {
		row := &g.list[i]
		if bytes.Equal(g.text(row.key), key) {
			return row
		}
		i = row.before
	}
	return nil
}

// enter lets the rows be found that came since the last time.
func (g *gathered) enter() {
	if g.byKey == nil {
		g.byKey = map[uint64]int32{}
	}
	for ; g.entered < len(g.list); g.entered++ {
		row := &g.list[g.entered]
		hash := maphash.Bytes(keySeed, g.text(row.key))
		row.before = -1
		if i, some := g.byKey[hash]; some {
			row.before = i
		}
		g.byKey[hash] = int32(g.entered)
	}
}

// set changes the value of a row, where it stands if it has room there: the row of a record that is written to all the time
// would otherwise leave a copy behind for each entry.
func (g *gathered) set(row *gatheredRow, value []byte) {
	if was := g.text(row.value); len(value) <= len(was) {
		copy(was, value)
		row.value.to = row.value.at + uint32(len(value))
		return
	}
	row.value = g.keep(value)
}

// size is about how many bytes the rows take.
func (g *gathered) size() int {
	const row, found, sorted = 40, 24, 16
	n := len(g.list)*(row+sorted) + len(g.byKey)*found
	for _, p := range g.pieces[:min(g.piece+1, len(g.pieces))] {
		n += len(p)
	}
	return n
}

// forget empties the rows, and keeps their memory for the next ones.
func (g *gathered) forget() {
	for i := range g.pieces {
		g.pieces[i] = g.pieces[i][:0]
	}
	g.list, g.piece, g.entered = g.list[:0], 0, 0
	clear(g.byKey)
}

// A sortedRow is a row by the part of its key that is being sorted by.
type sortedRow struct {
	head uint64
	row  int32
}

// sorted returns the rows in the order of their keys; those with the same key as they came.
func (g *gathered) sorted() []sortedRow {
	g.order = slices.Grow(g.order[:0], len(g.list))
	for i := range g.list {
		g.order = append(g.order, sortedRow{row: int32(i)})
	}
	g.sort(g.order, 0)
	return g.order
}

// sort sorts rows whose keys are the same up to depth. It compares numbers of eight bytes that lie side by side, and comes to
// the bytes behind them only where they are the same: keys themselves lie all over memory.
func (g *gathered) sort(rows []sortedRow, depth int) {
	const few = 12
	if len(rows) <= few {
		slices.SortFunc(rows, g.compare)
		return
	}
	ended := false
	for i := range rows {
		var eight [8]byte
		key := g.text(g.list[rows[i].row].key)
		ended = ended || len(key) < depth+8
		copy(eight[:], key[min(depth, len(key)):])
		rows[i].head = binary.BigEndian.Uint64(eight[:])
	}
	slices.SortFunc(rows, func(x, y sortedRow) int { return cmp.Compare(x.head, y.head) })
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].head == rows[0].head {
			n++
		}
		switch {
		case n > 1 && ended: // a key that ends here and one with zero bytes behind have the same number
			slices.SortFunc(rows[:n], g.compare)
		case n > 1:
			g.sort(rows[:n], depth+8)
		}
		rows = rows[n:]
	}
}

func (g *gathered) compare(x, y sortedRow) int {
	return cmp.Or(bytes.Compare(g.text(g.list[x.row].key), g.text(g.list[y.row].key)), cmp.Compare(x.row, y.row))
}
