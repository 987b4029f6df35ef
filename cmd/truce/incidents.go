package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"truceledger/projections"
)

func (p *program) incidentsVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "incidents",
		Short:   "List or count incidents",
		Long:    "List incidents, or count them with --counts-by; several reports of one incident count once. Casualties of different sources are never added up.",
		Example: "  truce incidents --ceasefire aleppo-silence --status disputed\n  truce incidents --counts-by day,place",
		Args:    cobra.NoArgs,
	}
	r := p.newReading(c)
	r.limitFlag(c)
	for _, f := range [][2]string{
		{"ceasefire", "Only those said to breach this `ceasefire`."}, {"place", "Only those in this `place`."},
		{"type", "Only those of this `type`."}, {"status", "Only those with this `status`."},
		{"accused", "Only those that this `actor` is accused of."}, {"by", "Only those that this `actor` alleges. To count by day or place, use --counts-by."},
		{"duplicate", "true or false: only those that are, or are not, a second report of another incident."},
		{"since", "Only those that can have happened after this `instant` (RFC 3339)."},
		{"until", "Only those that can have happened before this `instant`."},
	} {
		r.filter(c, f[0], f[1])
	}
	by := c.Flags().StringSlice("counts-by", nil, "Count instead, by `day`, place, type, status or accused; several with commas.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		kind, err := collectionOf("incidents")
		if err != nil || len(*by) == 0 {
			return r.list(c, kind)
		}
		return r.counts(c, *by)
	}
	return c
}

// counts prints how many incidents there are by the given dimensions. The filter --by has no place beside them: the
// parameter names the dimensions.
func (r *reading) counts(c *cobra.Command, by []string) error {
	q := r.query()
	if q.Filter["by"] != "" {
		return usage("--by cannot be combined with --counts-by")
	}
	client, err := r.client()
	if err != nil {
		return err
	}
	counts, err := client.IncidentCounts(c.Context(), by, q)
	switch {
	case err != nil:
		return err
	case *r.out == outputJSON:
		return r.printJSON(counts)
	}
	return r.countTable(by, counts.Items)
}

func (r *reading) countTable(by []string, counts []projections.CountRow) error {
	var columns []column
	for _, dimension := range by {
		columns = append(columns, column{dimension, 24})
	}
	columns = append(columns, column{"incidents", 9}, column{"events", 9})
	var rows [][]string
	for _, n := range counts {
		var row []string
		for _, dimension := range by {
			row = append(row, visible(n.Key[dimension]))
		}
		rows = append(rows, append(row, fmt.Sprint(n.Incidents), fmt.Sprint(n.Events)))
	}
	return r.printTable(columns, rows)
}
