package bundle_test

import (
	"runtime/debug"
	"testing"

	"truceledger/eventstore/proof/bundle"
)

func TestRoomIsGivenBack(t *testing.T) {
	percent := func() int {
		is := debug.SetGCPercent(100)
		debug.SetGCPercent(is)
		return is
	}
	before := percent()
	t.Setenv("GOGC", "77")
	bundle.Room()()
	if got := percent(); got != before {
		t.Errorf("with GOGC set: got %d%%, want %d%%", got, before)
	}
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	restore := bundle.Room()
	if got := percent(); got <= before {
		t.Errorf("while verifying: got %d%%", got)
	}
	if restore(); percent() != before {
		t.Errorf("afterwards: got %d%%, want %d%%", percent(), before)
	}
}
