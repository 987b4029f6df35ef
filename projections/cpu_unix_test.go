//go:build unix

package projections

import (
	"syscall"
	"testing"
	"time"
)

// cpu is what this process has computed so far, in seconds: what a machine that is busy with other things leaves alone.
func cpu(b *testing.B) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}
