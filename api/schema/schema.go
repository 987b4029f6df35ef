// Package schema describes commands and events as JSON Schema (2020-12), and the log as AsyncAPI 3.0. Everything is read
// from the Go types that the strict decoder reads into, so that the two cannot differ.
//
// A schema says what a command looks like, not whether a rule will accept it, and it validates nothing itself.
package schema

import (
	"reflect"

	"truceledger/domain"
	"truceledger/eventstore"
)

// An Object is a JSON object of a document.
type Object = map[string]any

const dialect = "https://json-schema.org/draft/2020-12/schema"

// Command is the schema of a command, as a document of its own.
func Command(verb string) (Object, bool) {
	c, ok := eventstore.NewCommand(verb)
	if !ok {
		return nil, false
	}
	g := newGenerator("#/$defs/")
	return g.document("/schemas/commands/"+verb+".json", g.command(verb, c)), true
}

// Event is the schema of an event, as a document of its own.
func Event(name string) (Object, bool) {
	for _, e := range eventstore.EventTypes() {
		if e.Name == name {
			g := newGenerator("#/$defs/")
			return g.document("/schemas/events/"+name+".json", g.event(e)), true
		}
	}
	return nil, false
}

// document makes a schema stand alone.
func (g *generator) document(id string, s Object) Object {
	s["$schema"], s["$id"] = dialect, id
	if len(g.shared) > 0 {
		s["$defs"] = g.shared
	}
	return s
}

// Commands are the schemas of all commands by their verb, for a document whose shared schemas have names that begin with
// prefix. What they share is among them.
func Commands(prefix string) Object {
	g := newGenerator(prefix)
	for _, verb := range eventstore.Verbs() {
		c, _ := eventstore.NewCommand(verb)
		g.shared[verb] = g.command(verb, c)
	}
	return g.shared
}

// Events are the schemas of all events by their name, with what they share.
func Events(prefix string) Object {
	g := newGenerator(prefix)
	for _, e := range eventstore.EventTypes() {
		g.shared[e.Name] = g.event(e)
	}
	return g.shared
}

// command is the schema of a command: its verb may stand in it, as it must in a file of commands.
func (g *generator) command(verb string, c domain.Command) Object {
	s := g.object(reflect.TypeOf(c).Elem(), false)
	s["title"] = verb
	s["properties"].(Object)["command"] = Object{"const": verb, "description": "The verb. In a request the path gives it."}
	return s
}

// event is the schema of an event: its type comes first.
func (g *generator) event(e eventstore.EventType) Object {
	s := g.object(e.Type, true)
	s["title"] = e.Name
	s["properties"].(Object)["type"] = Object{"const": e.Name}
	s["required"] = append([]string{"type"}, names(s["required"])...)
	return s
}

func names(list any) []string {
	found, _ := list.([]string)
	return found
}
