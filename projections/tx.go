package projections

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// A Tx is what a projection may touch while it applies an entry. Writes are gathered in memory and reach the file together,
// sorted, when the transaction commits: keys that come in any order would otherwise move thousands of others about.
type Tx struct {
	buckets    map[string]*Bucket
	checkpoint uint64      // the sequence that the file stands at
	leaves     []tlog.Hash // of the batch's entries, for the tree: 32 bytes each, and a batch is bounded
}

func newTx(tx *bbolt.Tx) (*Tx, error) {
	t := &Tx{buckets: map[string]*Bucket{}, checkpoint: checkpointOf(tx)}
	for _, p := range all {
		for _, name := range p.Buckets() {
			b := &Bucket{name: name, disk: tx.Bucket([]byte(name)), pending: map[string][]byte{}}
			if b.disk == nil {
				return nil, damaged("bucket %s is missing", name)
			}
			sum, err := readSum(tx, name)
			if err != nil {
				return nil, err
			}
			b.sum = sum
			t.buckets[name] = b
		}
	}
	return t, nil
}

// Bucket returns a bucket of a projection.
func (t *Tx) Bucket(name string) *Bucket { return t.buckets[name] }

// flush writes what was gathered, in the order of the keys.
func (t *Tx) flush(tx *bbolt.Tx) error {
	for name, b := range t.buckets {
		if err := b.flush(); err != nil {
			return err
		}
		if err := tx.Bucket(metaBucket).Put(sumKey(name), b.sum.bytes()); err != nil {
			return err
		}
	}
	return nil
}

// A Bucket is one bucket of a projection within a Tx.
type Bucket struct {
	name    string
	disk    *bbolt.Bucket
	pending map[string][]byte
	order   []string // the pending keys, as they came
	sum     sum
}

// Get returns the value of key, nil where there is none. It must not be changed.
func (b *Bucket) Get(key []byte) []byte {
	if value, ok := b.pending[string(key)]; ok {
		return value
	}
	return b.disk.Get(key)
}

// Put sets the value of key, which it keeps: neither may be changed afterwards.
func (b *Bucket) Put(key, value []byte) {
	if old := b.Get(key); old != nil {
		b.sum.remove(key, old)
	}
	b.Insert(key, value)
}

// Insert is Put for a key that is certainly new.
func (b *Bucket) Insert(key, value []byte) {
	b.sum.add(key, value)
	k := string(key)
	if _, again := b.pending[k]; !again {
		b.order = append(b.order, k)
	}
	b.pending[k] = value
}

// Append is Insert for a bucket all of whose keys come in ascending order: they need no gathering and no sorting.
func (b *Bucket) Append(key, value []byte) error {
	b.disk.FillPercent = 0.9 // pages that are filled once and never come back to
	b.sum.add(key, value)
	return b.disk.Put(key, value)
}

func (b *Bucket) flush() error {
	slices.Sort(b.order)
	for _, key := range b.order {
		if err := b.disk.Put([]byte(key), b.pending[key]); err != nil {
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
