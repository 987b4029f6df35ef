package projections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"truceledger/eventstore/boltguard"
)

const (
	fileName    = "projections.db"
	freshSuffix = ".new"     // a file that is being filled beside the serving one
	asideSuffix = ".damaged" // the last file that failed its check, kept for whoever wants to know why

	replayPrefix = "replay-" // of the folder in which a replay keeps its file

	fileFormat = "1" // of the file as a whole: the meta bucket and the sums
)

var (
	metaBucket    = []byte("meta")
	formatKey     = []byte("format")
	ledgerKey     = []byte("ledger")
	namesKey      = []byte("projections")
	checkpointKey = []byte("checkpoint")
)

// errDamaged says that a file cannot be trusted. Nothing is answered from it, and it is refilled from the log.
var errDamaged = errors.New("the projections' file is damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// errOutdated says that a file is sound but not of this program's projections or of this ledger.
var errOutdated = errors.New("the projections' file is of another form")

// A store is one bbolt file with the rows of all projections and the sequence that they stand at.
type store struct {
	db   *bbolt.DB
	path string
}

// openStore opens the file at path and checks what it says of itself and, unless it is intact by its seal, all of its rows.
// errDamaged or errOutdated: it has to be refilled. A file that does
// not exist is errOutdated too.
func openStore(ctx context.Context, path, ledger string, intact bool) (*store, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: it does not exist", errOutdated)
	}
	s, err := openFile(path, false)
	if err != nil {
		return nil, err
	}
	err = s.check(ledger)
	if err == nil && !intact {
		err = s.checkAll(ctx)
		s.letGo()
	}
	if err != nil {
		_ = s.close()
		return nil, err
	}
	return s, nil
}

// createStore makes an empty file at path. unsynced: nobody misses the file after a crash, so that filling it need not
// wait for the disk.
//
// A crash here leaves a file without a checkpoint, which the next start finds outdated.
func createStore(path, ledger string, unsynced bool) (*store, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("projections' file: %w", err)
	}
	s, err := openFile(path, unsynced)
	if err != nil {
		return nil, err
	}
	err = s.db.Update(func(tx *bbolt.Tx) error { return layOut(tx, ledger) })
	if err != nil {
		_ = s.close()
		return nil, fmt.Errorf("projections' file %s: %w", path, err)
	}
	return s, nil
}

// reserved is the address space, not memory, that a file is given that is about to be filled: without it the file is mapped
// anew each time that it has doubled, which takes a sixth of a rebuild. Windows would make the file as long.
const reserved = min(4<<30, math.MaxInt)

const roomy = runtime.GOOS != "windows" && math.MaxInt > reserved

func openFile(path string, unsynced bool) (s *store, err error) {
	err = guard(func() error {
		o := bbolt.Options{
			Timeout: time.Second, NoSync: unsynced, NoGrowSync: unsynced, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		}
		if unsynced && roomy {
			o.InitialMmapSize = reserved
		}
		db, err := bbolt.Open(path, 0o600, &o)
		if err != nil {
			return err
		}
		s = &store{db: db, path: path}
		return nil
	})
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, fmt.Errorf("projections' file %s is used by another process: %w", path, err)
	case errors.As(err, new(*os.PathError)):
		return nil, fmt.Errorf("projections' file: %w", err)
	}
	return nil, damaged("%s: %v", path, err)
}

// layOut writes what an empty file has.
func layOut(tx *bbolt.Tx, ledger string) error {
	meta, err := tx.CreateBucket(metaBucket)
	if err != nil {
		return err
	}
	for _, name := range bucketNames() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
		if err := meta.Put(sumKey(name), sum{}.bytes()); err != nil {
			return err
		}
	}
	return errors.Join(
		meta.Put(formatKey, []byte(fileFormat)), meta.Put(ledgerKey, []byte(ledger)),
		meta.Put(namesKey, []byte(projectionNames())), meta.Put(checkpointKey, number(0)))
}

func (s *store) close() error { return guard(s.db.Close) }

// view runs fn on a snapshot of the rows.
func (s *store) view(fn func(tx *bbolt.Tx) error) error {
	return guard(func() error { return s.db.View(fn) })
}

// update applies a batch: rows and checkpoint in one transaction. A crash before it ends leaves the rows and the checkpoint
// of the batch before.
func (s *store) update(fn func(tx *Tx) (checkpoint uint64, err error)) error {
	return s.gather(newTx(), true, fn)
}

