package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"truceledger/api/client"
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
		server, err := p.client()
		if err != nil {
			return err
		}
		fmt.Fprintln(p.stderr, "rebuilding; the old projections serve until the new ones have caught up")
		shown := p.showRebuild(c.Context(), server)
		states, err := server.Rebuild(c.Context())
		shown()
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

// showRebuild shows on standard error how far the server has come, until the returned function is called.
func (p *program) showRebuild(ctx context.Context, server *client.Client) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	bar := p.progress("entries")
	var running sync.WaitGroup
	running.Go(func() {
		defer bar.end()
		for every := time.NewTicker(bar.interval); ; {
			select {
			case <-every.C:
			case <-ctx.Done():
				every.Stop()
				return
			}
			if r, err := server.Ready(ctx); err == nil && r.Filling != nil && r.Filling.Doing == projections.Rebuilding {
				bar.told(r.Filling.Done, r.Filling.Of)
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

func (p *program) reportRebuild(states []projections.ProjectionState) error {
	var rows [][]string
	for _, s := range states {
		rows = append(rows, []string{s.Name, number(s.Sequence), short(s.Digest)})
	}
	return p.printTable([]column{{"projection", 20}, {"entries", 10}, {"digest", 20}}, rows)
}
