package projections

import (
	"time"

	"go.etcd.io/bbolt"
)

// Remembered returns the newest entry that the file in dir has been filled with, 0 where there is none that can be read. The
// log has held that entry, synced: a log that ends before it has lost something. Nobody else may have the file open.
func Remembered(dir string) (n uint64) {
	path, _, err := served(dir)
	if err != nil {
		return 0
	}
	_ = guard(func() error {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
		if err != nil {
			return err
		}
		defer db.Close()
		return db.View(func(tx *bbolt.Tx) error {
			if tx.Bucket(metaBucket) != nil && checkAgrees(tx) == nil {
				n = checkpointOf(tx)
			}
			return nil
		})
	})
	return n
}

// checkAgrees compares the checkpoint, which no sum covers, with the number of entries that the file holds. It follows no page:
// those may be broken in ways that bbolt walks round and round in.
func checkAgrees(tx *bbolt.Tx) error {
	held, err := readSum(tx, entriesBucket)
	if at := checkpointOf(tx); err == nil && held.rows != at {
		err = damaged("it says that it stands at entry %d, and holds %d", at, held.rows)
	}
	return err
}
