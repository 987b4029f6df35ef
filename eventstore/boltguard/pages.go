package boltguard

import (
	"encoding/binary"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// The form of a page as bbolt 1.5 writes it, in the machine's own order of bytes; TestAFlippedBitIsFoundOrDoesNotMatter fails
// when that changes.
//
//	page     id(8) flags(2) count(2) overflow(4) elements...
//	branch   position(4) key length(4) page(8)
//	leaf     flags(4) position(4) key length(4) value length(4); a bucket's value begins with root(8) sequence(8)
//	meta     magic(4) version(4) page size(4) flags(4) root(8) sequence(8) freelist(8) pages(8) transaction(8) checksum(8)
const (
	pageHead    = 16
	elementSize = 16
	branchPage  = 1
	leafPage    = 2
	bucketEntry = 1
)

// Bounded walks all pages that are in use and makes sure that none points outside the file or itself. It must come before
// bbolt's own check, which follows such a pointer in a goroutine of its own, where a memory fault cannot be caught: one flipped
// bit would end the process at every start.
func Bounded(tx *bbolt.Tx) error {
	f, err := os.Open(tx.DB().Path())
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := int64(tx.DB().Info().PageSize)
	w := &walk{file: f, pageSize: size, pages: uint64(min(tx.Size(), info.Size()) / size), seen: map[uint64]bool{}}
	if err := w.freelist(uint64(tx.ID())); err != nil {
		return err
	}
	return w.page(uint64(tx.Cursor().Bucket().Root()))
}

// A walk goes through the pages of one file.
type walk struct {
	file     *os.File
	pageSize int64
	pages    uint64
	seen     map[uint64]bool
}

func (w *walk) damaged(page uint64, why string) error {
	return fmt.Errorf("%w: page %d %s", ErrDamaged, page, why)
}

// read returns a page with those that overflow from it.
func (w *walk) read(id uint64) ([]byte, error) {
	if id >= w.pages {
		return nil, w.damaged(id, "lies outside the file")
	}
	var head [pageHead]byte
	if _, err := w.file.ReadAt(head[:], int64(id)*w.pageSize); err != nil {
		return nil, err
	}
	overflow := uint64(binary.NativeEndian.Uint32(head[12:]))
	if id+overflow >= w.pages {
		return nil, w.damaged(id, "goes on outside the file")
	}
	body := make([]byte, int64(overflow+1)*w.pageSize)
	_, err := w.file.ReadAt(body, int64(id)*w.pageSize)
	return body, err
}

// freelist looks at the list of free pages of a transaction, which one of the two meta pages names.
func (w *walk) freelist(transaction uint64) error {
	const none = ^uint64(0)
	for id := range uint64(2) {
		meta, err := w.read(id)
		if err != nil {
			return err
		}
		list := binary.NativeEndian.Uint64(meta[pageHead+32:])
		if binary.NativeEndian.Uint64(meta[pageHead+48:]) != transaction || list == none {
			continue
		}
		if _, err := w.read(list); err != nil {
			return err
		}
	}
	return nil
}

// page looks at one page and all below it. One that is met twice is part of a circle, or of two trees.
func (w *walk) page(id uint64) error {
	if w.seen[id] {
		return w.damaged(id, "is used twice")
	}
	w.seen[id] = true
	body, err := w.read(id)
	if err != nil {
		return err
	}
	return w.elements(id, body)
}

// elements looks at what stands in a page, or in a bucket that is so small that it stands in the page of its parent.
func (w *walk) elements(id uint64, body []byte) error {
	if len(body) < pageHead {
		return w.damaged(id, "holds a bucket that is cut off")
	}
	kind, count := binary.NativeEndian.Uint16(body[8:]), int(binary.NativeEndian.Uint16(body[10:]))
	if kind != branchPage && kind != leafPage {
		return w.damaged(id, "is of an unknown kind")
	}
	if pageHead+count*elementSize > len(body) {
		return w.damaged(id, "has more elements than room")
	}
	for i := range count {
		if err := w.element(id, kind, body[pageHead+i*elementSize:]); err != nil {
			return err
		}
	}
	return nil
}

// element looks at one element, at the beginning of rest, and at what it leads to. Positions count from the element itself.
func (w *walk) element(id uint64, kind uint16, rest []byte) error {
	at := func(n int) uint64 { return uint64(binary.NativeEndian.Uint32(rest[n:])) }
	if kind == branchPage {
		if at(0)+at(4) > uint64(len(rest)) {
			return w.damaged(id, "has a key outside itself")
		}
		return w.page(binary.NativeEndian.Uint64(rest[8:]))
	}
	begin, end := at(4)+at(8), at(4)+at(8)+at(12)
	switch {
	case end > uint64(len(rest)):
		return w.damaged(id, "has a row outside itself")
	case at(0)&bucketEntry == 0:
		return nil
	}
	value := rest[begin:end]
	if len(value) < 16 {
		return w.damaged(id, "holds a bucket that is cut off")
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		return w.page(root)
	}
	return w.elements(id, value[16:])
}
