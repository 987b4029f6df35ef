package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/access"
	"truceledger/api/interchange"
	"truceledger/api/wire"
	"truceledger/projections"
)

// importInput are the parameters of an import.
type importInput struct {
	Format         string `path:"format" doc:"The kind of table." example:"ucdp-ged"`
	Zone           string `query:"zone" doc:"The zone of the table's dates; by default the ledger's, marked assumed."`
	Ceasefires     string `query:"ceasefires" doc:"Ceasefires that every incident of the table cites, joined by commas."`
	DryRun         string `query:"dry_run" doc:"Tell what would be recorded, and record nothing." enum:"true,false"`
	RetractMissing string `query:"retract_missing" doc:"Retract what an earlier import of the format recorded and the table no longer has." enum:"true,false"`
}

func (a *API) importRoutes() {
	raw[importInput](a, huma.Operation{
		OperationID: "import", Method: http.MethodPost, Path: "/v1/import/{format}", Tags: []string{"imports"},
		Summary: "Put a table on the record: " + strings.Join(interchange.Formats(), ", "),
		Description: "The body is the table (text/csv or application/x-ndjson), or multipart/form-data with the parts mapping and file, in that order. " +
			"The answer is JSON Lines while the table is read: progress, quarantined rows with the reason, what a dry run would record, done or failed. " +
			"The same table again stores nothing.",
	}, "application/x-ndjson", a.importTable)
}

// mostMapping bounds a mapping, which is held in memory.
const mostMapping = 256 << 10

func (a *API) importTable(w http.ResponseWriter, r *http.Request) {
	im, table, p := a.importer(w, r)
	if p != nil {
		answerProblem(w, p)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close") // what is left unread of a table would stand before the next request
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // the answer begins before the table has ended
	out := json.NewEncoder(deadlined{w, control, a.limits.write})
	im.Tell = func(report interchange.Report) {
		_ = out.Encode(report) // a caller who reads no more ends the request's context, and with it the import
		if report.Type == "progress" {
			_ = control.Flush()
		}
	}
	if total, err := im.Run(r.Context(), table); err != nil {
		a.importFailed(r, out, total, err)
	}
	_, _ = io.CopyN(io.Discard, r.Body, mostUnread) // a connection cut with data on its way may lose the answer
}

// mostUnread is how much of a table that failed is still taken off the line.
const mostUnread = 64 << 20

// importFailed says in the last line why an import ended early, and what was done by then: the status went out with the first.
func (a *API) importFailed(r *http.Request, out *json.Encoder, total interchange.Summary, err error) {
	p := a.fail(r.Context(), err)
	_ = out.Encode(wire.ImportReport{Type: "failed", Summary: &total, Problem: p})
}

// importer reads what is asked for, up to where the table begins.
func (a *API) importer(w http.ResponseWriter, r *http.Request) (*interchange.Importer, io.Reader, *wire.Problem) {
	q := r.URL.Query()
	yesNo := []string{"true", "false"}
	var p *wire.Problem
	switch err := firstError(oneOf("dry_run", q.Get("dry_run"), yesNo), oneOf("retract_missing", q.Get("retract_missing"), yesNo)); {
	case errors.As(err, &p):
		return nil, nil, p
	case a.ReadOnly:
		return nil, nil, a.readOnly()
	}
	if p := a.readiness.check(r.Context(), a); p != nil {
		return nil, nil, p
	}
	s := interchange.Settings{Zone: q.Get("zone")}
	if list := q.Get("ceasefires"); list != "" {
		s.Ceasefires = strings.Split(list, ",")
	}
	table, p := a.table(w, r, &s)
	if p != nil {
		return nil, nil, p
	}
	f, err := interchange.NewFormat(r.PathValue("format"), s)
	if err != nil {
		return nil, nil, problem(http.StatusBadRequest, "bad-import", "%s", err)
	}
	return &interchange.Importer{
		Ledger: authorised{readingLedger{a.ledger, projections.ReaderOf(r.Context())}, a}, Models: a.queries, Principal: access.From(r.Context()).Principal(), Format: f,
		DryRun: q.Get("dry_run") == "true", RetractMissing: q.Get("retract_missing") == "true",
	}, table, nil
}

// table finds the table in the body. A table takes as long as it takes, as long as it keeps coming.
func (a *API) table(w http.ResponseWriter, r *http.Request, s *interchange.Settings) (io.Reader, *wire.Problem) {
	control := http.NewResponseController(w)
	r.Body = struct {
		io.Reader
		io.Closer
	}{patient{r.Body, control}, r.Body}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && (kind == "text/csv" || kind == "application/x-ndjson" || kind == "text/tab-separated-values"):
		return r.Body, nil
	case err == nil && kind == "multipart/form-data":
		return formTable(r, s)
	}
	return nil, problem(http.StatusUnsupportedMediaType, "not-a-table", "send the table as text/csv, application/x-ndjson or multipart/form-data")
}

func formTable(r *http.Request, s *interchange.Settings) (io.Reader, *wire.Problem) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, problem(http.StatusBadRequest, "unreadable", "the form cannot be read: %s", err)
	}
	for {
		var part *multipart.Part
		if part, err = parts.NextPart(); err != nil {
			return nil, problem(http.StatusBadRequest, "unreadable", "the form has no part named file")
		}
		switch part.FormName() {
		case "file":
			return part, nil
		case "mapping":
			var text bytes.Buffer
			n, err := io.Copy(&text, io.LimitReader(part, mostMapping+1))
			if err != nil || n > mostMapping {
				return nil, problem(http.StatusBadRequest, "unreadable", "the mapping cannot be read, or is larger than %d bytes", mostMapping)
			}
			s.Mapping = text.Bytes()
		default:
			return nil, problem(http.StatusBadRequest, "unreadable", "the form has an unknown part %q: there are mapping and file", clip(part.FormName()))
		}
	}
}

// patient gives every read a deadline of its own: a long table may take its time, a caller who sends nothing may not.
type patient struct {
	r       io.Reader
	control *http.ResponseController
}

func (p patient) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(time.Minute))
	return p.r.Read(b)
}
