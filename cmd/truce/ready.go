package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// readyPatience bounds the wait for an answer: whoever asks, asks again.
const readyPatience = 5 * time.Second

func (p *program) readyVerb() *cobra.Command {
	c := &cobra.Command{
		Use: "ready", Short: "Ask whether a server answers questions", GroupID: groupProof, Args: cobra.NoArgs,
		Long: `Ask a server whether it answers questions and takes commands, as /readyz does, and print it in one line. Exits with 0 when
questions are answered, with 1 when they are not or nobody answers within five seconds: what a container's health check or a
script that waits for a start needs. That no commands are taken is said and is no failure: starting the server again would
not mend a full disk, and takes the answers away.`,
		Example: "  truce ready\n  until truce ready; do sleep 1; done",
	}
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		ctx, cancel := context.WithTimeout(c.Context(), readyPatience)
		defer cancel()
		server, err := p.client()
		if err != nil {
			return err
		}
		state, err := server.Ready(ctx)
		if err != nil {
			return err
		}
		if *out == outputJSON {
			return p.printJSON(state)
		}
		_, err = fmt.Fprintf(p.stdout, "ready, writable %t, at %d, %d behind\n", state.Writable, state.Sequence, state.Lag)
		return err
	}
	return c
}
