package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"truceledger/api/schema"
	"truceledger/eventstore"
)

func TestOpenAPIListsEveryRoute(t *testing.T) {
	w := open(t)
	a := w.get("/openapi.json")
	document := into[schema.Object](t, a)
	if document["openapi"] != "3.1.0" {
		t.Fatalf("got openapi %v", document["openapi"])
	}
	paths := document["paths"].(schema.Object)
	for _, want := range []string{
		"/v1/commands/{command}", "/v1/ceasefires", "/v1/ceasefires/{id}", "/v1/ceasefires/{id}/history", "/v1/incidents", "/v1/incidents/{id}",
		"/v1/incidents/{id}/history", "/v1/incidents/counts", "/v1/talks", "/v1/talks/{id}", "/v1/talks/{id}/history", "/v1/tallies", "/v1/tallies/{id}",
		"/v1/tallies/{id}/history", "/v1/statements", "/v1/statements/{id}", "/v1/statements/{id}/history", "/v1/actors", "/v1/actors/{id}",
		"/v1/actors/{id}/history", "/v1/places", "/v1/places/{id}", "/v1/places/{id}/history", "/v1/sources", "/v1/sources/{id}", "/v1/sources/{id}/history",
		"/v1/calendar", "/v1/entries", "/v1/entries/{sequence}", "/v1/stream", "/v1/admin/digests", "/v1/admin/rebuild", "/v1/admin/snapshots", "/v1/admin/snapshots/{name}", "/healthz", "/readyz", "/metrics",
		"/v1/incidents.csv", "/v1/incidents.xlsx", "/v1/incidents.jsonl", "/v1/map.geojson", "/v1/ceasefires.csv", "/v1/ceasefires.atom", "/v1/calendar.ics",
		"/v1/ceasefires/{id}/material", "/v1/incidents/{id}/material", "/v1/talks/{id}/material", "/v1/tallies/{id}/material", "/v1/statements/{id}/material",
		"/v1/actors/{id}/material", "/v1/places/{id}/material", "/v1/sources/{id}/material",
		"/v1/commands.jsonl", "/v1/import/{format}", "/v1/bulletin", "/v1/inquiries", "/v1/me",
		"/openapi.json", "/asyncapi.json", "/schemas/commands/{command}.json", "/schemas/events/{type}.json",
	} {
		if paths[want] == nil {
			t.Errorf("%s is not listed", want)
		}
		delete(paths, want)
	}
	for extra := range paths {
		t.Errorf("%s is listed, and this test does not know it", extra)
	}
	resolves(t, document, document)
}

func TestAsyncAPIDescribesTheLog(t *testing.T) {
	w := open(t)
	document := into[schema.Object](t, w.get("/asyncapi.json"))
	if document["asyncapi"] != "3.0.0" {
		t.Fatalf("got asyncapi %v", document["asyncapi"])
	}
	schemas := document["components"].(schema.Object)["schemas"].(schema.Object)
	for _, e := range eventstore.EventTypes() {
		if schemas[e.Name] == nil {
			t.Errorf("the event %s is not described", e.Name)
		}
	}
	for name, address := range map[string]string{
		"log": "truce.{kind}.{id}", "stream": "/v1/stream", "state": "$KV.TRUCE_STATE.{kind}.{id}", "command": "truce-api.command.{command}", "question": "truce-api.query",
	} {
		if channel, ok := document["channels"].(schema.Object)[name].(schema.Object); !ok || channel["address"] != address {
			t.Errorf("channel %s: got %v, want %s", name, channel["address"], address)
		}
	}
	resolves(t, document, document)
}

// resolves checks that every reference within a document leads somewhere.
func resolves(t *testing.T, document, v any) {
	t.Helper()
	switch v := v.(type) {
	case schema.Object:
		if ref, ok := v["$ref"].(string); ok && strings.HasPrefix(ref, "#/") {
			at := document
			for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				at = at.(schema.Object)[step]
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
					return
				}
			}
		}
		for _, inner := range v {
			resolves(t, document, inner)
		}
	case []any:
		for _, inner := range v {
			resolves(t, document, inner)
		}
	}
}

// TestEveryCommandHasASchema makes a request with every field from each schema, and has the strict decoder read it. So a
// field that the schema has and the decoder has not, or one of another form, is found.
func TestEveryCommandHasASchema(t *testing.T) {
	w := open(t)
	for _, verb := range eventstore.Verbs() {
		a := w.get("/schemas/commands/" + verb + ".json")
		document := into[schema.Object](t, a)
		if a.StatusCode != 200 || document["$schema"] != "https://json-schema.org/draft/2020-12/schema" || document["title"] != verb || document["additionalProperties"] != false {
			t.Fatalf("%s: got %d %s", verb, a.StatusCode, a.body)
		}
		resolves(t, document, document)
		for _, all := range []bool{true, false} {
			request := sample(t, document, document, verb, all).(schema.Object)
			request["command"] = verb
			raw, err := json.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := eventstore.DecodeCommand(verb, raw); err != nil {
				t.Errorf("%s: %v\n%s", verb, err, raw)
			}
		}
	}
}

