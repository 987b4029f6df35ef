package main

import (
	"encoding/json"
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
		_, raw, err := client.do(c.Context(), "POST", "/v1/admin/rebuild", nil, nil)
		if err != nil {
			return err
		}
		if *out == outputJSON {
			return p.printRaw(raw)
		}
		return p.reportRebuild(raw)
	}
	return c
}

func (p *program) reportRebuild(raw []byte) error {
	var rebuilt struct{ Projections []projections.ProjectionState }
	if err := json.Unmarshal(raw, &rebuilt); err != nil {
		return err
	}
	var rows [][]string
	for _, s := range rebuilt.Projections {
		rows = append(rows, []string{s.Name, number(s.Sequence), short(s.Digest)})
	}
	return p.printTable([]column{{"projection", 20}, {"entries", 10}, {"digest", 20}}, rows)
}
