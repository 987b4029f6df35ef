package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/projections"
)

// A Query says at which clocks, and of which part, an answer is wanted. The zero Query asks for all of it, now.
type Query struct {
	projections.Clock
	projections.Paging
	MinSequence uint64            // wait until the answer holds this sequence
	Filter      map[string]string // the route's own parameters, such as status or area
}

func (q Query) values() url.Values {
	v := url.Values{}
	for name, value := range q.Filter {
		v.Set(name, value)
	}
	for name, t := range map[string]*time.Time{"effective_at": q.Effective, "known_at": q.KnownAt, "reported_by": q.ReportedBy} {
		if t != nil {
			v.Set(name, t.Format(time.RFC3339Nano))
		}
	}
	if q.AsOfSequence != nil {
		v.Set("as_of_sequence", strconv.FormatUint(*q.AsOfSequence, 10))
	}
	if q.MinSequence > 0 {
		v.Set("min_sequence", strconv.FormatUint(q.MinSequence, 10))
	}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// Raw asks a GET route and returns the answer's bytes.
func (c *Client) Raw(ctx context.Context, path string, q Query) (json.RawMessage, error) {
	_, body, err := c.send(ctx, request{method: http.MethodGet, path: path, query: q.values()})
	return body, err
}

// Get asks a GET route and reads the answer into a T.
func Get[T any](ctx context.Context, c *Client, path string, q Query) (answer T, err error) {
	body, err := c.Raw(ctx, path, q)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return answer, fmt.Errorf("the answer of %s cannot be read: %w", path, err)
	}
	return answer, nil
}

// All yields every item of a collection, page after page. The clocks that q leaves open may move between pages: set them
// where that matters.
func All[T any](ctx context.Context, c *Client, path string, q Query) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			page, err := Get[projections.Page[T]](ctx, c, path, q)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if q.Cursor = page.NextCursor; q.Cursor == "" {
				return
			}
		}
	}
}

// Record asks for one record of any kind, as the server writes it.
func (c *Client) Record(ctx context.Context, r domain.Ref, q Query) (json.RawMessage, error) {
	return c.Raw(ctx, wire.Location(r), q)
}

// Records asks for a page of a kind of records, as the server writes it.
func (c *Client) Records(ctx context.Context, k domain.Kind, q Query) (json.RawMessage, error) {
	return c.Raw(ctx, "/v1/"+wire.Collection(k), q)
}

// History asks for a page of the entries that touch a record.
func (c *Client) History(ctx context.Context, r domain.Ref, q Query) (projections.Page[projections.HistoryItem], error) {
	return Get[projections.Page[projections.HistoryItem]](ctx, c, wire.Location(r)+"/history", q)
}

// Ceasefire asks for one ceasefire.
func (c *Client) Ceasefire(ctx context.Context, id string, q Query) (projections.CeasefireView, error) {
	return Get[projections.CeasefireView](ctx, c, wire.Location(domain.Ref{Kind: domain.KindCeasefire, ID: id}), q)
}

// Ceasefires asks for a page of ceasefires.
func (c *Client) Ceasefires(ctx context.Context, q Query) (projections.Page[projections.CeasefireView], error) {
	return Get[projections.Page[projections.CeasefireView]](ctx, c, "/v1/ceasefires", q)
}

// Incidents asks for a page of incidents.
func (c *Client) Incidents(ctx context.Context, q Query) (projections.Page[projections.IncidentView], error) {
	return Get[projections.Page[projections.IncidentView]](ctx, c, "/v1/incidents", q)
}

// IncidentCounts asks for counts by some of day, place, type, status and accused.
func (c *Client) IncidentCounts(ctx context.Context, by []string, q Query) (projections.Page[projections.CountRow], error) {
	filter := map[string]string{}
	for name, value := range q.Filter {
		filter[name] = value
	}
	if len(by) > 0 {
		filter["by"] = strings.Join(by, ",")
	}
	q.Filter = filter
	return Get[projections.Page[projections.CountRow]](ctx, c, "/v1/incidents/counts", q)
}

// Calendar asks for a page of coming starts, ends, lapses, gaps and overlaps.
func (c *Client) Calendar(ctx context.Context, q Query) (projections.Page[projections.CalendarItem], error) {
	return Get[projections.Page[projections.CalendarItem]](ctx, c, "/v1/calendar", q)
}

// Entries yields the exact bytes of the log's entries after the given sequence, all that are stored by now. A stream that
// breaks off goes on where it stopped.
func (c *Client) Entries(ctx context.Context, after uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for failures := 0; ; {
			got, err := c.someEntries(ctx, after, yield)
			after += got
			if got > 0 {
				failures = 0
			}
			failures++
			wait, again := c.again(err, failures)
			if err == errEnough || err == nil {
				return
			}
			if !again || ctx.Err() != nil {
				yield(nil, err)
				return
			}
			sleep(ctx, wait)
		}
	}
}

var errEnough = fmt.Errorf("the caller has enough")

// someEntries yields entries until the answer ends or breaks off, and returns how many came whole.
func (c *Client) someEntries(ctx context.Context, after uint64, yield func([]byte, error) bool) (got uint64, err error) {
	response, err := c.open(ctx, request{
		method: http.MethodGet, path: "/v1/entries", query: url.Values{"after": {strconv.FormatUint(after, 10)}},
	})
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	lines := bufio.NewReaderSize(response.Body, 128<<10)
	for {
		line, err := lines.ReadBytes('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return got, nil
		case err != nil:
			return got, fmt.Errorf("the log broke off after entry %d: %w", after+got, err)
		}
		got++
		if !yield(line[:len(line)-1], nil) {
			return got, errEnough
		}
	}
}
