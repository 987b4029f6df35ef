package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"truceledger/api/alert"
	"truceledger/api/client"
)

// alertsVerb is for the operator of a server that runs with --alerts.
func (p *program) alertsVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "alerts",
		Short:   "List who is told of lapses and allegations; mend what could not be delivered",
		GroupID: groupProof,
		Args:    cobra.NoArgs,
		Long: `List the web addresses that are told of lapses, allegations and missing consents by a server that runs with --alerts. Its
verbs subscribe an address, end a subscription, list what is on its way (pending) and what was given up (dead), and put that on its
way again.`,
		Example: "  truce alerts\n  truce alerts subscribe https://example.org/hook --kinds lapsed,about-to-lapse --before PT12H\n  truce alerts dead\n  truce alerts redeliver --all",
	}
	p.tells(c, func(ctx context.Context, s *client.Client, asJSON bool) error {
		list, err := s.Subscriptions(ctx)
		if err != nil || asJSON {
			return firstOf(err, func() error { return p.printJSON(map[string]any{"items": list}) })
		}
		return p.subscriptionTable(list)
	})
	c.AddCommand(p.subscribeVerb(), p.unsubscribeVerb(), p.deliveriesVerb("pending", "List the deliveries on their way", (*client.Client).Deliveries),
		p.deliveriesVerb("dead", "List the deliveries that were given up", (*client.Client).DeadLetters), p.redeliverVerb())
	return c
}

func firstOf(err error, otherwise func() error) error {
	if err != nil {
		return err
	}
	return otherwise()
}

// tells gives a verb the flags of one that asks the server and prints.
func (p *program) tells(c *cobra.Command, do func(ctx context.Context, s *client.Client, asJSON bool) error) {
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := p.client()
		if err != nil {
			return err
		}
		return p.alertsKept(do(c.Context(), s, *out == outputJSON))
	}
}

// alertsKept says what to do where the server keeps no alerts: it has no such address then.
func (p *program) alertsKept(err error) error {
	var no *client.Problem
	if errors.As(err, &no) && strings.HasPrefix(no.Detail, "there is nothing at") {
		return fmt.Errorf("this server tells nobody anything; start it with truce serve --alerts: %w", err)
	}
	return err
}

func (p *program) subscriptionTable(list []alert.Subscription) error {
	var rows [][]string
	for _, s := range list {
		kinds := strings.Join(s.Kinds, " ")
		if kinds == "" {
			kinds = "all"
		}
		rows = append(rows, []string{s.ID, s.URL, kinds, s.Area, s.Before, s.Created.UTC().Format(time.RFC3339)})
	}
	return p.printTable([]column{{"id", 16}, {"url", 40}, {"kinds", 20}, {"area", 12}, {"before", 8}, {"since", 20}}, rows)
}

func (p *program) subscribeVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "subscribe URL",
		Short:   "Tell a web address; prints the id, then the secret of the signatures, once",
		Args:    cobra.ExactArgs(1),
		Example: "  truce alerts subscribe https://example.org/hook --kinds violation-alleged --area aleppo",
	}
	var sub alert.Subscription
	f := c.Flags()
	f.StringSliceVar(&sub.Kinds, "kinds", nil, "Of `what`: "+strings.Join(alert.Kinds(), ", ")+"; by default all.")
	f.StringVar(&sub.Area, "area", "", "Only what concerns this `place`.")
	f.StringVar(&sub.Before, "before", "", "How `long` before its end a ceasefire is about to lapse; by default PT24H.")
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := p.client()
		if err != nil {
			return err
		}
		sub.URL = args[0]
		made, err := s.Subscribe(c.Context(), sub)
		if err != nil {
			return p.alertsKept(err)
		}
		_, err = fmt.Fprintf(p.stdout, "%s\n%s\n", made.ID, made.Secret)
		return err
	}
	return c
}

func (p *program) unsubscribeVerb() *cobra.Command {
	c := &cobra.Command{Use: "unsubscribe ID", Short: "End a subscription, and what is on its way to it", Args: cobra.ExactArgs(1), Example: "  truce alerts unsubscribe K5JQ"}
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := p.client()
		if err != nil {
			return err
		}
		return p.alertsKept(s.Unsubscribe(c.Context(), args[0]))
	}
	return c
}

func (p *program) deliveriesVerb(name, short string, list func(*client.Client, context.Context) ([]alert.Delivery, error)) *cobra.Command {
	c := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, Example: "  truce alerts " + name}
	p.tells(c, func(ctx context.Context, s *client.Client, asJSON bool) error {
		items, err := list(s, ctx)
		if err != nil || asJSON {
			return firstOf(err, func() error { return p.printJSON(map[string]any{"items": items}) })
		}
		var rows [][]string
		for _, d := range items {
			next := ""
			if !d.Next.IsZero() {
				next = d.Next.UTC().Format(time.RFC3339)
			}
			rows = append(rows, []string{d.ID, d.Subscription, d.Alert.Kind, d.Alert.Record, strconv.Itoa(d.Tries), next, d.Problem})
		}
		return p.printTable([]column{{"id", 16}, {"to", 16}, {"kind", 18}, {"record", 24}, {"tries", 5}, {"next", 20}, {"problem", 40}}, rows)
	})
	return c
}

func (p *program) redeliverVerb() *cobra.Command {
	c := &cobra.Command{Use: "redeliver [ID]...", Short: "Put dead letters on their way again", Example: "  truce alerts redeliver 7QZP\n  truce alerts redeliver --all"}
	all := c.Flags().Bool("all", false, "All of them.")
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, ids []string) error {
		if (len(ids) > 0) == *all {
			return usage("name the dead letters by their ids, or give --all")
		}
		s, err := p.client()
		if err != nil {
			return err
		}
		if *all {
			dead, err := s.DeadLetters(c.Context())
			if err != nil {
				return p.alertsKept(err)
			}
			for _, d := range dead {
				ids = append(ids, d.ID)
			}
		}
		for i, id := range ids {
			if err := s.Redeliver(c.Context(), id); err != nil {
				return p.alertsKept(fmt.Errorf("%s, after %d of %d: %w", id, i, len(ids), err))
			}
		}
		_, err = fmt.Fprintf(p.stdout, "%d on their way again\n", len(ids))
		return err
	}
	return c
}
