package blobs

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Destroy destroys the key of a commitment and then the value. It may be called again. That the bytes are written over
// before they are let go of helps on disks that write in place; others may keep them for a while.
func (v *Vault) Destroy(commitment string) error {
	n := name(commitment)
	if n == "" {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, dir := range []string{v.keys(), v.values()} {
		if err := shred(filepath.Join(dir, n)); err != nil {
			return fmt.Errorf("vault: destroy a key: %w", err)
		}
	}
	return nil
}

func shred(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		noise := make([]byte, info.Size())
		rand.Read(noise)
		_, err = f.WriteAt(noise, 0)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Sweep finishes what a crash interrupted: keys that the log says are destroyed go, and values without a key.
func (v *Vault) Sweep(destroyed func(commitment string) bool) error {
	keys, err := os.ReadDir(v.keys())
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	for _, k := range keys {
		if c := commitmentPrefix + k.Name(); destroyed(c) {
			err = errors.Join(err, v.Destroy(c))
		}
	}
	values, failed := os.ReadDir(v.values())
	err = errors.Join(err, failed)
	for _, x := range values {
		err = errors.Join(err, v.dropKeyless(x.Name()))
	}
	return err
}

// dropKeyless removes a value whose key never came, or is gone. Under the lock, because Seal writes the value first.
func (v *Vault) dropKeyless(file string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if name(commitmentPrefix+file) == "" || v.HasSecret(commitmentPrefix+file) {
		return nil
	}
	return shred(filepath.Join(v.values(), file))
}
