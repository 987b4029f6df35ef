package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"truceledger/domain/when"
)

const (
	outputTable = "table"
	outputJSON  = "json"
)

// An outputValue is the flag --output.
type outputValue struct{ value *string }

func (o outputValue) String() string { return *o.value }
func (o outputValue) Type() string   { return "table|json" }

func (o outputValue) Set(s string) error {
	if !slices.Contains([]string{outputTable, outputJSON}, s) {
		return fmt.Errorf("it must be table or json")
	}
	*o.value = s
	return nil
}

func (p *program) outputFlag(c *cobra.Command) *string {
	out := outputTable
	c.Flags().VarP(outputValue{&out}, "output", "o", "A table for people, or json for programs.")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{outputTable, outputJSON}, cobra.ShellCompDirectiveNoFileComp))
	return &out
}

// printRaw writes JSON as it came, on lines of its own.
func (p *program) printRaw(raw []byte) error {
	_, err := p.stdout.Write(append(bytes.TrimSpace(raw), '\n'))
	return err
}

func (p *program) printJSON(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.printRaw(raw)
}

// A column of a table: its title, and how wide it may be before it wraps.
type column struct {
	title string
	width int
}

// printTable writes rows that stay readable in 100 columns. A line break in a cell is the caller's own. Nothing but spaces stands between columns, so that cut and grep
// work on it.
func (p *program) printTable(columns []column, rows [][]string) error {
	t := table.NewWriter()
	t.SetStyle(plainStyle())
	header, configs := table.Row{}, []table.ColumnConfig{}
	for i, c := range columns {
		header = append(header, c.title)
		configs = append(configs, table.ColumnConfig{Number: i + 1, WidthMax: max(c.width, longestWord(rows, i)), WidthMaxEnforcer: wrap})
	}
	if columns[0].title != "" {
		t.AppendHeader(header)
	}
	t.SetColumnConfigs(configs)
	for _, row := range rows {
		cells := table.Row{}
		for _, cell := range row {
			cells = append(cells, visibleLines(cell))
		}
		t.AppendRow(cells)
	}
	for line := range strings.Lines(t.Render() + "\n") {
		if _, err := fmt.Fprintln(p.stdout, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// longestWord is how wide a column must be at least.
func longestWord(rows [][]string, i int) int {
	longest := 0
	for _, row := range rows {
		for word := range strings.FieldsSeq(row[i]) {
			longest = max(longest, text.StringWidthWithoutEscSequences(word))
		}
	}
	return longest
}

// wrap breaks lines between words only, so that an id can be copied whole, and keeps the breaks that are there.
func wrap(cell string, width int) string {
	var lines []string
	for given := range strings.SplitSeq(cell, "\n") {
		line := ""
		for word := range strings.FieldsSeq(given) {
			if line != "" && text.StringWidthWithoutEscSequences(line+" "+word) > width {
				lines, line = append(lines, line), ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func plainStyle() table.Style {
	s := table.StyleDefault
	s.Options = table.OptionsNoBordersAndSeparators
	s.Box.PaddingLeft, s.Box.PaddingRight = "", "  "
	return s
}

// told tells bounds in their own zone, with its name: the rows of one table may be hours apart that read alike without it.
func told(b *when.Bounds) string {
	if b == nil {
		return ""
	}
	return b.String()
}

// toldIn tells bounds in the given zone, without its name, for a table that has a column for it.
func toldIn(b *when.Bounds, zone string) string {
	if b == nil || b.IsZero() {
		return ""
	}
	in := *b
	if _, err := when.LoadZone(zone); err == nil && zone != "" {
		in.Zone = zone
	}
	return strings.TrimSuffix(strings.TrimSuffix(in.String(), " UTC"), " "+in.Zone)
}
