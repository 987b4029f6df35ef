package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"truceledger/api/wire"
)

// Download writes a file of the server's, such as /v1/incidents.csv, as it comes. The headers say at which clocks it is. An
// error after the first byte means that what was written is not all of it.
func (c *Client) Download(ctx context.Context, path string, q Query, to io.Writer) (http.Header, error) {
	response, err := c.open(ctx, request{method: http.MethodGet, path: path, query: q.values()})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(to, response.Body); err != nil {
		return nil, fmt.Errorf("the file %s broke off and is not complete: %w", path, err)
	}
	return response.Header, nil
}

// An Import says how a table is put on the record.
type Import struct {
	Format         string   // ucdp-ged, acled, pa-x, eth-prio, csv or truce
	Zone           string   // of the table's dates; by default the ledger's
	Ceasefires     []string // cited by every incident of the table
	Mapping        []byte   // for csv
	DryRun         bool
	RetractMissing bool
	Tell           func(wire.ImportReport) // is called for every line of the answer; nil for nothing
}

func (i Import) values() url.Values {
	v := url.Values{}
	set := func(name, value string, given bool) {
		if given {
			v.Set(name, value)
		}
	}
	set("zone", i.Zone, i.Zone != "")
	set("ceasefires", strings.Join(i.Ceasefires, ","), len(i.Ceasefires) > 0)
	set("dry_run", "true", i.DryRun)
	set("retract_missing", "true", i.RetractMissing)
	return v
}

// Import sends a table and reads what becomes of its rows while it is sent. It is not tried again: whoever calls it again
// with the same table goes on where it stopped, because the server stores no row twice.
func (c *Client) Import(ctx context.Context, i Import, table io.Reader) (wire.ImportSummary, error) {
	body, content := i.body(table)
	defer body.Close()
	target := c.base.JoinPath("/v1/import/" + i.Format)
	target.RawQuery = i.values().Encode()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), body)
	if err != nil {
		return wire.ImportSummary{}, err
	}
	q.Header.Set("Content-Type", content)
	response, err := c.o.HTTP.Do(q)
	if err != nil {
		return wire.ImportSummary{}, fmt.Errorf("the server at %s cannot be reached, or has closed the connection: %w", c.base, err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return wire.ImportSummary{}, readProblem(response)
	}
	return i.follow(response.Body)
}

// body is the table, after the mapping where there is one.
func (i Import) body(table io.Reader) (io.ReadCloser, string) {
	if i.Mapping == nil {
		content := "text/csv"
		if i.Format == "truce" {
			content = "application/x-ndjson"
		}
		return io.NopCloser(table), content
	}
	out, in := io.Pipe()
	form := multipart.NewWriter(in)
	go func() {
		err := form.WriteField("mapping", string(i.Mapping))
		var part io.Writer
		if err == nil {
			part, err = form.CreateFormFile("file", "table.csv")
		}
		if err == nil {
			_, err = io.Copy(part, table)
		}
		if err == nil {
			err = form.Close()
		}
		in.CloseWithError(err)
	}()
	return out, form.FormDataContentType()
}

func (i Import) follow(answer io.Reader) (wire.ImportSummary, error) {
	lines := bufio.NewReaderSize(answer, 64<<10)
	var last wire.ImportSummary
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return last, fmt.Errorf("the import broke off; run it again, it goes on where it stopped: %w", err)
		}
		var r wire.ImportReport
		if err := json.Unmarshal(line, &r); err != nil {
			return last, fmt.Errorf("the answer to the import cannot be read: %w", err)
		}
		if i.Tell != nil {
			i.Tell(r)
		}
		if r.Summary != nil {
			last = *r.Summary
		}
		switch {
		case r.Problem != nil:
			return last, r.Problem
		case r.Type == "done":
			return last, nil
		}
	}
}

// Snapshots names the files that a backup takes from the server, because it has them open.
func (c *Client) Snapshots(ctx context.Context) ([]string, error) {
	answer, err := Get[struct {
		Items []string `json:"items"`
	}](ctx, c, "/v1/admin/snapshots", Query{})
	return answer.Items, err
}

// Snapshot writes a consistent copy of such a file to w.
func (c *Client) Snapshot(ctx context.Context, name string, w io.Writer) error {
	response, err := c.open(ctx, request{method: http.MethodGet, path: "/v1/admin/snapshots/" + url.PathEscape(name), lasts: true})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(w, response.Body); err != nil {
		return fmt.Errorf("the answer of %s broke off: %w", c.base.Host, err)
	}
	return nil
}
