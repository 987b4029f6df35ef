package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/api/interchange"
)

// releaseFlags say what a folder of data says of itself.
type releaseFlags struct{ dir, version, licence, publisher, title string }

func (r *releaseFlags) declare(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&r.dir, "release", "", "Write a release into this new `FOLDER`: all files at the same clocks, codebook, citation, licence, checksums.")
	f.StringVar(&r.version, "release-version", "", "The release's `version`; by default today's date.")
	f.StringVar(&r.licence, "licence", "", "The release's `licence`, such as CC-BY-4.0. Without one nobody may use it, so it must be given.")
	f.StringVar(&r.publisher, "publisher", "", "Who publishes the release; must be given: a citation needs a `name`.")
	f.StringVar(&r.title, "title", "Truce Ledger", "The release's `title`.")
}

// releaseFiles are what a release holds, in this order. The first fixes the clocks of the others.
var releaseFiles = []interchange.ReleaseFile{
	{Name: "incidents.csv", About: "The incidents, a row each."}, {Name: "incidents.xlsx", About: "The same as a spreadsheet."},
	{Name: "incidents.jsonl", About: "The incidents with all that they name; truce import truce reads it."},
	{Name: "map.geojson", About: "The incidents as a map (RFC 7946); the geometry is null where no point is known."},
	{Name: "ceasefires.csv", About: "The ceasefires, a row each."}, {Name: "calendar.ics", About: "What starts and ends (RFC 5545)."},
	{Name: "commands.jsonl", About: "All commands in their order; truce apply puts them on an empty ledger."},
}

// writeRelease fills a folder that did not exist: a release is never changed.
func (k *carrying) writeRelease(ctx context.Context) error {
	r := k.release
	if r.licence == "" || r.publisher == "" {
		return usage("a release needs --licence and --publisher: say who may use the data, and whom to cite")
	}
	if len(k.query().Filter) > 0 && onlyClocks(k.query()) != nil {
		return onlyClocks(k.query())
	}
	server, err := k.client()
	if err != nil {
		return err
	}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		return usageError{err}
	}
	about := interchange.Release{Title: r.title, Version: r.version, Licence: r.licence, Publisher: r.publisher, Made: time.Now()}
	if about.Version == "" {
		about.Version = about.Made.UTC().Format(time.DateOnly)
	}
	q := k.query()
	for _, f := range releaseFiles {
		if err := k.releaseFile(ctx, server, &q, &f); err != nil {
			return k.reachable(err)
		}
		about.AsOf, about.Effective = q.Filter["as_of_sequence"], q.Filter["effective_at"]
		about.Files = append(about.Files, f)
	}
	return k.describeRelease(about)
}

func onlyClocks(q client.Query) error {
	for name := range q.Filter {
		switch name {
		case "effective_at", "known_at", "reported_by", "as_of_sequence":
		default:
			return usage("--%s does not go with --release: a release holds all of it, at the clocks that are asked for", strings.ReplaceAll(name, "_", "-"))
		}
	}
	return nil
}

// releaseFile downloads one file and takes its checksum. The first answer's clocks are asked for from then on.
func (k *carrying) releaseFile(ctx context.Context, server *client.Client, q *client.Query, f *interchange.ReleaseFile) error {
	ask := client.Query{Filter: map[string]string{}}
	for name, v := range q.Filter {
		if f.Name != "commands.jsonl" || name == "as_of_sequence" {
			ask.Filter[name] = v
		}
	}
	sum := sha256.New()
	return whole(filepath.Join(k.release.dir, f.Name), func(to io.Writer) error {
		counted := &counter{to: io.MultiWriter(to, sum)}
		header, err := server.Download(ctx, "/v1/"+f.Name, ask, counted)
		if err != nil {
			return err
		}
		q.Filter["as_of_sequence"], q.Filter["effective_at"] = header.Get("Truce-As-Of-Sequence"), firstGiven(q.Filter["effective_at"], header.Get("Truce-Effective-At"))
		delete(q.Filter, "known_at") // as_of_sequence says the same
		f.SHA256, f.Bytes = hex.EncodeToString(sum.Sum(nil)), counted.n
		return nil
	})
}

func firstGiven(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

// describeRelease writes what goes with the data, and the checksums of all of it last.
func (k *carrying) describeRelease(about interchange.Release) error {
	pack, err := about.DataPackage()
	if err != nil {
		return err
	}
	sums := ""
	for _, f := range about.Files {
		sums += f.SHA256 + "  " + f.Name + "\n"
	}
	for _, f := range []struct{ name, text string }{
		{"CODEBOOK.md", about.Codebook()}, {"CITATION.cff", about.Citation()}, {"LICENCE", about.Licence + "\n"}, {"datapackage.json", string(pack) + "\n"},
	} {
		sum := sha256.Sum256([]byte(f.text))
		sums += hex.EncodeToString(sum[:]) + "  " + f.name + "\n"
		if err := os.WriteFile(filepath.Join(k.release.dir, f.name), []byte(f.text), 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(k.release.dir, "SHA256SUMS"), []byte(sums), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(k.stdout, "version %s, as of entry %s, in %s\n", about.Version, about.AsOf, k.release.dir)
	return err
}