// sample makes a value that a schema allows: with all fields, or with those that it requires.
func sample(t testing.TB, document, s schema.Object, name string, all bool) any {
	t.Helper()
	if ref, ok := s["$ref"].(string); ok {
		return sample(t, document, document["$defs"].(schema.Object)[strings.TrimPrefix(ref, "#/$defs/")].(schema.Object), name, all)
	}
	if one, ok := s["oneOf"].([]any); ok {
		return sample(t, document, one[len(one)-1].(schema.Object), name, all)
	}
	if constant, ok := s["const"]; ok {
		return constant
	}
	if words, ok := s["enum"].([]any); ok {
		return words[0]
	}
	switch s["type"] {
	case "object":
		return sampleObject(t, document, s, name, all)
	case "array":
		if name == "coordinates" {
			return []any{37.2, 36.2}
		}
		return []any{sample(t, document, s["items"].(schema.Object), name, all)}
	case "string":
		return sampleText(s, name)
	case "integer":
		return 3
	case "number":
		return 37.5
	case "boolean":
		return true
	}
	t.Fatalf("%s: no sample for %v", name, s)
	return nil
}

func sampleObject(t testing.TB, document, s schema.Object, name string, all bool) any {
	t.Helper()
	if name == "replacement" {
		return schema.Object{"command": "reaffirm", "ceasefire": "river", "by": "north"}
	}
	made := schema.Object{}
	properties, _ := s["properties"].(schema.Object)
	required, _ := s["required"].([]any)
	for _, field := range slices.Sorted(maps.Keys(properties)) {
		if all || slices.Contains(required, any(field)) {
			made[field] = sample(t, document, properties[field].(schema.Object), field, all)
		}
	}
	return made
}

func sampleText(s schema.Object, name string) string {
	pattern, _ := s["pattern"].(string)
	for _, text := range []string{"river", "ceasefire/river", strings.Repeat("0f", 32), uuid1, "2016-05-05T00:01+03:00", "PT48H"} {
		switch {
		case s["format"] == "duration":
			return "PT48H"
		case name == "at":
			return "2016-05-05T00:01+03:00"
		case pattern != "" && regexp.MustCompile(pattern).MatchString(text):
			return text
		}
	}
	return "river"
}

// TestFrozenSamplesFitTheSchemas checks the names of the frozen samples' fields against the schemas of events.
func TestFrozenSamplesFitTheSchemas(t *testing.T) {
	raw, err := os.ReadDir("../eventstore/testdata/wire")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range raw {
		payload, err := os.ReadFile("../eventstore/testdata/wire/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		var entry struct {
			Data struct{ Events []schema.Object }
		}
		if json.Unmarshal(payload, &entry) != nil {
			continue
		}
		for _, e := range entry.Data.Events {
			s, ok := schema.Event(fmt.Sprint(e["type"]))
			if !ok {
				t.Errorf("%s: the event %v has no schema", f.Name(), e["type"])
				continue
			}
			for field := range e {
				if s["properties"].(schema.Object)[field] == nil {
					t.Errorf("%s: the schema of %v has no %s", f.Name(), e["type"], field)
				}
			}
			required, _ := s["required"].([]string)
			for _, field := range required {
				if e[field] == nil {
					t.Errorf("%s: the schema of %v requires %s", f.Name(), e["type"], field)
				}
			}
		}
	}
}

// TestStoredEventsFitTheirSchemas does the same with what the ledger has just stored.
func TestStoredEventsFitTheirSchemas(t *testing.T) {
	w := open(t)
	w.everything()
	for m, err := range w.log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		var entry struct {
			Data struct{ Events []schema.Object }
		}
		if err := json.Unmarshal(m.Payload, &entry); err != nil {
			t.Fatal(err)
		}
		for _, e := range entry.Data.Events {
			document := into[schema.Object](t, w.get(fmt.Sprintf("/schemas/events/%s.json", e["type"])))
			for field := range e {
				if document["properties"].(schema.Object)[field] == nil {
					t.Errorf("the schema of %v has no %s", e["type"], field)
				}
			}
		}
	}
}

func TestMetricsHoldNothingThatACallerChooses(t *testing.T) {
	w := open(t)
	w.river()
	w.get("/v1/ceasefires/river")
	w.get("/v1/ceasefires/secret-name")
	w.get("/secret-path")
	w.do("SECRET", "/v1/ceasefires", "")
	page := string(w.get("/metrics").body)
	for _, want := range []string{
		`truce_http_requests_total{method="GET",route="GET /v1/ceasefires/{id}",status="200"} 1`,
		`truce_http_requests_total{method="POST",route="POST /v1/commands/{command}",status="201"} 6`,
		`truce_http_requests_total{method="other",route="none",status="405"} 1`, `truce_refused_total{code="not-found"} 2`, `truce_refused_total{code="method-not-allowed"} 1`, "truce_ledger_sequence 7", "truce_projections_lag 0", "truce_projections_sequence 7",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	if page = strings.ReplaceAll(page, "truce_secret_reads_total", ""); strings.Contains(strings.ToLower(page), "secret") {
		t.Error("a caller's words are in the figures")
	}
}
