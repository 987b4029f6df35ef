package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
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
	r.filter(c, "effective_at", "instant", "Answer for what had happened by this `instant` (RFC 3339); by default now.")
	r.filter(c, "known_at", "instant", "Answer from what the ledger had recorded by this `instant`; by default everything.")
	r.filter(c, "reported_by", "instant", "Answer from what sources had published by this `instant`; by default no limit.")
	r.filter(c, "as_of_sequence", "n", "Answer from the first `N` entries of the log; instead of --known-at.")
	r.filter(c, "min_sequence", "n", "Wait until the server has read to entry `N`: your own last write.")
	r.out = p.outputFlag(c)
	p.clientFlags(c)
	return r
}

// filter declares a flag that goes into the query as it is.
func (r *reading) filter(c *cobra.Command, parameter, _, doc string) {
	r.values[parameter] = c.Flags().String(strings.ReplaceAll(parameter, "_", "-"), "", doc)
}

func (r *reading) limitFlag(c *cobra.Command) {
	c.Flags().IntVar(&r.limit, "limit", 0, "Show at most `N`; by default all.")
}

// query is what was given.
func (r *reading) query() url.Values {
	q := url.Values{}
	for parameter, v := range r.values {
		if *v != "" {
			q.Set(parameter, *v)
		}
	}
	return q
}

// A page is one page of a collection, its items as they came.
type page struct {
	Items      []json.RawMessage `json:"items"`
	NextCursor string            `json:"next_cursor"`
}

// mostPerPage is what the server gives at most.
const mostPerPage = 1000

// all reads a collection page by page, up to the limit.
func (r *reading) all(ctx context.Context, path string, q url.Values) (page, error) {
	client, err := r.client()
	if err != nil {
		return page{}, err
	}
	all := page{Items: []json.RawMessage{}}
	for {
		if r.limit < 0 {
			return page{}, usage("--limit %d: give a number above 0", r.limit)
		}
		q.Set("limit", strconv.Itoa(mostPerPage))
		if r.limit > 0 {
			q.Set("limit", strconv.Itoa(min(mostPerPage, r.limit-len(all.Items))))
		}
		_, raw, err := client.do(ctx, "GET", path, q, nil)
		if err != nil {
			return page{}, err
		}
		var next page
		if err := json.Unmarshal(raw, &next); err != nil {
			return page{}, err
		}
		all.Items, all.NextCursor = append(all.Items, next.Items...), next.NextCursor
		if next.NextCursor == "" || r.limit > 0 && len(all.Items) >= r.limit {
			return all, nil
		}
		q.Set("cursor", next.NextCursor)
	}
}

// one reads a single thing as it came.
func (r *reading) one(ctx context.Context, path string, q url.Values) ([]byte, error) {
	client, err := r.client()
	if err != nil {
		return nil, err
	}
	_, raw, err := client.do(ctx, "GET", path, q, nil)
	return raw, err
}
