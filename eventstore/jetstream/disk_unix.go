//go:build linux || darwin

package jetstream

import "syscall"

// FreeBytes is how much a process without privileges may still write to the file system of dir.
func FreeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
