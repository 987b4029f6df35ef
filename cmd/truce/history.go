package main

import (
	"github.com/spf13/cobra"

	"truceledger/projections"
)

func (p *program) historyVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "history KIND/ID",
		Short:   "Tell a record's history",
		Long:    "Tell every entry that touches a record, in the order in which they were recorded. What was corrected stays visible; a correction says which fields it changes, adds and drops.",
		Example: "  truce history ceasefire/aleppo-silence",
		Args:    cobra.ExactArgs(1),
	}
	r := p.newReading(c)
	r.limitFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		path, err := recordPath(args[0])
		if err != nil {
			return err
		}
		all, err := r.all(c.Context(), path+"/history")
		if err != nil {
			return err
		}
		if *r.out == outputJSON {
			return r.printJSON(all)
		}
		return r.table(all, []column{{"entry", 7}, {"occurred", 16}, {"recorded (UTC)", 16}, {"what", 54}}, rowOf(historyRow), "no entries on these clocks")
	}
	return c
}

func historyRow(v projections.HistoryItem) []string {
	return []string{number(v.Sequence), told(v.Occurred), v.RecordedAt.UTC().Format("2006-01-02 15:04"), v.Sentence + historyNotes(v)}
}

// historyNotes says what has become of an entry.
func historyNotes(v projections.HistoryItem) string {
	notes := ""
	if v.CorrectedBy != 0 {
		notes += " [corrected by entry " + number(v.CorrectedBy) + "]"
	}
	if v.RetractedBy != 0 {
		notes += " [retracted by entry " + number(v.RetractedBy) + "]"
	}
	for _, f := range v.Flags {
		notes += " [" + string(f) + "]"
	}
	return notes
}
