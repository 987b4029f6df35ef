package main

import "testing"

// What the demonstration tells to type works in the shell that it was started from.
func TestTheDemonstrationIsCalledAsItWas(t *testing.T) {
	for name, want := range map[string]string{
		"truce": "truce", "./truce": "./truce", "/usr/local/bin/truce": "/usr/local/bin/truce",
		"/tmp/go-build3141/b001/exe/truce": "go run ./cmd/truce", "/home/ann/.cache/go-build/5c/5c0f-d/truce": "go run ./cmd/truce",
	} {
		if got := calledAs(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
