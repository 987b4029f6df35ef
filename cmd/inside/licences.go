package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// licences tell what a text permits, and keep each text for LICENSES.txt.
type licences struct {
	*classifier.Classifier
	named map[string][]string          // of a text, so that each is looked at once
	texts map[string]map[string]string // by who is licensed, then by the file's name
}

func newLicences() (*licences, error) {
	c, err := assets.DefaultClassifier()
	if err != nil {
		return nil, err
	}
	return &licences{Classifier: c, named: map[string][]string{}, texts: map[string]map[string]string{}}, nil
}

// of names the licences of files of one module or package, as SPDX does.
func (l *licences) of(who, root string, files []string) ([]string, error) {
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		below, err := filepath.Rel(root, file)
		if err != nil {
			return nil, err
		}
		if l.texts[who] == nil {
			l.texts[who] = map[string]string{}
		}
		l.texts[who][filepath.ToSlash(below)] = strings.ReplaceAll(string(text), "\r\n", "\n")
		for _, name := range l.name(string(text)) {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no licence that is known to the classifier was found for %s, in %d files", who, len(files))
	}
	return slices.Sorted(maps.Keys(names)), nil
}

func (l *licences) name(text string) []string {
	if names, done := l.named[text]; done {
		return names
	}
	var names []string
	for _, m := range l.Match([]byte(text)).Matches {
		if m.MatchType == "License" && !slices.Contains(names, m.Name) {
			names = append(names, m.Name)
		}
	}
	l.named[text] = names
	return names
}

// write writes every text, by who is licensed.
func (l *licences) write(name string) error {
	var b strings.Builder
	b.WriteString("What the binaries of this release hold besides the ledger's own code (see LICENSE), and under which licences.\n")
	for _, who := range slices.Sorted(maps.Keys(l.texts)) {
		for _, file := range slices.Sorted(maps.Keys(l.texts[who])) {
			fmt.Fprintf(&b, "\n%s\n%s: %s\n%s\n\n%s\n", strings.Repeat("=", 80), who, file, strings.Repeat("=", 80), strings.TrimSpace(l.texts[who][file]))
		}
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}
