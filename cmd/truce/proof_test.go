package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// signed SIZE: waits until the server has signed a head over so many entries.
func awaitSigned(ts *testscript.TestScript, _ bool, args []string) {
	awaitText(ts, "/log/checkpoint", "\n"+args[0]+"\n")
}

// serves PATH TEXT: waits until the server's answer holds a text.
func awaitServes(ts *testscript.TestScript, _ bool, args []string) { awaitText(ts, args[0], args[1]) }

func awaitText(ts *testscript.TestScript, path, want string) {
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(ts.Getenv("TRUCE_SERVER") + path)
		ts.Check(err)
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		ts.Check(err)
		if got = string(body); strings.Contains(got, want) {
			return
		}
	}
	ts.Fatalf("%s never says %q; it says %s", path, want, got)
}

// flip FILE LINE: flips one bit in the middle of a line.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	raw, err := os.ReadFile(path)
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := bytes.SplitAfter(raw, []byte("\n"))
	line := lines[n-1]
	line[len(line)/2] ^= 1
	ts.Check(os.WriteFile(path, bytes.Join(lines, nil), 0o600))
}
