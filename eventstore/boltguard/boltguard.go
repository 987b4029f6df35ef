// Package boltguard lets a program outlive a bbolt file that a disk has changed. It mends nothing: it makes an error of what
// would otherwise end the process, and every start after it.
package boltguard

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"go.etcd.io/bbolt"
)

// ErrDamaged says that a file has pages that bbolt cannot have written.
var ErrDamaged = errors.New("the file is damaged")

// Run turns the panics and memory faults with which bbolt meets broken pages into ErrDamaged. Other panics go on: they are
// mistakes of ours, which calling the file damaged would hide.
func Run(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		switch {
		case r == nil:
		case isFault(r) || inBbolt():
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		default:
			panic(r)
		}
	}()
	return fn()
}

// Check reads a whole file: every page by itself, and then against the others. Nobody may write meanwhile.
func Check(db *bbolt.DB) error {
	return Run(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			if err := Bounded(tx); err != nil {
				return err
			}
			var first error
			for err := range tx.Check() {
				if first == nil {
					first = fmt.Errorf("%w: %w", ErrDamaged, err)
				}
			}
			return first
		})
	})
}

// isFault reports whether a panic was a read outside the file: where it is shorter than its pages say.
func isFault(r any) bool {
	_, fault := r.(interface{ Addr() uintptr })
	return fault
}

// inBbolt reports whether the panic that is being recovered from began in bbolt.
func inBbolt() bool {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // above this function, its caller and the deferred function
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			return strings.HasPrefix(f.Function, "go.etcd.io/bbolt")
		}
		if !more {
			return false
		}
	}
}
