package interchange

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Release is what a folder of data says of itself.
type Release struct {
	Title     string
	Version   string
	Licence   string // an SPDX identifier, or words
	Publisher string
	AsOf      string // the sequence that all of its files are of
	Effective string // the effective time that they answer for
	Made      time.Time
	Files     []ReleaseFile
}

// A ReleaseFile is one file of a release.
type ReleaseFile struct {
	Name, About, SHA256 string
	Bytes               int64
}

// Codebook says what every column means.
func (r Release) Codebook() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Codebook of %s, version %s\n\nAll files are of the log up to entry %s, and answer for the effective time %s. Times are UTC. "+
		"Texts that a spreadsheet would take for a formula begin with an apostrophe. Lists are joined by semicolons.\n", r.Title, r.Version, r.AsOf, r.Effective)
	for _, f := range r.Files {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", f.Name, f.About)
		switch f.Name {
		case "incidents.csv":
			describe(&b, IncidentColumns())
		case "ceasefires.csv":
			describe(&b, CeasefireColumns())
		}
	}
	return b.String()
}

func describe[V any](b *strings.Builder, columns []Column[V]) {
	b.WriteString("\n| column | meaning | HXL |\n| --- | --- | --- |\n")
	for _, c := range columns {
		fmt.Fprintf(b, "| `%s` | %s | `%s` |\n", c.Name, c.Doc, c.HXL)
	}
}

// Citation is a CITATION.cff. Every text is quoted, so that no title can break the YAML.
func (r Release) Citation() string {
	return fmt.Sprintf("cff-version: 1.2.0\nmessage: \"If you use these data, please cite them as below.\"\ntype: dataset\ntitle: %q\nversion: %q\ndate-released: %q\nlicense: %q\nauthors:\n  - name: %q\n",
		r.Title, r.Version, r.Made.UTC().Format(time.DateOnly), r.Licence, r.Publisher)
}

// DataPackage is a datapackage.json as the Frictionless specification has it.
func (r Release) DataPackage() ([]byte, error) {
	type object = map[string]any
	var resources []object
	for _, f := range r.Files {
		resources = append(resources, object{"name": strings.ReplaceAll(f.Name, ".", "-"), "path": f.Name, "title": f.About, "bytes": f.Bytes, "hash": "sha256:" + f.SHA256})
	}
	return json.Marshal(object{
		"name": slug(r.Title), "title": r.Title, "version": r.Version, "created": r.Made.UTC().Format(time.RFC3339), "licenses": []object{{"name": r.Licence}},
		"contributors": []object{{"title": r.Publisher, "role": "publisher"}}, "resources": resources,
		"truce_as_of_sequence": r.AsOf, "truce_effective_at": r.Effective,
	}, json.Deterministic(true), jsontext.WithIndent("  "))
}
