package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// sealed FILE: reads what truce secret put answered, sets COMMITMENT and SEALED (its digits), and writes key.txt.
func readSealed(ts *testscript.TestScript, _ bool, args []string) {
	var s struct{ Commitment, Key string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &s))
	ts.Setenv("COMMITMENT", s.Commitment)
	ts.Setenv("SEALED", strings.TrimPrefix(s.Commitment, "hmac-sha256:"))
	ts.Check(os.WriteFile(ts.MkAbs("key.txt"), []byte(s.Key+"\n"), 0o600))
}

// nowhere DIR TEXT: fails where any file below DIR holds TEXT.
func nowhere(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(args[1])) {
			ts.Fatalf("%s holds %q", path, args[1])
		}
		return err
	}))
}
