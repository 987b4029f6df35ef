package bundle

import (
	"os"
	"runtime/debug"
)

// roomPercent is how much may be added to the memory that is in use before it is collected. What is in use is a few shelves of
// records at a time, so that five times of it is little, and collecting each time it has doubled takes a quarter of the work.
const roomPercent = 400

// Room sets the garbage collector for a process that does nothing but verify, until it is told to restore what was set before.
// Who has set GOGC or GOMEMLIMIT keeps what was set.
func Room() (restore func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(roomPercent)
	return func() { debug.SetGCPercent(before) }
}
