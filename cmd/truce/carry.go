package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/api/client"
)

// exportFormats are the files that the server writes, by the name of their format.
var exportFormats = map[string]string{
	"csv": "incidents.csv", "xlsx": "incidents.xlsx", "jsonl": "incidents.jsonl", "geojson": "map.geojson", "ceasefires-csv": "ceasefires.csv",
	"atom": "ceasefires.atom", "ics": "calendar.ics", "commands": "commands.jsonl",
}

func exportFormatNames() []string {
	names := []string{"log"}
	for name := range exportFormats {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A carrying holds the flags of exports other than the log.
type carrying struct {
	*program
	format  *string
	values  map[string]*string // by query parameter
	release releaseFlags
}

// carryFlags declares them. Which filter goes with which file the server says: one that does not fit is refused by name.
func (p *program) carryFlags(c *cobra.Command) *carrying {
	k := &carrying{program: p, values: map[string]*string{}}
	k.format = c.Flags().String("format", "log", "What to write: "+strings.Join(exportFormatNames(), ", ")+".")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(exportFormatNames(), cobra.ShellCompDirectiveNoFileComp))
	for _, f := range [][2]string{
		{"effective_at", "Answer for what had happened by this `instant` (RFC 3339); by default now."},
		{"known_at", "Answer from what the ledger had recorded by this `instant`."}, {"reported_by", "Answer from what sources had published by this `instant`."},
		{"as_of_sequence", "Answer from the first `N` entries of the log."}, {"ceasefire", "Only incidents said to breach this `ceasefire`."},
		{"place", "Only incidents in this `place`."}, {"type", "Only incidents of this `type`."}, {"status", "Only those with this `status`."},
		{"accused", "Only incidents that this `actor` is accused of."}, {"by", "Only incidents that this `actor` alleges."},
		{"since", "Only incidents that can have happened after this `instant`."}, {"until", "Only incidents that can have happened before this `instant`."},
		{"area", "Only ceasefires that cover this `place`."}, {"actor", "Only ceasefires in which this `actor` has a role."}, {"class", "Only ceasefires of this `class`."},
		{"contested", "Only ceasefires that are, or are not, contested: true or false."},
		{"bom", "Tables: true begins with a byte order mark, for spreadsheets that need it."}, {"hxl", "Tables: true adds a row of HXL hashtags."},
	} {
		k.values[f[0]] = c.Flags().String(strings.ReplaceAll(f[0], "_", "-"), "", f[1])
	}
	k.release.declare(c)
	return k
}

func (k *carrying) query() client.Query {
	q := client.Query{Filter: map[string]string{}}
	for name, v := range k.values {
		if *v != "" {
			q.Filter[name] = *v
		}
	}
	return q
}

// run carries out what is not an export of the log; done is false for that.
func (k *carrying) run(ctx context.Context, out string) (done bool, err error) {
	file, known := exportFormats[*k.format]
	switch {
	case k.release.dir != "":
		return true, k.writeRelease(ctx)
	case *k.format == "log" && len(k.query().Filter) == 0:
		return false, nil
	case *k.format == "log":
		return true, usage("the log is exported whole: filters and clocks go with another --format, one of %s", strings.Join(exportFormatNames(), ", "))
	case !known:
		return true, usage("--format %q: one of %s", *k.format, strings.Join(exportFormatNames(), ", "))
	}
	server, err := k.client()
	if err != nil {
		return true, err
	}
	if out == "" {
		_, err = server.Download(ctx, "/v1/"+file, k.query(), k.stdout)
		return true, k.reachable(err)
	}
	return true, k.reachable(whole(out, func(to io.Writer) error {
		_, err := server.Download(ctx, "/v1/"+file, k.query(), to)
		return err
	}))
}

// whole writes beside the file and renames at the end: half a file must not look like a whole one.
func whole(name string, write func(io.Writer) error) (err error) {
	part := name + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return usageError{err}
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(part)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(part, name)
}
