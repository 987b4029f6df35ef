package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A long run says how far it is, now and then: a line where nobody watches, a bar that moves on a terminal. A short one says nothing.
func TestALongRunSaysHowFarItIs(t *testing.T) {
	var out bytes.Buffer
	b := (&program{stderr: &out}).progress("entries verified")
	if b.told(1, 2); out.Len() != 0 {
		t.Errorf("a short run says %q", &out)
	}
	b.began, b.next = time.Now().Add(-10*time.Second), time.Now()
	b.told(250_000, 1_000_000)
	if !regexp.MustCompile(`^truce: \[#{7}\.{23}\]  25%  250000 entries verified, 2[45]\d{3}/s, (29|30)s left\n$`).MatchString(out.String()) {
		t.Errorf("got %q", &out)
	}
	if b.told(260_000, 1_000_000); strings.Count(out.String(), "\n") != 1 {
		t.Errorf("a log file fills with %q", &out)
	}
	out.Reset()
	b.moves, b.next = true, time.Now()
	b.told(500_000, 1_000_000)
	b.end()
	if got := out.String(); !strings.HasPrefix(got, "\r\x1b[K[###############...............]  50%") || !strings.HasSuffix(got, "\r\x1b[K") || strings.Contains(got, "\n") {
		t.Errorf("got %q", got)
	}
}
