package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"truceledger/projections"
)

func (p *program) calendarVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "calendar",
		Short:   "Show coming starts, ends, lapses, gaps and overlaps",
		Long:    "Show what is to come after the effective time: starts, ends, lapses, deadlines, gaps and overlaps.",
		Example: "  truce calendar\n  truce calendar --effective-at 2016-05-04T00:00:00Z --actor russia",
		Args:    cobra.NoArgs,
	}
	r := p.newReading(c)
	r.limitFlag(c)
	r.filter(c, "status", "Only ceasefires with this `status`.")
	r.filter(c, "area", "Only ceasefires that cover this `place` or one in it.")
	r.filter(c, "actor", "Only ceasefires in which this `actor` has a role.")
	r.filter(c, "class", "Only ceasefires of this `class`.")
	r.filter(c, "contested", "Only those whose status is contested: `true` or false.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		all, err := r.all(c.Context(), "/v1/calendar")
		if err != nil {
			return err
		}
		if *r.out == outputJSON {
			return r.printJSON(all)
		}
		return r.table(all, []column{{"when", 31}, {"what", 10}, {"ceasefire", 26}, {"", 28}}, rowOf(calendarRow), "nothing is to come")
	}
	return c
}

func calendarRow(v projections.CalendarItem) []string {
	return []string{v.At.String(), v.Kind, v.Ceasefire, v.Sentence}
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }
