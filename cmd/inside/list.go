package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// list writes down what is inside one binary.
func list(name string, known *licences) error {
	b, err := readBuilt(name)
	if err != nil {
		return err
	}
	parts, err := components(b, known)
	if err != nil {
		return err
	}
	version := strings.Split(strings.TrimPrefix(filepath.Base(name), "truce_"), "_")[0]
	main := cdx.Component{
		BOMRef: "truce", Type: cdx.ComponentTypeApplication, Name: filepath.Base(name), Version: version, Licenses: choices([]string{"Apache-2.0"}),
		Properties: properties(b),
	}
	bom := cdx.NewBOM()
	bom.JSONSchema, bom.SpecVersion = "http://cyclonedx.org/schema/bom-1.6.schema.json", cdx.SpecVersion1_6
	bom.Metadata = &cdx.Metadata{Component: &main}
	bom.Components = &parts
	var refs []string
	for _, c := range parts {
		refs = append(refs, c.BOMRef)
	}
	bom.Dependencies = &[]cdx.Dependency{{Ref: main.BOMRef, Dependencies: &refs}}
	f, err := os.Create(name + ".cdx.json")
	if err != nil {
		return err
	}
	defer f.Close() // after an error; else it is closed below
	if err := cdx.NewBOMEncoder(f, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return err
	}
	return f.Close()
}

// components are the toolchain's library, the modules and the embedded packages.
func components(b built, known *licences) ([]cdx.Component, error) {
	library, err := standardLibrary(b, known)
	if err != nil {
		return nil, err
	}
	all := []cdx.Component{library}
	modules, err := b.modules()
	if err != nil {
		return nil, err
	}
	for _, m := range modules {
		files, err := m.texts()
		if err != nil {
			return nil, err
		}
		purl := "pkg:golang/" + m.path + "@" + m.version
		names, err := known.of(purl, m.root, files)
		if err != nil {
			return nil, err
		}
		sum, err := moduleHash(m.sum)
		if err != nil {
			return nil, fmt.Errorf("module %s: %w", m.path, err)
		}
		all = append(all, cdx.Component{
			BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: m.path, Version: m.version, PackageURL: purl, Licenses: choices(names), Hashes: sum,
			Properties: &[]cdx.Property{{Name: "go:sum", Value: m.sum}},
		})
	}
	packages, err := embedded(known)
	return append(all, packages...), err
}

// standardLibrary is Go's own part of the binary, in the version that built it.
func standardLibrary(b built, known *licences) (cdx.Component, error) {
	if b.GoVersion != runtime.Version() {
		return cdx.Component{}, fmt.Errorf("it was built by %s, and this is %s: take the same toolchain", b.GoVersion, runtime.Version())
	}
	root := os.Getenv("GOROOT") // go run sets it
	purl := "pkg:golang/std@" + strings.TrimPrefix(b.GoVersion, "go")
	names, err := known.of(purl, root, []string{filepath.Join(root, "LICENSE")})
	return cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: "std", Version: b.GoVersion, PackageURL: purl, Licenses: choices(names)}, err
}

// choices are licences that all hold, for different files of one module.
func choices(names []string) *cdx.Licenses {
	all := cdx.Licenses{}
	for _, name := range names {
		all = append(all, cdx.LicenseChoice{License: &cdx.License{ID: name}})
	}
	return &all
}

// moduleHash turns a line of go.sum into the SHA-256 that it is.
func moduleHash(sum string) (*[]cdx.Hash, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:"))
	if err != nil || len(raw) != 32 {
		return nil, fmt.Errorf("its checksum is %q", sum)
	}
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}, nil
}

// properties are the toolchain, the commit and the settings of the build.
func properties(b built) *[]cdx.Property {
	all := []cdx.Property{{Name: "go:version", Value: b.GoVersion}, {Name: "go:module", Value: b.Main.Path + "@" + b.Main.Version}}
	for _, key := range slices.Sorted(maps.Keys(b.settings)) {
		all = append(all, cdx.Property{Name: "go:build:" + key, Value: b.settings[key]})
	}
	return &all
}
