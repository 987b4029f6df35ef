package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// vendored is where the files of others for the web page lie, with a table of them.
const vendored = "api/web/vendor"

// embedded lists the npm packages whose files the binary serves, by the table that came with them. A file that is not what the
// table says, or is in no row of it, is an error.
func embedded(known *licences) ([]cdx.Component, error) {
	table, err := os.ReadFile(filepath.Join(vendored, "VENDOR.md"))
	if err != nil {
		return nil, err
	}
	var all []cdx.Component
	listed := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		cell := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cell {
			cell[i] = strings.TrimSpace(cell[i])
		}
		if len(cell) != 5 || len(cell[4]) != sha256.Size*2 || strings.Contains(cell[3], "/") { // a heading; for tests only
			continue
		}
		c, err := npmPackage(cell[0], cell[1], cell[2], cell[3], cell[4])
		if err != nil {
			return nil, err
		}
		listed[cell[3]] = true
		licence := filepath.Join(vendored, cell[0]+".LICENSE")
		who := c.PackageURL
		if _, err := known.of(who, vendored, []string{licence}); err != nil {
			return nil, err
		}
		if last := len(all) - 1; last >= 0 && all[last].PackageURL == c.PackageURL { // one more file of the same package
			*all[last].Components = append(*all[last].Components, *c.Components...)
			continue
		}
		all = append(all, c)
	}
	return all, unlisted(listed)
}

func npmPackage(name, version, licence, file, sum string) (cdx.Component, error) {
	content, err := os.ReadFile(filepath.Join(vendored, file))
	if err != nil {
		return cdx.Component{}, err
	}
	if got := sha256.Sum256(content); hex.EncodeToString(got[:]) != sum {
		return cdx.Component{}, fmt.Errorf("%s/%s is not what VENDOR.md says: run vendor.sh", vendored, file)
	}
	purl := "pkg:npm/" + name + "@" + version
	return cdx.Component{
		BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: name, Version: version, PackageURL: purl, Licenses: choices([]string{licence}),
		Components: &[]cdx.Component{{
			BOMRef: purl + "#" + file, Type: cdx.ComponentTypeFile, Name: file, Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum}},
		}},
	}, nil
}

// unlisted refuses files that lie there and stand in no row.
func unlisted(listed map[string]bool) error {
	entries, err := os.ReadDir(vendored)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); !listed[name] && name != "VENDOR.md" && !strings.HasSuffix(name, ".LICENSE") {
			return fmt.Errorf("%s/%s stands in no row of VENDOR.md", vendored, name)
		}
	}
	return nil
}
