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

// witness FLAGS: runs a witness on a free port, and sets WITNESS to the line that it prints for the operator.
func startWitness(ts *testscript.TestScript, _ bool, args []string) {
	p, err := launch(ts.MkAbs("."), scriptEnv(ts), append([]string{"witness", "--listen", "127.0.0.1:0"}, args...)...)
	ts.Check(err)
	stageOf(ts).witness = p
	line, err := p.stdout.await(`^(\S+\+\S+ http://\S+)$`)
	ts.Check(err)
	ts.Setenv("WITNESS", line[1])
}

func stopWitness(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(stageOf(ts).witness.stop()) }

// says PATTERN: waits until the server has said so on standard error.
func says(ts *testscript.TestScript, _ bool, args []string) {
	_, err := stageOf(ts).server.stderr.await(args[0])
	ts.Check(err)
}

// cpfetch PATH FILE: keeps what the server answers.
func fetchTo(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := http.Get(ts.Getenv("TRUCE_SERVER") + args[0])
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o600))
}
