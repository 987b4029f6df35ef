package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/boltguard"
)

// Cosigned returns the smallest head of at least size entries that a witness has cosigned, and how large it is; nil where
// there is none. Without the index behind it, asking after an early entry and a witness who is away would open every head
// there is.
func (s *Heads) Cosigned(size int64, by note.Verifier) (text []byte, at int64, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		key := cosignedKey(by.Name(), by.KeyHash())
		k, _ := tx.Bucket(cosignedBucket).Cursor().Seek(append(bytes.Clone(key), number(size)...))
		if found, is := bytes.CutPrefix(k, key); is && len(found) == 8 {
			text, at = bytes.Clone(tx.Bucket(headsBucket).Get(found)), sizeOf(found)
		}
		return nil
	})
	return text, at, err
}

func sizeOf(at []byte) int64 { return int64(binary.BigEndian.Uint64(at)) }

func cosignedKey(name string, hash uint32) []byte { return fmt.Appendf(nil, "%s+%08x\x00", name, hash) }

// noteCosigned notes who has signed a head. Its lines were checked when they were merged, so that here they are only read:
// whoever is told of one opens the head with the witness's key.
func noteCosigned(tx *bbolt.Tx, size int64, text []byte) error {
	origin, _, _ := bytes.Cut(text, []byte("\n"))
	_, lines, _ := bytes.Cut(text, []byte("\n\n"))
	for line := range bytes.Lines(lines) {
		fields := bytes.Fields(line)
		if len(fields) != 3 || bytes.Equal(fields[1], origin) { // the log's own
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(string(fields[2]))
		if err != nil || len(raw) < 4 {
			continue
		}
		key := append(cosignedKey(string(fields[1]), binary.BigEndian.Uint32(raw)), number(size)...)
		if err := boltguard.Put(tx, cosignedBucket, key, nil); err != nil {
			return err
		}
	}
	return nil
}

// indexCosigned makes the index of a file that was written before there was one.
func indexCosigned(db *bbolt.DB) error {
	indexed, cosigned := false, false
	err := db.View(func(tx *bbolt.Tx) error {
		if first, _ := tx.Bucket(cosignedBucket).Cursor().First(); first != nil {
			indexed = true
			return nil
		}
		return tx.Bucket(headsBucket).ForEach(func(_, v []byte) error {
			cosigned = cosigned || isCosigned(v)
			return nil
		})
	})
	if err != nil || indexed || !cosigned {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(headsBucket).ForEach(func(k, v []byte) error {
			if !isCosigned(v) {
				return nil
			}
			return noteCosigned(tx, sizeOf(k), v)
		})
	})
}

// isCosigned reports whether a head has more than the log's own signature.
func isCosigned(head []byte) bool { return bytes.Count(head, []byte("\n")) > 5 }
