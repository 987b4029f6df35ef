package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/bulletin"
)

// bulletinInput asks for a daily bulletin. Its effective time is the end of the window.
type bulletinInput struct {
	Date         string  `query:"date" doc:"The day, by the zone's clocks." example:"2016-05-04"`
	Zone         string  `query:"zone" doc:"The zone of the day and of every time in the bulletin." example:"Asia/Damascus"`
	Close        string  `query:"close" doc:"When the window closes; it opens 24 hours of the clock before. By default midnight at the end of the day." example:"19:30"`
	Language     string  `query:"lang" doc:"The language; by default en." enum:"en,ar,fr,ru"`
	Format       string  `query:"format" doc:"By default json." enum:"json,md,html"`
	Compare      string  `query:"compare" doc:"Two actors, joined by a comma, whose counts for the window stand side by side."`
	KnownAt      instant `query:"known_at" doc:"Keep what the ledger had recorded by then; by default everything."`
	ReportedBy   instant `query:"reported_by" doc:"Keep what its earliest source had published by then; by default no limit."`
	AsOfSequence count   `query:"as_of_sequence" doc:"Keep the log up to this sequence; replaces known_at."`
	Fresh
}

// bulletinTypes are the formats of a bulletin.
var bulletinTypes = map[string]string{"json": "application/json", "md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8"}

// bulletinPolicy lets the page have the style that stands in it.
const bulletinPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

func (a *API) bulletinRoutes() {
	op := huma.Operation{
		OperationID: "get-bulletin", Path: "/v1/bulletin", Summary: "The daily bulletin of a monitoring centre", Tags: []string{"exports"},
		Description: "JSON for programs; Markdown and a page that prints well for people, in four languages.",
	}
	a.describeProblems(&op)
	op.Method, op.SkipValidateParams = http.MethodGet, true
	content := map[string]*huma.MediaType{}
	for _, t := range bulletinTypes {
		content[t] = &huma.MediaType{Schema: &huma.Schema{}}
	}
	op.Responses["200"] = &huma.Response{Description: "OK", Content: content}
	type output struct {
		ContentType  string `header:"Content-Type"`
		CacheControl string `header:"Cache-Control"`
		Policy       string `header:"Content-Security-Policy"`
		Body         []byte
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *bulletinInput) (*output, error) {
		kind, body, err := a.bulletin(ctx, in)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		return &output{kind, noCache, bulletinPolicy, body}, nil
	})
}

func (a *API) bulletin(ctx context.Context, in *bulletinInput) (kind string, body []byte, err error) {
	if err := firstError(oneOf("lang", in.Language, bulletin.Languages), oneOf("format", in.Format, []string{"json", "md", "html"})); err != nil {
		return "", nil, err
	}
	clock, err := Clocks{KnownAt: in.KnownAt, ReportedBy: in.ReportedBy, AsOfSequence: in.AsOfSequence}.clock()
	if err != nil {
		return "", nil, err
	}
	request := bulletin.Request{Date: in.Date, Zone: in.Zone, Close: in.Close, Clock: clock}
	if in.Compare != "" {
		request.Compare = strings.Split(in.Compare, ",")
	}
	b, err := bulletin.Make(inPublic(ctx), a.queries, request)
	if err != nil {
		return "", nil, badBulletin(err)
	}
	format, lang := in.Format, in.Language
	if format == "" {
		format = "json"
	}
	if lang == "" {
		lang = "en"
	}
	switch format {
	case "md":
		body, err = b.Markdown(lang)
	case "html":
		body, err = b.HTML(lang)
	default:
		body, err = json.Marshal(b)
	}
	return bulletinTypes[format], body, err
}

// badBulletin tells what was wrong with the request from what went wrong with answering it.
func badBulletin(err error) error {
	if errors.Is(err, bulletin.ErrRequest) {
		return problem(http.StatusBadRequest, "bad-parameter", "%s", err)
	}
	return err
}
