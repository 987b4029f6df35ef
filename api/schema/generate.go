package schema

import (
	"reflect"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
	"truceledger/eventstore"
)

// A generator turns Go types into schemas.
type generator struct {
	prefix string // of references to what is shared
	shared Object
}

func newGenerator(prefix string) *generator { return &generator{prefix: prefix, shared: Object{}} }

// share returns a reference to a schema that many use, and makes it at its first use.
func (g *generator) share(name string, build func() Object) Object {
	if _, made := g.shared[name]; !made {
		g.shared[name] = Object{} // so that one that refers to itself ends
		g.shared[name] = build()
	}
	return Object{"$ref": g.prefix + name}
}

// object describes a struct. A stored one has every field that is not left out when empty; a stated one those that are
// tagged as required.
func (g *generator) object(t reflect.Type, stored bool) Object {
	properties, required := Object{}, []string{}
	g.fields(t, stored, properties, &required)
	s := Object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (g *generator) fields(t reflect.Type, stored bool, properties Object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			if f.Tag.Get("by") == "required" {
				*required = append(*required, "by")
			}
			g.fields(f.Type, stored, properties, required)
			continue
		}
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		properties[name] = g.field(name, f, stored)
		always := stored && !strings.Contains(options, "omit")
		if always || f.Tag.Get("required") == "true" {
			*required = append(*required, name)
		}
	}
}

func (g *generator) field(name string, f reflect.StructField, stored bool) Object {
	s := g.schema(f.Type, f.Tag, stored)
	if name == "command_id" {
		s["format"] = "uuid"
	}
	if doc := f.Tag.Get("doc"); doc != "" {
		s["description"] = doc
	}
	return s
}

// schema describes a value of type t. The tag of the field that holds it says what a text may be.
func (g *generator) schema(t reflect.Type, tag reflect.StructTag, stored bool) Object {
	switch t {
	case reflect.TypeFor[when.When]():
		return g.share("when", whenSchema)
	case reflect.TypeFor[when.Bounds]():
		return g.share("bounds", func() Object { return g.object(t, true) })
	case reflect.TypeFor[time.Time]():
		return Object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[domain.Places]():
		place := g.text(tag)
		return Object{"oneOf": []Object{place, {"type": "array", "items": place, "uniqueItems": true}}}
	case reflect.TypeFor[domain.Command]():
		return Object{"type": "object", "required": []string{"command"}, "properties": Object{"command": Object{"enum": eventstore.Verbs()}}}
	case reflect.TypeFor[domain.Event]():
		return Object{"type": "object", "required": []string{"type"}, "properties": Object{"type": Object{"enum": eventNames()}}}
	}
	if w, ok := reflect.Zero(t).Interface().(interface{ Values() []string }); ok && t.Kind() == reflect.String {
		return Object{"type": "string", "enum": w.Values()}
	}
	return g.plain(t, tag, stored)
}

func (g *generator) plain(t reflect.Type, tag reflect.StructTag, stored bool) Object {
	switch t.Kind() {
	case reflect.Pointer:
		return g.schema(t.Elem(), tag, stored)
	case reflect.String:
		return g.text(tag)
	case reflect.Bool:
		return Object{"type": "boolean"}
	case reflect.Int:
		return Object{"type": "integer"}
	case reflect.Uint64:
		return Object{"type": "integer", "minimum": 0}
	case reflect.Float64:
		return Object{"type": "number"}
	case reflect.Slice:
		s := Object{"type": "array", "items": g.schema(t.Elem(), tag, stored)}
		if tag.Get("ref") != "" {
			s["uniqueItems"] = true
		}
		return s
	case reflect.Map:
		return Object{"type": "object", "additionalProperties": g.schema(t.Elem(), "", stored)}
	case reflect.Struct:
		return g.object(t, stored)
	}
	return Object{} // any value
}

const slugPattern = "^[a-z0-9][a-z0-9-]{0,63}$"

// text describes a string by its format and by what it refers to.
func (g *generator) text(tag reflect.StructTag) Object {
	s := Object{"type": "string"}
	switch ref := tag.Get("ref"); {
	case ref == "record":
		kinds := strings.ReplaceAll(domain.JoinKinds(), ", ", "|")
		s["pattern"] = "^(" + kinds + ")/[a-z0-9][a-z0-9-]{0,63}$"
	case ref != "":
		s["pattern"], s["x-ref"] = slugPattern, ref // so that a form can offer what there is to name
	case tag.Get("format") == "slug":
		s["pattern"] = slugPattern
	case tag.Get("format") == "duration":
		s["format"], s["examples"] = "duration", []string{"PT48H"}
	case tag.Get("format") == "sha256":
		s["pattern"] = "^[0-9a-f]{64}$"
	case tag.Get("format") == "sealed":
		s["pattern"] = "^hmac-sha256:[0-9a-f]{64}$"
	case tag.Get("format") == "zone":
		s["examples"] = []string{"Asia/Damascus", "+03:00"}
	}
	return s
}

// whenSchema describes a stated time, which has two forms.
func whenSchema() Object {
	at := Object{
		"type": "string", "minLength": 4, "examples": []string{"2016-05-05T00:01+03:00", "2016-05-02", "2016-02", "2016-05-03/2016-05-04"},
		"description": "An instant, a local time, a date, a month, a year, or two of them joined by a slash.",
	}
	return Object{
		"title": "when", "description": "A time as somebody stated it.",
		"oneOf": []Object{at, {
			"type": "object", "additionalProperties": false, "minProperties": 1,
			"properties": Object{
				"at":     at,
				"zone":   Object{"type": "string", "description": "The zone of a local time: an IANA name or an offset.", "examples": []string{"Asia/Damascus"}},
				"phrase": Object{"type": "string", "description": "The source's own words."},
			},
		}},
	}
}

func eventNames() []string {
	var all []string
	for _, e := range eventstore.EventTypes() {
		all = append(all, e.Name)
	}
	return all
}
