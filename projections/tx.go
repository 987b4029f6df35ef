package projections

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// A Tx is what a projection may touch while it applies an entry. Writes are gathered in memory and reach the file together,
// sorted: keys that come in any order would otherwise move thousands of others about.
//
// While a file is filled that nobody reads yet, they are gathered over several transactions: the more rows go to a page
// together, the less often the page is written.
type Tx struct {
	buckets    map[string]*Bucket
	checkpoint uint64      // the sequence that the file stands at
	clock      time.Time   // of the entry clockAt, as the projection of that name has it
	clockAt    uint64      // the newest entry that was applied; 0 before the first
	leaves     []tlog.Hash // of the batch's entries, for the tree: 32 bytes each, and a batch is bounded
	first      uint64      // the first entry of the record of the entry that is being applied, once its row was looked up
	key, value []byte      // where keys and values are put together: a bucket copies them
}

func newTx() *Tx {
	t := &Tx{buckets: map[string]*Bucket{}}
	for _, name := range bucketNames() {
		t.buckets[name] = &Bucket{name: name}
	}
	return t
}

// enter takes the buckets of a transaction of the file. What is gathered stays.
func (t *Tx) enter(tx *bbolt.Tx) (err error) {
	t.checkpoint, t.leaves = checkpointOf(tx), t.leaves[:0]
	for name, b := range t.buckets {
		if b.flushed { // not before: until the transaction before was committed, bbolt read them where they were
			b.rows.forget()
			b.flushed = false
		}
		if b.disk = tx.Bucket([]byte(name)); b.disk == nil {
			return damaged("bucket %s is missing", name)
		}
		if !b.summed { // from there on the sum in memory is ahead of the file's
			if b.sum, err = readSum(tx, name); err != nil {
				return err
			}
			b.summed, b.onDisk = true, b.sum
		}
	}
	return nil
}

// Bucket returns a bucket of a projection.
func (t *Tx) Bucket(name string) *Bucket { return t.buckets[name] }

// gathered is how many bytes of memory the rows take that are gathered.
func (t *Tx) gathered() (n int) {
	for _, b := range t.buckets {
		n += b.rows.size()
	}
	return n
}

// flush writes what was gathered, in the order of the keys.
func (t *Tx) flush(tx *bbolt.Tx) error {
	for name, b := range t.buckets {
		if err := b.flush(); err != nil {
			return err
		}
		if b.sum == b.onDisk {
			continue
		}
		if err := tx.Bucket(metaBucket).Put(sumKey(name), b.sum.bytes()); err != nil {
			return err
		}
		b.onDisk = b.sum
	}
	return nil
}

// A Bucket is one bucket of a projection within a Tx.
type Bucket struct {
	name    string
	disk    *bbolt.Bucket
	rows    gathered
	flushed bool // rows were written, and are to be forgotten
	sum     sum  // of what is written
	onDisk  sum  // as the file has it
	summed  bool // both were read
}

// Get returns the value of key, nil where there is none. It must not be changed, and is good until the next row is put. It does
// not tell of rows that yield.
func (b *Bucket) Get(key []byte) []byte {
	if row := b.rows.find(key); row != nil {
		return b.rows.text(row.value)
	}
	return b.disk.Get(key)
}

// Put sets the value of key.
func (b *Bucket) Put(key, value []byte) {
	if row := b.rows.find(key); row != nil {
		b.rows.set(row, value) // how says something of the file, which still holds
		return
	}
	b.rows.add(key, value, replaces)
}

// Insert is Put for a key that is certainly new: neither in the file nor gathered.
func (b *Bucket) Insert(key, value []byte) { b.rows.add(key, value, isNew) }

// Yield sets the value of key unless it has one. It does not look for that before the row is written, next to its
// neighbours: one row here and one there is what takes the time of a large file. A bucket has such rows or others.
func (b *Bucket) Yield(key, value []byte) { b.rows.add(key, value, yields) }

// Append is Insert for a bucket all of whose keys come in ascending order: they need no gathering and no sorting. It keeps value,
// which may not be changed afterwards.
func (b *Bucket) Append(key, value []byte) error {
	b.disk.FillPercent = 1 // pages that are filled once and never come back to
	b.sum.add(key, value)
	return b.disk.Put(key, value)
}

func (b *Bucket) flush() error {
	b.flushed = true
	for _, s := range b.rows.sorted() {
		row := &b.rows.list[s.row]
		key, value := b.rows.text(row.key), b.rows.text(row.value)
		if row.how != isNew {
			old := b.disk.Get(key)
			if old != nil && row.how == yields {
				continue
			}
			if old != nil {
				b.sum.remove(key, old)
			}
		}
		b.sum.add(key, value)
		if err := b.disk.Put(key, value); err != nil {
			return err
		}
	}
	return nil
}

// A sum stands for the rows of a bucket in any order: it changes when a row is changed, lost or added. It is no proof
// against malice, which the log's own tree is for; it finds pages that a disk gave back wrong, since bbolt itself has
// checksums on its two meta pages only.
type sum struct{ rows, hash uint64 }

func (s *sum) add(key, value []byte)    { s.rows++; s.hash += rowHash(key, value) }
func (s *sum) remove(key, value []byte) { s.rows--; s.hash -= rowHash(key, value) }

func (s sum) bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.rows), s.hash)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// rowHash mixes a row's checksum over 64 bits, so that sums of many rows do not cancel out.
func rowHash(key, value []byte) uint64 {
	k, v := crc32.Checksum(key, castagnoli), crc32.Checksum(value, castagnoli)
	x := uint64(k)<<32 | uint64(v)
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// number is a sequence as a key: in big endian, so that keys ascend with it.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// toNumber reads what number wrote; 0 for anything else.
func toNumber(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}
