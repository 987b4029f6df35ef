// Package thirdparty finds the programs of others that check our output in tests. Where one cannot be had its test is
// skipped and says so; TRUCE_THIRD_PARTY=1, as in CI, makes that a failure.
package thirdparty

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Required reports whether a missing program is a failure.
func Required() bool { return os.Getenv("TRUCE_THIRD_PARTY") == "1" }

// Program returns the path of a program that the system's packages bring, such as openssl.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name, err)
	}
	return path
}

// Install returns the path of a Go program, such as litewitness from filippo.io/torchwood/cmd/litewitness@v0.9.0. It is
// looked for in the path and in $TRUCE_TOOLS; where TRUCE_THIRD_PARTY=1 it is installed.
func Install(t testing.TB, name, at string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil && name != "fsck" { // every Linux has another fsck
		return path
	}
	dir := os.Getenv("TRUCE_TOOLS")
	if dir != "" {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	if !Required() {
		t.Skipf("%s is not here: go install %s into $TRUCE_TOOLS, or set TRUCE_THIRD_PARTY=1", name, at)
	}
	if dir == "" {
		dir = t.TempDir()
	}
	install := exec.Command("go", "install", at)
	install.Env, install.Dir = append(os.Environ(), "GOBIN="+dir), os.TempDir() // outside this module
	if out, err := install.CombinedOutput(); err != nil {
		missing(t, name, err)
		t.Logf("%s", out)
	}
	return filepath.Join(dir, name)
}

func missing(t testing.TB, name string, err error) {
	t.Helper()
	if Required() {
		t.Fatalf("%s is required by TRUCE_THIRD_PARTY=1: %v", name, err)
	}
	t.Skipf("%s is not here: %v; set TRUCE_THIRD_PARTY=1 to require it", name, err)
}
