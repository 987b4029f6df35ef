package main

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/projections"
)

// readVerbs are the verbs that ask and change nothing.
func (p *program) readVerbs() []*cobra.Command {
	return []*cobra.Command{p.listVerb(), p.showVerb(), p.historyVerb(), p.incidentsVerb(), p.calendarVerb(), p.watchVerb()}
}

// A reading holds the flags of one read: the clocks, the filters and how to answer.
type reading struct {
	*program
	out    *string
	limit  int
	values map[string]*string // by query parameter
}

// newReading declares the flags that every read has.
func (p *program) newReading(c *cobra.Command) *reading {
	c.GroupID = groupRead
	r := &reading{program: p, values: map[string]*string{}}
	r.filter(c, "effective_at", "Answer for what had happened by this `instant`, such as 2016-05-06T12:00+03:00; by default now.")
	r.filter(c, "known_at", "Answer from what the ledger had recorded by this `instant`; by default everything.")
	r.filter(c, "reported_by", "Answer from what sources had published by this `instant`; by default no limit.")
	r.filter(c, "as_of_sequence", "Answer from the first `N` entries of the log; instead of --known-at.")
	r.filter(c, "min_sequence", "Wait until the server has read to entry `N`: your own last write.")
	r.out = p.outputFlag(c)
	p.clientFlags(c)
	return r
}

// filter declares a flag that goes into the query as it is.
func (r *reading) filter(c *cobra.Command, parameter, doc string) {
	r.values[parameter] = c.Flags().String(strings.ReplaceAll(parameter, "_", "-"), "", doc)
}

func (r *reading) limitFlag(c *cobra.Command) {
	c.Flags().IntVar(&r.limit, "limit", 0, "Show at most `N`; by default all.")
}

// query is what was given. The server reads the clocks, so that it says what is wrong with them.
func (r *reading) query() client.Query {
	q := client.Query{Filter: map[string]string{}}
	for parameter, v := range r.values {
		if *v != "" {
			q.Filter[parameter] = minute.ReplaceAllString(*v, "$1:00$2")
		}
	}
	return q
}

// minute is an instant as people write it, without seconds. RFC 3339, which the server keeps to, has them always.
var minute = regexp.MustCompile(`^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d)([Zz]|[+-]\d\d:\d\d)$`)

// mostPerPage is what the server gives at most.
const mostPerPage = 1000

// all reads a collection page by page, up to the limit. The items stay as they came.
func (r *reading) all(ctx context.Context, path string) (page projections.Page[json.RawMessage], err error) {
	if r.limit < 0 {
		return page, usage("--limit %d: give a number above 0", r.limit)
	}
	c, err := r.client()
	if err != nil {
		return page, err
	}
	page.Items = []json.RawMessage{}
	for q := r.query(); ; q.Cursor = page.NextCursor {
		q.Limit = mostPerPage
		if r.limit > 0 {
			q.Limit = min(mostPerPage, r.limit-len(page.Items))
		}
		next, err := client.Get[projections.Page[json.RawMessage]](ctx, c, path, q)
		if err != nil {
			return page, err
		}
		page.Items, page.NextCursor = append(page.Items, next.Items...), next.NextCursor
		if page.NextCursor == "" || r.limit > 0 && len(page.Items) >= r.limit {
			return page, nil
		}
	}
}

// one reads a single thing as it came.
func (r *reading) one(ctx context.Context, path string) ([]byte, error) {
	c, err := r.client()
	if err != nil {
		return nil, err
	}
	return c.Raw(ctx, path, r.query())
}
