package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// profiled has the processor profiled while ours is measured, and not while the raw engine is, whose own work would hide
// where ours goes. Each turn has a file of its own, and one of memory; `go tool pprof` adds up as many as it is given.
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
		name := filepath.Join(r.Profile, fmt.Sprintf("%s-%d", r.row, turn))
		defer func() { err = errors.Join(err, written(name+"-memory.pprof", pprof.Lookup("heap"))) }()
		f, err := os.Create(name + ".pprof")
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

// written writes a profile: of memory, what lives at the end of a turn and what was taken since the process began.
func written(name string, p *pprof.Profile) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return errors.Join(p.WriteTo(f, 0), f.Close())
}
