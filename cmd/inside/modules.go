package main

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// A built is what a binary says of itself.
type built struct {
	*debug.BuildInfo
	settings map[string]string
}

func readBuilt(name string) (built, error) {
	info, err := buildinfo.ReadFile(name)
	if err != nil {
		return built{}, err
	}
	b := built{BuildInfo: info, settings: map[string]string{}}
	for _, s := range info.Settings {
		b.settings[s.Key] = s.Value
	}
	if b.settings["vcs.revision"] == "" || b.settings["vcs.modified"] != "false" {
		return built{}, fmt.Errorf("it names no commit, or was built from a checkout with changes: %q, modified %q", b.settings["vcs.revision"], b.settings["vcs.modified"])
	}
	return b, nil
}

// A module is one that is linked into a binary, with the folders of its linked packages, from which their licences hold.
type module struct {
	path, version, sum string
	root               string
	packages           []string
}

// modules lists what a binary says that it holds, in its order, with the sources that the Go toolchain built it from.
func (b built) modules() ([]module, error) {
	folders, err := b.folders()
	if err != nil {
		return nil, err
	}
	var all []module
	for _, dep := range b.Deps {
		if dep.Replace != nil {
			return nil, fmt.Errorf("module %s is replaced by %s: a release is built from what go.sum names", dep.Path, dep.Replace.Path)
		}
		m, found := folders[dep.Path]
		if !found || m.version != dep.Version {
			return nil, fmt.Errorf("module %s %s is in the binary, and the checkout links %q: it was built from another commit", dep.Path, dep.Version, m.version)
		}
		m.sum = dep.Sum
		all = append(all, m)
		delete(folders, dep.Path)
	}
	for path := range folders {
		return nil, fmt.Errorf("module %s is linked by the checkout and not in the binary: it was built from another commit", path)
	}
	return all, nil
}

// folders asks the Go toolchain which packages of which modules are linked for the binary's system.
func (b built) folders() (map[string]module, error) {
	const format = `{{with .Module}}{{if not .Main}}{{.Path}}` + "\t" + `{{.Version}}` + "\t" + `{{.Dir}}` + "\t" + `{{$.Dir}}{{end}}{{end}}`
	list := exec.Command("go", "list", "-deps", "-f", format, "./cmd/truce")
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+b.settings["GOOS"], "GOARCH="+b.settings["GOARCH"])
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	all := map[string]module{}
	for line := range bytes.Lines(out) {
		part := strings.Split(strings.TrimSpace(string(line)), "\t")
		if len(part) != 4 {
			continue // of the standard library, or our own
		}
		m := all[part[0]]
		m.path, m.version, m.root = part[0], part[1], part[2]
		m.packages = append(m.packages, part[3])
		all[part[0]] = m
	}
	return all, nil
}

// texts are the files with the licences of a module: in the folders of the linked packages, and above them up to its root.
func (m module) texts() ([]string, error) {
	var found []string
	seen := map[string]bool{}
	for _, folder := range m.packages {
		for ; !seen[folder] && strings.HasPrefix(folder, m.root); folder = filepath.Dir(folder) {
			seen[folder] = true
			entries, err := os.ReadDir(folder)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				if e.Type().IsRegular() && isLicence(e.Name()) {
					found = append(found, filepath.Join(folder, e.Name()))
				}
			}
		}
	}
	slices.Sort(found)
	return found, nil
}

// isLicence tells by its name whether a file holds a licence or a notice that goes with one.
func isLicence(name string) bool {
	upper := strings.ToUpper(name)
	for _, begin := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT", "UNLICENSE", "PATENTS"} {
		if strings.HasPrefix(upper, begin) && !strings.HasSuffix(upper, ".GO") {
			return true
		}
	}
	return false
}
