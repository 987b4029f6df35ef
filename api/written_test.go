package api

import (
	"fmt"
	"testing"
)

// TestWhoeverWritesSeesItsOwnEntry asks at once after each command, as people do at a terminal.
func TestWhoeverWritesSeesItsOwnEntry(t *testing.T) {
	w := open(t)
	for i := range 40 {
		w.must("register-actor", fmt.Sprintf(`{"actor":"a-%d","name":"A","kind":"state"}`, i))
		if a := w.get(fmt.Sprintf("/v1/actors/a-%d", i)); a.StatusCode != 200 {
			t.Fatalf("actor %d: got %d right after it was recorded", i, a.StatusCode)
		}
	}
}
