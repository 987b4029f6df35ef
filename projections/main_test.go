package projections

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if bench.stop != nil {
		bench.stop()
	}
	os.Exit(code)
}
