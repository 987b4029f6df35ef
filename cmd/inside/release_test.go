package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

const testVersion = "v0.0.0-test"

// The newest commit, built twice for one system: in this checkout, and in a clone at another path with a tag on the commit, a
// file that no commit holds, and an environment that would change the binary. Every byte is the same; a byte that is changed
// afterwards is found, also where SHA256SUMS was changed with it. .ci/long does it for all systems and with an empty cache.
func TestAReleaseIsTheSameEverywhere(t *testing.T) {
	if os.Getenv("TRUCE_RELEASE") == "" {
		t.Skip("TRUCE_RELEASE=1 builds a release twice: a minute on a cold cache")
	}
	target := runtime.GOOS + "/" + runtime.GOARCH
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	here := filepath.Join(t.TempDir(), "here")
	succeed(t, top, nil, "deploy/release", "--commit", "HEAD", "--target", target, testVersion, here)

	clone := filepath.Join(t.TempDir(), "deeper", "and elsewhere")
	succeed(t, top, nil, "git", "clone", "--quiet", ".", clone)
	succeed(t, clone, nil, "git", "-c", "user.name=t", "-c", "user.email=t@localhost", "tag", "v9.9.9")
	succeed(t, top, nil, "cp", "deploy/release", filepath.Join(clone, "deploy", "release"))
	if err := os.WriteFile(filepath.Join(clone, "api", "web", "assets", "stray.svg"), []byte("<svg/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(t.TempDir(), "there")
	succeed(t, clone, []string{"GOFLAGS=-buildvcs=false -tags=netgo", "GOAMD64=v3", "CGO_ENABLED=1", "TZ=Asia/Damascus"},
		"deploy/release", "--commit", "HEAD", "--target", target, testVersion, there)
	same(t, here, there)
	isComplete(t, here, target)

	// With the cache, which by itself it does without: minutes for each.
	cache := strings.TrimSpace(succeed(t, top, nil, "go", "env", "GOCACHE"))
	check := func() (string, error) {
		return command(clone, []string{"TRUCE_RELEASE_CACHE=" + cache}, "deploy/release", "--check", here)
	}
	if out, err := check(); err != nil || !strings.Contains(out, "the same bytes") {
		t.Errorf("got %v, %s", err, out)
	}
	binary := filepath.Join(here, "truce_"+testVersion+"_"+runtime.GOOS+"_"+runtime.GOARCH)
	flipOne(t, binary)
	if out, err := check(); err == nil || !strings.Contains(out, "not what SHA256SUMS says") {
		t.Errorf("a changed binary: got %v, %s", err, out)
	}
	writeSums(t, here)
	if out, err := check(); err == nil || !strings.Contains(out, "it has other bytes") {
		t.Errorf("a changed binary with its sum: got %v, %s", err, out)
	}
	writeSums(t, here, "planted.sh")
	if out, err := check(); err == nil || !strings.Contains(out, "planted.sh stands not in SHA256SUMS") {
		t.Errorf("a file beside: got %v, %s", err, out)
	}
}

func TestAReleaseIsRefusedWhereItCouldNotBeBuiltAgain(t *testing.T) {
	for _, c := range []struct{ want, version string }{
		{"write it like v1.2.3", "next week"}, {"write it like v1.2.3", "v1.2.3_4"}, {"exists already", "v1.2.3"},
	} {
		if out, err := command("../..", nil, "deploy/release", "--commit", "HEAD", c.version, t.TempDir()); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("version %q: got %v, %s", c.version, err, out)
		}
	}
	self, err := os.Executable() // built without a commit, as tests are
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readBuilt(self); err == nil || !strings.Contains(err.Error(), "it names no commit") {
		t.Errorf("a binary without a commit: got %v", err)
	}
}

// command runs a program in a folder and returns all that it said.
func command(dir string, env []string, name string, args ...string) (string, error) {
	if strings.HasPrefix(name, "deploy/") {
		name = "./" + name
	}
	c := exec.Command(name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	return string(out), err
}

// succeed is command where it has to succeed.
func succeed(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	out, err := command(dir, env, name, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// same fails unless two folders hold the same files.
func same(t *testing.T, one, other string) {
	t.Helper()
	names, others := namesIn(t, one), namesIn(t, other)
	if strings.Join(names, " ") != strings.Join(others, " ") {
		t.Fatalf("got %v and %v", names, others)
	}
	for _, name := range names {
		a, b := read(t, filepath.Join(one, name)), read(t, filepath.Join(other, name))
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs: %d and %d bytes", name, len(a), len(b))
		}
	}
}

// isComplete fails unless the list holds all that the binary itself names, each with a licence.
func isComplete(t *testing.T, dir, target string) {
	t.Helper()
	name := filepath.Join(dir, "truce_"+testVersion+"_"+strings.ReplaceAll(target, "/", "_"))
	b, err := readBuilt(name)
	if err != nil {
		t.Fatal(err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(read(t, name+".cdx.json")), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, c := range *bom.Components {
		listed[c.Name] = c.Version
		if c.Licenses == nil || len(*c.Licenses) == 0 {
			t.Errorf("%s has no licence", c.Name)
		}
	}
	texts := string(read(t, filepath.Join(dir, "LICENSES.txt")))
	for _, d := range b.Deps {
		if listed[d.Path] != d.Version {
			t.Errorf("%s is in the binary as %s, and listed as %q", d.Path, d.Version, listed[d.Path])
		}
		if !strings.Contains(texts, "\npkg:golang/"+d.Path+"@"+d.Version+": ") {
			t.Errorf("the licence of %s is missing", d.Path)
		}
	}
	for _, want := range []string{"std", "d3-geo", "uplot", "world-atlas"} {
		if listed[want] == "" {
			t.Errorf("%s is not listed", want)
		}
	}
	properties := fmt.Sprint(*bom.Metadata.Component.Properties)
	for _, want := range []string{b.GoVersion, b.settings["vcs.revision"]} {
		if !strings.Contains(properties, want) {
			t.Errorf("%s does not stand in %s", want, properties)
		}
	}
	var said struct {
		Version, Commit, Go string
		Modified            *bool
	}
	out := succeed(t, dir, nil, name, "version", "--output", "json")
	if err := json.Unmarshal([]byte(out), &said); err != nil || said.Version != testVersion || said.Commit != b.settings["vcs.revision"] || said.Go != b.GoVersion || said.Modified == nil || *said.Modified {
		t.Errorf("truce version: got %v, %s", err, out)
	}
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// flipOne changes a byte of the code: the middle of a binary.
func flipOne(t *testing.T, name string) {
	t.Helper()
	raw := read(t, name)
	raw[len(raw)/3] ^= 1
	if err := os.WriteFile(name, raw, 0o755); err != nil {
		t.Fatal(err)
	}
}

// writeSums writes SHA256SUMS anew, and makes a file that does not stand in it.
func writeSums(t *testing.T, dir string, unlisted ...string) {
	t.Helper()
	var sums strings.Builder
	for _, name := range namesIn(t, dir) {
		if name != "SHA256SUMS" {
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(read(t, filepath.Join(dir, name))), name)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(sums.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range unlisted {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
