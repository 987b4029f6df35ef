package projections

import (
	"unsafe"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// letGo tells the system that the pages of the file that were read are not needed in this process's memory: a full check
// would otherwise hold all of the file there. They are read again when they are asked for.
func (s *store) letGo() {
	_ = guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			// While a transaction is open the file cannot be mapped elsewhere.
			address := s.db.Info().Data // bbolt gives it as a number
			data := unsafe.Slice(*(**byte)(unsafe.Pointer(&address)), tx.Size())
			return unix.Madvise(data, unix.MADV_DONTNEED)
		})
	})
}
