package eventstore

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Events that are written again are what is stored, byte for byte, in every frozen sample.
func TestEventTextsAreTheStoredOnes(t *testing.T) {
	paths, err := filepath.Glob("testdata/wire/*.json")
	if err != nil {
		t.Fatal(err)
	}
	again := 0
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		e, err := decode(raw)
		if err != nil {
			continue // a sample of something else
		}
		if e.canonical {
			again++
		}
		got, err := e.EventTexts()
		if err != nil {
			t.Fatal(err)
		}
		want, err := e.storedTexts()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	if again == 0 {
		t.Error("no sample was written again")
	}
}
