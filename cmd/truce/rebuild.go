package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"truceledger/projections"
)

func (p *program) rebuildVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "rebuild",
		Short:   "Rebuild a running server's projections",
		GroupID: groupProof,
		Args:    cobra.NoArgs,
		Long: `Make a running server rebuild its projections from the log, beside the serving ones, and swap them. Questions are answered
all the while. Ctrl-C stops waiting, not the rebuilding.`,
		Example: "  truce rebuild",
	}
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := p.client()
		if err != nil {
			return err
		}
		fmt.Fprintln(p.stderr, "rebuilding; the old projections serve until the new ones have caught up")
		states, err := client.Rebuild(c.Context())
		switch {
		case err != nil:
			return err
		case *out == outputJSON:
			return p.printJSON(map[string]any{"projections": states})
		}
		return p.reportRebuild(states)
	}
	return c
}

func (p *program) reportRebuild(states []projections.ProjectionState) error {
	var rows [][]string
	for _, s := range states {
		rows = append(rows, []string{s.Name, number(s.Sequence), short(s.Digest)})
	}
	return p.printTable([]column{{"projection", 20}, {"entries", 10}, {"digest", 20}}, rows)
}
