package backup

import (
	"errors"
	"fmt"
	"os"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"truceledger/eventstore/boltguard"
)

// ErrBusy says that another process writes the same backup, or makes the same data folder, at this moment.
var ErrBusy = errors.New("is being written by another truce process")

// claim keeps a path for this process until release. Without it two that began at once, such as a nightly one and one by hand,
// would clear away each other's half, and the first to end would give the other's half the name of a whole one.
//
// The claim is bbolt's lock on a file, because that works alike everywhere and ends with the process, however it ends.
func claim(path string) (release func(), err error) {
	lock := path + ".lock"
	db, err := lockedFile(lock)
	if errors.Is(err, boltguard.ErrDamaged) {
		_ = os.Remove(lock) // half a one, as a disk that fills up leaves it
		db, err = lockedFile(lock)
	}
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, fmt.Errorf("%s %w", path, ErrBusy)
	case err != nil:
		return nil, err
	}
	return func() {
		_ = db.Close()
		_ = os.Remove(lock)
	}, nil
}

// lockedFile opens the file, which holds nothing. boltguard.ErrDamaged: bbolt cannot open it.
func lockedFile(lock string) (db *bbolt.DB, err error) {
	err = boltguard.Run(func() (err error) {
		db, err = bbolt.Open(lock, 0o600, &bbolt.Options{Timeout: 200 * time.Millisecond})
		return err
	})
	if err != nil && !errors.Is(err, bbolterrors.ErrTimeout) && !errors.As(err, new(*os.PathError)) {
		err = fmt.Errorf("%w: %w", boltguard.ErrDamaged, err)
	}
	return db, err
}
