package main

import (
	"io"
	"strings"
	"testing"
)

// Answers to several questions may come at once: a pipe, or somebody who types ahead.
func TestEachQuestionTakesItsOwnAnswer(t *testing.T) {
	p := &program{stdin: strings.NewReader("y\nyes\nno\n"), stderr: io.Discard}
	s := newSigning(p, signFlags{})
	for i, want := range []bool{true, true, false, false} {
		if err := s.consent("words\n"); (err == nil) != want {
			t.Errorf("question %d: got %v, want consent %v", i+1, err, want)
		}
	}
}
