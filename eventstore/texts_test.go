package eventstore

import (
	"slices"
	"testing"
)

// Events that are written again are what is stored, byte for byte, in every frozen sample.
func TestEventTextsAreTheStoredOnes(t *testing.T) {
	again := 0
	for _, raw := range samples(t) {
		e, err := decode(raw)
		if err != nil {
			t.Fatal(err)
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
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if again == 0 {
		t.Error("no sample was written again")
	}
}
