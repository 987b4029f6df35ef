package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"truceledger/api/wire"
)

// newHuma returns huma over the mux, without what it would add by itself: its own document routes, links into bodies, and
// a documentation page that loads from elsewhere. Every error is written by this package, so that huma's own form of
// errors, which repeats what was sent, never shows.
func (a *API) newHuma() huma.API {
	format := map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	api := humago.New(a.mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Truce Ledger", Version: a.version(),
				Description: "An event-sourced ledger of ceasefire negotiations. Commands are put on the record; reads are answered at three clocks.",
			},
			Tags: []*huma.Tag{
				{Name: "commands"}, {Name: "ceasefires"}, {Name: "incidents"}, {Name: "records"}, {Name: "exports"}, {Name: "imports"}, {Name: "alerts"}, {Name: "log"}, {Name: "proof"}, {Name: "operation"}, {Name: "documents"},
			},
		},
		Formats: format, DefaultFormat: "application/json",
	})
	api.UseMiddleware(a.strictQuery, a.awaitSequence)
	return api
}

func (a *API) version() string {
	if a.Version == "" {
		return "0.0.0"
	}
	return a.Version
}

// get registers a GET route that answers JSON. What ask returns as an error is turned into a problem.
func get[I, O any](a *API, op huma.Operation, ask func(context.Context, *I) (*O, error)) {
	op.Method = http.MethodGet
	serve(a, op, ask)
}

// serve registers a route that answers JSON.
func serve[I, O any](a *API, op huma.Operation, ask func(context.Context, *I) (*O, error)) {
	op.SkipValidateParams = true // values are read by this package, for its own errors
	a.describeProblems(&op)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := ask(ctx, in)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		return out, nil
	})
}

// raw registers a route whose handler writes the answer itself. In declares its parameters.
func raw[I any](a *API, op huma.Operation, content string, handler http.HandlerFunc) {
	op.SkipValidateParams = true
	if op.Method == "" {
		op.Method = http.MethodGet
	}
	a.describeProblems(&op)
	if op.Responses["200"] == nil {
		op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{content: {}}}
	}
	type output struct{ Body func(huma.Context) }
	huma.Register(a.huma, op, func(context.Context, *I) (*output, error) {
		return &output{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			handler(w, r.WithContext(ctx.Context()))
		}}, nil
	})
}

// describeProblems documents that any other status comes with a problem.
func (a *API) describeProblems(op *huma.Operation) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[wire.Problem](), true, "Problem")
	no := &huma.Response{
		Description: "A problem (RFC 9457)",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}
	op.Responses["4XX"], op.Responses["default"] = no, no
}

// refuse answers a problem in place of what a huma route would have answered.
func refuse(ctx huma.Context, p *wire.Problem) {
	_, w := humago.Unwrap(ctx)
	answerProblem(w, p)
}
