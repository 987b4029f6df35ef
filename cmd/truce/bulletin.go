package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/api/bulletin"
	"truceledger/api/client"
)

func (p *program) bulletinVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "bulletin DATE",
		Short:   "Write the daily bulletin of a monitoring centre",
		GroupID: groupRead,
		Args:    cobra.ExactArgs(1),
		Long: `Write a day's bulletin: how the ceasefires stand, the incidents by area and type beside those of the window before and since
the last recommitment, what parties did, inquiries opened and closed, and what ends within a week.`,
		Example: "  truce bulletin 2016-05-04 --zone Asia/Damascus --lang ar\n  truce bulletin 2016-05-04 --zone Asia/Damascus --close 19:30 --compare russia,united-states --format html --out bulletin.html",
	}
	values := map[string]*string{}
	flag := func(name, value, doc string) {
		values[name] = c.Flags().String(strings.ReplaceAll(name, "_", "-"), value, doc)
	}
	flag("zone", "UTC", "The `zone` of the day and of every time in the bulletin.")
	flag("close", "", "When the window closes, such as 19:30; by default midnight at the end of the day.")
	flag("lang", "en", "The `language`: "+strings.Join(bulletin.Languages, ", ")+".")
	flag("format", "md", "md, html or json.")
	flag("compare", "", "Two `actors`, joined by a comma, whose counts stand side by side.")
	flag("known_at", "", "Answer from what the ledger had recorded by this `instant`.")
	flag("reported_by", "", "Answer from what sources had published by this `instant`.")
	flag("as_of_sequence", "", "Answer from the first `N` entries of the log.")
	out := c.Flags().String("out", "", "Write to this `FILE` instead of standard output.")
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		server, err := p.client()
		if err != nil {
			return err
		}
		q := client.Query{Filter: map[string]string{"date": args[0]}}
		for name, v := range values {
			if *v != "" {
				q.Filter[name] = *v
			}
		}
		body, err := server.Raw(c.Context(), "/v1/bulletin", q)
		if err != nil {
			return p.reachable(err)
		}
		if *out != "" {
			return whole(*out, func(to io.Writer) error { _, err := to.Write(body); return err })
		}
		_, err = p.stdout.Write(body)
		return err
	}
	return c
}