// gather applies a batch to what t has gathered, and writes that where it is asked to. Until it is written the file is not
// what its checkpoint says, and nobody may read it.
func (s *store) gather(t *Tx, write bool, fn func(tx *Tx) (checkpoint uint64, err error)) error {
	return guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			if err := t.enter(tx); err != nil {
				return err
			}
			n, err := fn(t)
			if err != nil {
				return err
			}
			if err := finishAll(t); err != nil {
				return err
			}
			if write {
				if err := t.flush(tx); err != nil {
					return err
				}
			}
			return tx.Bucket(metaBucket).Put(checkpointKey, number(n))
		})
	})
}

func (s *store) checkpoint() (n uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error { n = checkpointOf(tx); return nil })
	return n, err
}

func checkpointOf(tx *bbolt.Tx) uint64 { return toNumber(tx.Bucket(metaBucket).Get(checkpointKey)) }

// guard turns what bbolt does over broken pages into errDamaged. Without it one bad sector ends the process, and every start
// after it.
func guard(fn func() error) error {
	err := boltguard.Run(fn)
	if errors.Is(err, boltguard.ErrDamaged) {
		return damaged("%v", err)
	}
	return err
}

func isClosed(err error) bool { return errors.Is(err, bbolterrors.ErrDatabaseNotOpen) }

func sumKey(bucket string) []byte { return []byte("sum " + bucket) }

func readSum(tx *bbolt.Tx, bucket string) (sum, error) {
	raw := tx.Bucket(metaBucket).Get(sumKey(bucket))
	if len(raw) != 16 {
		return sum{}, damaged("bucket %s has no sum", bucket)
	}
	return sum{rows: toNumber(raw), hash: toNumber(raw[8:])}, nil
}

// check reads what the file says of itself.
func (s *store) check(ledger string) error {
	return s.view(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			return damaged("it has no meta bucket")
		}
		switch {
		case !bytes.Equal(meta.Get(formatKey), []byte(fileFormat)):
			return fmt.Errorf("%w: format %q", errOutdated, meta.Get(formatKey))
		case string(meta.Get(namesKey)) != projectionNames():
			return fmt.Errorf("%w: it has %s", errOutdated, strings.ReplaceAll(string(meta.Get(namesKey)), "\n", ", "))
		case string(meta.Get(ledgerKey)) != ledger:
			return fmt.Errorf("%w: it is of ledger %q", errOutdated, meta.Get(ledgerKey))
		}
		return checkAgrees(tx)
	})
}

// moveAside makes room for a new file. A crash after it leaves no file: the next start refills it.
func moveAside(path string) error {
	err := os.Rename(path, filepath.Join(filepath.Dir(path), fileName+asideSuffix))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// syncDir makes a rename in dir last. Windows has nothing of the kind, and needs it not: a start without the rename fills
// the file again.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Each swap gives the serving file a name of its own, projections-<n>.db, because Windows lets nobody take the name of a file
// that is open. The highest number serves.

func numbered(dir string, n uint64) string {
	return filepath.Join(dir, "projections-"+strconv.FormatUint(n, 10)+".db")
}

// numberOf reads the number in a file's name; 0 for a file that has none.
func numberOf(path string) uint64 {
	text, isNumbered := strings.CutPrefix(filepath.Base(path), "projections-")
	text, isFile := strings.CutSuffix(text, ".db")
	n, err := strconv.ParseUint(text, 10, 63)
	if !isNumbered || !isFile || err != nil || numbered("", n) != filepath.Base(path) {
		return 0
	}
	return n
}

// served returns the files that have served, and the one that serves now: the first where there is none.
func served(dir string) (newest string, all []string, err error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return "", nil, fmt.Errorf("projections' folder: %w", err)
	}
	highest := uint64(1)
	for _, f := range found {
		if n := numberOf(f.Name()); n > 0 || f.Name() == fileName { // the name from before there were numbers
			all, highest = append(all, filepath.Join(dir, f.Name())), max(highest, n)
		}
	}
	return numbered(dir, highest), all, nil
}

// removeOld takes away what served before. What cannot be removed is in nobody's way: the next start tries again.
func removeOld(serving string) {
	_, all, _ := served(filepath.Dir(serving))
	for _, path := range all {
		if path != serving {
			_ = os.Remove(path)
		}
	}
}

// removeLeftovers takes away what a rebuild or a replay left behind that did not end.
func removeLeftovers(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, replayPrefix+"*"))
	if err != nil {
		return fmt.Errorf("projections' leftover: %w", err)
	}
	for _, path := range append(left, filepath.Join(dir, fileName+freshSuffix)) {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("projections' leftover: %w", err)
		}
	}
	return nil
}
