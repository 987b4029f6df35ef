package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

func (p *program) watchVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "watch",
		Short:   "Show what is recorded as it is recorded",
		GroupID: groupRead,
		Args:    cobra.NoArgs,
		Long: `Show entries as they are recorded, and ceasefires whose status changes because time passes, a line each, until Ctrl-C. A
lost connection is taken up again without a gap. With --output json each line is an object {event, id, data}.`,
		Example: "  truce watch\n  truce watch --after 0 --output json",
	}
	after := c.Flags().String("after", "", "Begin after entry `N`; 0 is the first one. By default only what comes from now on.")
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		from, err := watchFrom(*after)
		if err != nil {
			return err
		}
		show := p.watchLine
		if *out == outputJSON {
			show = p.watchJSON
		}
		err = p.watch(c.Context(), from, show)
		if c.Context().Err() != nil {
			return nil // Ctrl-C is how it ends
		}
		return err
	}
	return c
}

// watchFrom reads the flag --after.
func watchFrom(after string) (uint64, error) {
	if after == "" {
		return client.FromNow, nil
	}
	n, err := strconv.ParseUint(after, 10, 63)
	if err != nil {
		return 0, usage("--after %q: give the number of an entry, or 0", after)
	}
	return n, nil
}

// watch follows the server. Once it has answered it may come and go; where nobody ever answered there is nothing to wait for.
func (p *program) watch(ctx context.Context, from uint64, show func(client.Event) error) error {
	c, err := p.client()
	if err != nil {
		return err
	}
	if _, err := c.Raw(ctx, "/healthz", client.Query{}); err != nil {
		return err
	}
	return c.Watch(ctx, from, show)
}

// watchJSON writes an event as one line of JSON.
func (p *program) watchJSON(e client.Event) error {
	return p.printJSON(struct {
		Event string          `json:"event"`
		ID    uint64          `json:"id"`
		Data  json.RawMessage `json:"data"`
	}{e.Type, e.ID, e.Data})
}

// watchLine tells an event in one line.
func (p *program) watchLine(e client.Event) error {
	line, err := describeStreamed(e)
	if err == nil && line != "" {
		_, err = fmt.Fprintln(p.stdout, visible(line))
	}
	return err
}

func describeStreamed(e client.Event) (string, error) {
	switch e.Type {
	case "entry":
		return describeEntry(e)
	case "clock":
		var v projections.CeasefireView
		err := json.Unmarshal(e.Data, &v)
		return fmt.Sprintf("time   ceasefire/%s is now %s", v.ID, status(v)), err
	}
	return "", nil // ceasefire: the entry before it says as much
}

func describeEntry(e client.Event) (string, error) {
	subject, err := eventstore.SubjectOf(e.Data)
	if err != nil {
		return "", err
	}
	entry, err := eventstore.Decode(eventstore.Message{Subject: subject, Payload: e.Data})
	if err != nil {
		return "", err
	}
	var events []string
	for _, ev := range entry.Events {
		events = append(events, eventstore.EventName(ev))
	}
	return fmt.Sprintf("%-6d %s: %s%s (%s)", e.ID, entry.Ref, entry.Command.Verb(), by(entry.Command), strings.Join(events, ", ")), nil
}

func by(c domain.Command) string {
	if c.Head().By == "" {
		return ""
	}
	return " by " + c.Head().By
}
