package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/api/interchange"
	"truceledger/api/wire"
)

func (p *program) importVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "import FORMAT FILE",
		Short:   "Put a table that others keep on the record",
		GroupID: groupSend,
		Args:    cobra.ExactArgs(2),
		Long: `Put a table on the record: ` + strings.Join(interchange.Formats(), ", ") + `; FILE may be - for standard input. The places, actors
and sources that rows name are registered. The same table again stores nothing; a changed row becomes a correction, and a row
that is gone a retraction only with --retract-missing. Rows that cannot be taken go to a quarantine file with the reason, the others are
recorded, and the last line says how many. An import that was cut off goes on where it stopped when it is
run again. truce takes what truce export --format jsonl writes: incidents and what they name, no ceasefires. A whole ledger is
carried over with truce export --format commands and truce apply.`,
		Example: "  truce import ucdp-ged ged.csv --zone Asia/Damascus\n  truce import csv ours.csv --mapping ours.yaml --dry-run",
	}
	i := client.Import{}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&i.Zone, "zone", "", "The `zone` of the table's dates; by default the ledger's, marked assumed.")
	f.StringSliceVar(&i.Ceasefires, "ceasefire", nil, "A `ceasefire` that every incident of the table cites; may be repeated.")
	mapping := f.String("mapping", "", "For csv: the YAML `FILE` that says what the columns mean.")
	f.BoolVar(&i.DryRun, "dry-run", false, "Show the commands that would be recorded, one a line, and record nothing.")
	f.BoolVar(&i.RetractMissing, "retract-missing", false, "Retract what an earlier import recorded and the table no longer has. Not for an extract of it!")
	quarantine := f.String("quarantine", "", "Write the rows that cannot be taken to this `FILE`; by default FILE.quarantine.csv, for standard input import.quarantine.csv.")
	p.clientFlags(c)
	c.ValidArgsFunction = cobra.FixedCompletions(interchange.Formats(), cobra.ShellCompDirectiveDefault)
	c.RunE = func(c *cobra.Command, args []string) error {
		i.Format = args[0]
		if *mapping != "" {
			text, err := os.ReadFile(*mapping)
			if err != nil {
				return usage("--mapping: %w", err)
			}
			i.Mapping = text
		}
		if *quarantine == "" {
			*quarantine = quarantineName(args[1])
		}
		return p.importFile(c.Context(), i, args[1], *quarantine)
	}
	return c
}

// importFile sends the file and tells what became of it.
func (p *program) importFile(ctx context.Context, i client.Import, name, quarantine string) error {
	server, err := p.client()
	if err != nil {
		return err
	}
	table, size, err := p.openTable(name)
	if err != nil {
		return err
	}
	defer table.Close()
	bad := &quarantined{name: quarantine}
	bar := p.progress("rows")
	i.Tell = func(r wire.ImportReport) {
		switch r.Type {
		case "progress":
			bar.at(partOf(r.Bytes, size), int64(r.Summary.Rows))
		case "quarantined":
			bad.add(r)
		case "would":
			bar.end()
			fmt.Fprintln(p.stdout, p.plan(r))
		}
	}
	total, err := server.Import(ctx, i, table)
	bar.end()
	err = errors.Join(err, bad.close())
	switch {
	case err != nil && total.Rows > 0:
		return fmt.Errorf("%w; %s", p.reachable(err), importWords(i, total))
	case err != nil:
		return p.reachable(err)
	case bad.rows > 0:
		_, err = fmt.Fprintf(p.stderr, "%s; the rows in quarantine stand in %s, each with its reason: mend them and import that\n", importWords(i, total), bad.name)
	default:
		_, err = fmt.Fprintln(p.stderr, importWords(i, total)) // not where a dry run's commands stand
	}
	return err
}

// partOf is how much of a file of this size was read; below zero where the size is not known.
func partOf(read, size int64) float64 {
	if size <= 0 {
		return -1
	}
	return float64(read) / float64(size)
}

func (p *program) plan(r wire.ImportReport) string {
	if r.Command == nil {
		return `{"` + r.Action + `":"` + r.Record + `"}`
	}
	return string(r.Command)
}

func (p *program) openTable(name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(p.stdin), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, usageError{err}
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// importWords sums up what became of the rows.
func importWords(i client.Import, s wire.ImportSummary) string {
	words := fmt.Sprintf("%d rows: %d recorded, %d corrected, %d reinstated, %d unchanged, %d in quarantine; %d retracted, %d registered, %d entries",
		s.Rows, s.Stored, s.Corrected, s.Reinstated, s.Unchanged, s.Quarantined, s.Retracted, s.Registered, s.Entries)
	if i.DryRun {
		words += "; nothing was recorded, this was a dry run"
	}
	return words
}
