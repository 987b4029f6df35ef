package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/schema"
	"truceledger/eventstore"
)

// documentRoutes are what machines read to know the rest.
func (a *API) documentRoutes() {
	a.document("/openapi.json", "openapi", "This document (OpenAPI 3.1)", sync.OnceValues(a.openAPI))
	a.document("/asyncapi.json", "asyncapi", "The log and the stream (AsyncAPI 3.0)", sync.OnceValues(func() ([]byte, error) {
		return json.Marshal(schema.AsyncAPI(a.version()))
	}))
	a.schemas("/schemas/commands/", "command", schema.Command)
	a.schemas("/schemas/events/", "type", schema.Event)
}

// document registers a document that never changes while the server runs.
func (a *API) document(path, id, summary string, build func() ([]byte, error)) {
	raw[nothing](a, huma.Operation{OperationID: id, Path: path, Summary: summary, Tags: []string{"documents"}}, "application/json",
		func(w http.ResponseWriter, r *http.Request) {
			body, err := build()
			if err != nil {
				answerProblem(w, a.fail(r.Context(), err))
				return
			}
			sendDocument(w, "application/json", body)
		})
}

func sendDocument(w http.ResponseWriter, content string, body []byte) {
	w.Header().Set("Content-Type", content)
	w.Header().Set("Cache-Control", noCache)
	_, _ = w.Write(body)
}

// schemas registers the schemas in a folder. The mux has no patterns that end in .json, so that the path is documented
// apart from the route.
func (a *API) schemas(folder, parameter string, find func(string) (schema.Object, bool)) {
	type file struct {
		Name string `path:"name"`
	}
	raw[file](a, huma.Operation{Path: folder + "{name}", Hidden: true}, "application/schema+json", func(w http.ResponseWriter, r *http.Request) {
		name, isFile := strings.CutSuffix(r.PathValue("name"), ".json")
		s, ok := find(name)
		if !ok || !isFile {
			answerProblem(w, problem(http.StatusNotFound, "not-found", "there is no schema %q: /openapi.json lists them", clip(name)))
			return
		}
		body, err := json.Marshal(s)
		if err != nil {
			answerProblem(w, a.fail(r.Context(), err))
			return
		}
		sendDocument(w, "application/schema+json", body)
	})
	op := &huma.Operation{
		OperationID: "schema-of-" + parameter, Method: http.MethodGet, Path: folder + "{" + parameter + "}.json", Tags: []string{"documents"},
		Summary:    "The JSON Schema (2020-12) of one " + parameter,
		Parameters: []*huma.Param{{Name: parameter, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses:  map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"application/schema+json": {}}}},
	}
	a.describeProblems(op)
	a.huma.OpenAPI().AddOperation(op)
}

// openAPI is huma's document, with the commands' bodies, which this package reads itself.
func (a *API) openAPI() ([]byte, error) {
	raw, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return nil, err
	}
	var document schema.Object
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, err
	}
	const prefix = "#/components/schemas/"
	shared := document["components"].(schema.Object)["schemas"].(schema.Object)
	for name, s := range schema.Commands(prefix + "command-") {
		shared["command-"+name] = s
	}
	var commands []schema.Object
	for _, verb := range eventstore.Verbs() {
		commands = append(commands, schema.Object{"$ref": prefix + "command-" + verb})
	}
	post := document["paths"].(schema.Object)["/v1/commands/{command}"].(schema.Object)["post"].(schema.Object)
	post["requestBody"] = schema.Object{
		"required": true, "description": "The command's fields, as the schema of the verb in the path says.",
		"content": schema.Object{"application/json": schema.Object{"schema": schema.Object{"anyOf": commands}}},
	}
	responses := post["responses"].(schema.Object)
	responses["200"] = responses["201"]
	return json.Marshal(document)
}
