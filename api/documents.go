package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/schema"
	"truceledger/eventstore"
	"truceledger/eventstore/proof/signed"
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
	raw[nothing](a, huma.Operation{OperationID: id, Path: path, Summary: summary, Tags: []string{"documents"}, Metadata: map[string]any{isAtOnce: true}}, "application/json",
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
		Fresh
	}
	raw[file](a, huma.Operation{Path: folder + "{name}", Hidden: true, Metadata: map[string]any{isAtOnce: true}}, "application/schema+json", func(w http.ResponseWriter, r *http.Request) {
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
	command := schema.Object{"schema": schema.Object{"anyOf": commands}}
	post := operation(document, "/v1/commands/{command}", "post")
	post["requestBody"] = schema.Object{
		"required": true, "description": "The command's fields, as the schema of the verb in the path says; or what its party has signed.",
		"content": schema.Object{"application/json": command, signed.MediaType: schema.Object{"schema": envelopeSchema}},
	}
	responses := post["responses"].(schema.Object)
	responses["200"] = responses["201"]
	if a.Proof != nil {
		operation(document, "/v1/statements/{command}", "post")["requestBody"] = schema.Object{
			"required": true, "description": "The command's fields, as the schema of the verb in the path says.",
			"content": schema.Object{"application/json": command},
		}
	}
	complete(document)
	return json.Marshal(document)
}

func operation(document schema.Object, path, method string) schema.Object {
	return document["paths"].(schema.Object)[path].(schema.Object)[method].(schema.Object)
}

// envelopeSchema is the form of a command that its party has signed.
var envelopeSchema = schema.Object{
	"type": "object", "required": []string{"signed", "signatures"}, "additionalProperties": false,
	"properties": schema.Object{
		"signed": schema.Object{
			"type": "string", "contentEncoding": "base64", "contentMediaType": "application/json",
			"description": "The exact bytes that were signed: see POST /v1/statements/{command}, or truce sign.",
		},
		"signatures": schema.Object{
			"type": "array", "minItems": 1, "maxItems": 8, "items": schema.Object{"type": "string"},
			"description": "As ssh-keygen -Y sign writes them, from -----BEGIN SSH SIGNATURE----- to the last newline; the author's first.",
		},
	},
}

// tagNotes say what the groups of routes are.
var tagNotes = map[string]string{
	"commands": "What is put on the record.", "ceasefires": "Ceasefires at three clocks.", "incidents": "Alleged violations at three clocks.",
	"records": "Talks, counts, statements and the register.", "exports": "Answers as files, and bulletins.", "imports": "Tables that others keep.",
	"alerts": "Who is told of what.", "log": "The log itself.", "proof": "What proves the log, and who has signed what.", "operation": "For the operator.", "documents": "Contracts for machines.",
}

// complete adds what linters and generators of other languages ask for.
func complete(document schema.Object) {
	document["servers"] = []schema.Object{{"url": "/", "description": "This server"}}
	if document["security"] == nil {
		document["security"] = []schema.Object{{}} // none, until there is access control
	}
	document["info"].(schema.Object)["license"] = schema.Object{"name": "Apache-2.0", "identifier": "Apache-2.0"}
	if tags, ok := document["tags"].([]any); ok {
		for _, t := range tags {
			tag := t.(schema.Object)
			if note := tagNotes[tag["name"].(string)]; note != "" {
				tag["description"] = note
			}
		}
	}
	schemas := document["components"].(schema.Object)["schemas"].(schema.Object)
	delete(schemas, "ErrorModel") // huma's own form of errors, which this server never sends
	delete(schemas, "ErrorDetail")
	table := schema.Object{"schema": schema.Object{"type": "string", "format": "binary"}}
	form := schema.Object{"schema": schema.Object{"type": "object", "required": []string{"file"}, "properties": schema.Object{
		"mapping": schema.Object{"type": "string"}, "file": schema.Object{"type": "string", "format": "binary"},
	}}}
	post := operation(document, "/v1/import/{format}", "post")
	post["requestBody"] = schema.Object{"required": true, "content": schema.Object{"text/csv": table, "application/x-ndjson": table, "multipart/form-data": form}}
}
