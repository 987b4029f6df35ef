package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

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
		client, err := p.client()
		if err != nil {
			return err
		}
		q := url.Values{}
		if *after != "" {
			q.Set("after", *after)
		}
		show := p.watchLine
		if *out == outputJSON {
			show = p.watchJSON
		}
		err = client.stream(c.Context(), q, show)
		if c.Context().Err() != nil {
			return nil // Ctrl-C is how it ends
		}
		return err
	}
	return c
}

// A streamed is one server-sent event.
type streamed struct {
	Event string          `json:"event"`
	ID    string          `json:"id,omitempty"`
	Data  json.RawMessage `json:"data"`
}

func (p *program) watchJSON(e streamed) error { return p.printJSON(e) }

// watchLine tells an event in one line.
func (p *program) watchLine(e streamed) error {
	line, err := describeStreamed(e)
	if err == nil && line != "" {
		_, err = fmt.Fprintln(p.stdout, line)
	}
	return err
}

func describeStreamed(e streamed) (string, error) {
	switch e.Event {
	case "entry":
		return describeEntry(e)
	case "clock":
		var v projections.CeasefireView
		err := json.Unmarshal(e.Data, &v)
		return fmt.Sprintf("time   ceasefire/%s is now %s", v.ID, status(v)), err
	}
	return "", nil // ceasefire: the entry before it says as much
}

func describeEntry(e streamed) (string, error) {
	subject, err := subjectOf(e.Data)
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
	return fmt.Sprintf("%-6s %s: %s%s (%s)", e.ID, entry.Ref, entry.Command.Verb(), by(entry.Command), strings.Join(events, ", ")), nil
}

func by(c domain.Command) string {
	if c.Head().By == "" {
		return ""
	}
	return " by " + c.Head().By
}
