package bundle_test

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"truceledger/eventstore/proof/bundle"
)

// informs are the files that say nothing which is believed: the report must be the same whatever stands in them.
var informs = map[string]bool{"README": true, "policy": true, "allowed_signers": true}

// One bit anywhere in a bundle is caught, or it stands where nothing is believed: in a file for information, or in the
// signature of somebody whom the auditor has not named or whom one earlier head does not need.
func TestABitAnywhereIsCaughtOrIrrelevant(t *testing.T) {
	key := newSigner(t)
	f := onTheTable(t, key)
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key))
	f.sign()
	dir := f.write(func(s *bundle.Source) { s.AllowedSigners = "north ssh-ed25519 AAAA\n" })
	whole, err := bundle.Verify(t.Context(), dir, f.options())
	must(t, err)
	random := rand.New(rand.NewPCG(4, 2016))
	flips, caught, files := 0, 0, 0
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		name, _ := filepath.Rel(dir, path)
		held, err := os.ReadFile(path)
		must(t, err)
		for range min(60, len(held)) {
			at, bit := random.IntN(len(held)), byte(1)<<random.IntN(8)
			raw := bytes.Clone(held)
			raw[at] ^= bit
			must(t, os.WriteFile(path, raw, 0o644))
			report, err := bundle.Verify(t.Context(), dir, f.options())
			flips++
			switch {
			case err != nil && !informs[name]:
				caught++
			case err != nil:
				t.Errorf("%s, byte %d: a file for information has failed the check: %v", name, at, err)
			case report.Words() != whole.Words() && !irrelevant(name, held, at):
				t.Errorf("%s, byte %d: not caught, and the report says something else", name, at)
			case !irrelevant(name, held, at):
				t.Errorf("%s, byte %d, bit %#x: not caught", name, at, bit)
			}
		}
		return os.WriteFile(path, held, 0o644)
	}))
	t.Logf("%d flips in %d files: %d caught, %d where nothing is believed", flips, files, caught, flips-caught)
	if flips < 400 || caught < flips/2 {
		t.Errorf("too few: %d flips, %d caught", flips, caught)
	}
}

// irrelevant reports whether nothing is believed of a byte: that of an informing file, or of a cosignature's line under an
// earlier head, whose key's name may become that of nobody known.
func irrelevant(name string, held []byte, at int) bool {
	if informs[name] {
		return true
	}
	if name != "checkpoints.txt" {
		return false
	}
	from := bytes.LastIndexByte(held[:at], '\n') + 1
	return strings.HasPrefix(string(held[from:]), "— north.example/witness ")
}
