package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// profiled has the processor profiled while ours is measured, and not while the raw engine is, whose own work would hide
// where ours goes. Each turn is a file of its own; `go tool pprof` adds up as many as it is given.
func (r *run) profiled(ours func() (float64, error)) func() (float64, error) {
	if r.Profile == "" {
		return ours
	}
	turn := 0
	return func() (v float64, err error) {
		turn++
		if err := os.MkdirAll(r.Profile, 0o700); err != nil {
			return 0, fmt.Errorf("profile: %w", err)
		}
		f, err := os.Create(filepath.Join(r.Profile, fmt.Sprintf("%s-%d.pprof", r.row, turn)))
		if err != nil {
			return 0, fmt.Errorf("profile: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return 0, fmt.Errorf("profile: %w", err)
		}
		defer pprof.StopCPUProfile()
		return ours()
	}
}
