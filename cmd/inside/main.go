// Command inside writes down what is inside the binaries of a release: deploy/release calls it, and nobody else needs it.
//
//	go run ./cmd/inside DIR
//
// For each binary truce_* in DIR it writes NAME.cdx.json, a list in the form CycloneDX 1.6 that scanners for vulnerabilities read:
// every Go module that is linked in, with version, checksum and licence, the files of others that are embedded, the Go toolchain,
// the commit and the settings of the build. LICENSES.txt beside them holds the licences' texts, which a binary that holds the
// code must bring along. The same binaries give the same bytes: nothing of the machine, no time and no random number goes in.
// A module whose licence is missing or is not known to the classifier is an error, never a gap in the list.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "inside:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: go run ./cmd/inside DIR, at the top of the checkout that the binaries were built from")
	}
	dir := args[0]
	names, err := filepath.Glob(filepath.Join(dir, "truce_*"))
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, ".json") })
	if len(names) == 0 {
		return fmt.Errorf("no binary truce_* is in %s", dir)
	}
	known, err := newLicences()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := list(name, known); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
	return known.write(filepath.Join(dir, "LICENSES.txt"))
}
