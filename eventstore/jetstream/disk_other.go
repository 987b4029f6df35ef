//go:build !linux && !darwin

package jetstream

import "errors"

// FreeBytes is not asked for on other systems: there the first write that fails tells.
func FreeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
