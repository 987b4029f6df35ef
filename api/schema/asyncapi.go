package schema

import (
	"strings"

	"truceledger/domain"
	"truceledger/eventstore"
)

const components = "#/components/schemas/"

// AsyncAPI describes the log and the stream of it that the server offers.
func AsyncAPI(version string) Object {
	return Object{
		"asyncapi": "3.0.0",
		"info": Object{
			"title": "Truce Ledger", "version": version,
			"description": "Every accepted command is one message on the literal subject of its record, in one order for the whole ledger. The stream sends the same bytes.",
		},
		"defaultContentType": "application/cloudevents+json",
		"channels":           channels(),
		"operations": Object{
			"readLog":    operation("log", "Read the log from JetStream, in order."),
			"readStream": operation("stream", "Receive what is recorded as server-sent events."),
			"watchState": operation("state", "Watch the newest state of every record: nats kv watch TRUCE_STATE."),
			"command":    request("command", "Put a command on the record."),
			"ask":        request("question", "Ask what HTTP answers to a GET."),
		},
		"components": Object{"messages": messages(), "schemas": asyncSchemas()},
	}
}

func channels() Object {
	kinds := []string{string(domain.KindLedger)}
	for _, k := range domain.Kinds {
		kinds = append(kinds, string(k))
	}
	return Object{
		"log": Object{
			"address":     "truce.{kind}.{id}",
			"description": "JetStream stream TRUCE. The stream sequence is the entry's sequence.",
			"parameters": Object{
				"kind": Object{"description": "The kind of record.", "enum": kinds},
				"id":   Object{"description": "The record's id."},
			},
			"messages": Object{"entry": Object{"$ref": "#/components/messages/entry"}},
		},
		"stream": Object{
			"address":     "/v1/stream",
			"description": "GET, text/event-stream. The SSE id is the sequence and comes with the entry, after the ceasefire event of the same entry; Last-Event-ID resumes without a gap, and repeats no entry.",
			"messages": Object{
				"entry":     Object{"$ref": "#/components/messages/entry"},
				"ceasefire": Object{"$ref": "#/components/messages/ceasefire"},
				"clock":     Object{"$ref": "#/components/messages/clock"},
			},
		},
		"state": Object{
			"address":     "$KV.TRUCE_STATE.{kind}.{id}",
			"description": "The NATS key-value bucket TRUCE_STATE: the answer of GET /v1/{kind}s/{id}, as of the newest entry. Records that are restricted are not in it.",
			"parameters": Object{
				"kind": Object{"description": "The kind of record.", "enum": kinds[1:]},
				"id":   Object{"description": "The record's id."},
			},
			"messages": Object{"state": Object{"$ref": "#/components/messages/state"}},
		},
		"command": Object{
			"address":     "truce-api.command.{command}",
			"description": "The service truce on NATS: one subject a verb.",
			"parameters":  Object{"command": Object{"description": "The verb.", "enum": eventstore.Verbs()}},
			"messages":    Object{"request": Object{"$ref": "#/components/messages/request"}},
		},
		"question": Object{
			"address":     "truce-api.query",
			"description": "The service truce on NATS: a path below /v1 with its query.",
			"messages":    Object{"path": Object{"$ref": "#/components/messages/path"}},
		},
	}
}

// request is an operation that the service on NATS answers on the reply subject of the message.
func request(channel, summary string) Object {
	return Object{
		"action": "send", "summary": summary, "channel": Object{"$ref": "#/channels/" + channel},
		"description": "The answer is that of HTTP: its body, its status in the header Status; a no also in Nats-Service-Error-Code and Nats-Service-Error. The header Authorization says who asks.",
	}
}

func operation(channel, summary string) Object {
	return Object{"action": "receive", "summary": summary, "channel": Object{"$ref": "#/channels/" + channel}}
}

func messages() Object {
	view := Object{"$ref": "./openapi.json#/components/schemas/CeasefireView"} // relative: the two documents travel together
	return Object{
		"entry": Object{
			"name": "entry", "title": "An accepted command with the events that it caused", "contentType": "application/cloudevents+json",
			"payload": Object{"$ref": components + "entry"},
		},
		"ceasefire": Object{
			"name": "ceasefire", "title": "The state of the ceasefire that the entry belongs to, as of that entry", "contentType": "application/json", "payload": view,
		},
		"state": Object{
			"name": "state", "title": "The newest state of a record", "contentType": "application/json", "payload": Object{"type": "object"},
		},
		"request": Object{
			"name": "request", "title": "A command's fields, as in the body of POST /v1/commands/{command}", "contentType": "application/json",
			"payload": Object{"anyOf": commandRefs()},
		},
		"path": Object{
			"name": "path", "title": "Such as /v1/ceasefires?status=in_force", "contentType": "text/plain", "payload": Object{"type": "string"},
		},
		"clock": Object{
			"name": "clock", "title": "The state of a ceasefire whose status changed because time passed", "contentType": "application/json", "payload": view,
		},
	}
}

// asyncSchemas are those of every event, of every command, and of the entry around them.
func asyncSchemas() Object {
	all := Events(components)
	for name, s := range Commands(components) {
		all[name] = s
	}
	all["entry"] = entrySchema()
	return all
}

func commandRefs() (refs []Object) {
	for _, v := range eventstore.Verbs() {
		refs = append(refs, Object{"$ref": components + v})
	}
	return refs
}

func entrySchema() Object {
	text, number := Object{"type": "string"}, Object{"type": "integer", "minimum": 0}
	var events []Object
	for _, e := range eventstore.EventTypes() {
		events = append(events, Object{"$ref": components + e.Name})
	}
	commands := append(commandRefs(), Object{"description": "A command of the ledger itself.", "properties": Object{"command": Object{"not": Object{"enum": eventstore.Verbs()}}}})
	return Object{
		"title": "entry", "type": "object", "description": "A CloudEvents 1.0 structured event: one line of JSON.",
		"required": strings.Fields("specversion id source type subject time datacontenttype data"),
		"properties": Object{
			"specversion": Object{"const": "1.0"}, "id": Object{"type": "string", "format": "uuid"}, "source": text,
			"type": Object{"const": "truce.entry.v1"}, "subject": text, "time": Object{"type": "string", "format": "date-time"},
			"datacontenttype": Object{"const": "application/json"},
			"data": Object{
				"type": "object", "required": strings.Fields("version_before read_to rules command principal events nonce"),
				"properties": Object{
					"version_before": number, "read_to": number, "rules": number, "command": Object{"anyOf": commands},
					"defaults": Object{"type": "array", "items": text}, "principal": text,
					"events":       Object{"type": "array", "minItems": 1, "items": Object{"anyOf": events}},
					"causation_id": text, "correlation_id": text, "nonce": text,
				},
			},
		},
	}
}
