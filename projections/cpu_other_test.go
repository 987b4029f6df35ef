//go:build !unix

package projections

import (
	"testing"
	"time"
)

var began = time.Now()

// cpu is the time that has passed, in seconds, where the system does not tell what a process has computed: on a machine
// that does nothing else it is nearly the same.
func cpu(*testing.B) float64 { return time.Since(began).Seconds() }
