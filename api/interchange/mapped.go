package interchange

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v4"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/domain/when"
	"truceledger/eventstore"
)

// mapped reads any CSV by a mapping: a YAML document that says which command each row becomes and where its fields come
// from. See docs/exchange.md.
type mapped struct {
	Settings
	m       mapping
	kind    domain.Kind
	idField string
	columns []string
}

// A mapping is the YAML document.
type mapping struct {
	Command string         `yaml:"command"`
	Name    string         `yaml:"name"` // of the table: ids begin with it
	Key     string         `yaml:"key"`  // a template: the row's own stable id
	Zone    string         `yaml:"zone"`
	Fields  map[string]any `yaml:"fields"`
}

func newMapped(s Settings) (Format, error) {
	if len(bytes.TrimSpace(s.Mapping)) == 0 {
		return nil, fmt.Errorf("the format csv needs a mapping: --mapping FILE, or the part mapping of a multipart request")
	}
	f := mapped{Settings: s}
	d, err := yaml.NewLoader(bytes.NewReader(s.Mapping), yaml.WithKnownFields())
	if err == nil {
		err = d.Load(&f.m)
	}
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	c, known := eventstore.NewCommand(f.m.Command)
	switch {
	case !known || !c.Creates():
		return nil, fmt.Errorf("mapping: command %q begins no record: take one such as violate, propose or record-statement", f.m.Command)
	case !domain.IsSlug(f.m.Name) || len(f.m.Name) > 30:
		return nil, fmt.Errorf("mapping: name %q must be an id of at most 30 characters", f.m.Name)
	case f.m.Key == "" || len(f.m.Fields) == 0:
		return nil, fmt.Errorf("mapping: key and fields are required")
	}
	f.kind = c.Target().Kind
	f.idField = string(f.kind)
	if f.m.Zone == "" {
		f.m.Zone = s.Zone
	}
	f.columns = columnsOf(map[string]any{"key": f.m.Key, "fields": f.m.Fields})
	return f, nil
}

func (f mapped) Name() string      { return "csv:" + f.m.Name }
func (f mapped) Grouped() bool     { return false }
func (f mapped) Kind() domain.Kind { return f.kind }
func (f mapped) Prefix() string    { return f.m.Name }
func (f mapped) Columns() []string { return f.columns }
func (f mapped) Key(r Row) string  { return fill(f.m.Key, r) }

// Translate builds the command as JSON and reads it as strictly as any other.
func (f mapped) Translate(rows []Row) (Item, error) {
	r, n := rows[0], &needs{}
	e := evaluation{mapped: f, row: r, needs: n}
	fields, err := e.value(f.m.Fields)
	if err != nil {
		return Item{}, err
	}
	object, _ := fields.(map[string]any)
	object[f.idField] = recordOf(f, f.Key(r)).ID
	raw, err := json.Marshal(object)
	if err != nil {
		return Item{}, unfit("invalid-field", "%s", err)
	}
	c, err := eventstore.DecodeCommand(f.m.Command, raw)
	if err != nil {
		return Item{}, unfit("invalid-field", "%s", err)
	}
	return Item{Needs: n.list, Parts: []Part{{Command: c}}}, nil
}

// template finds {column}.
var template = regexp.MustCompile(`\{([^{}]+)\}`)

func fill(text string, r Row) string {
	return strings.TrimSpace(template.ReplaceAllStringFunc(text, func(m string) string { return r.Get(m[1 : len(m)-1]) }))
}

// columnsOf lists the columns that a mapping names, so that a table without one is refused before its first row.
func columnsOf(node any) (list []string) {
	add := func(names ...string) {
		for _, name := range names {
			if name != "" && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	switch x := node.(type) {
	case string:
		for _, m := range template.FindAllStringSubmatch(x, -1) {
			add(m[1])
		}
	case []any:
		for _, item := range x {
			add(columnsOf(item)...)
		}
	case map[string]any:
		for k, v := range x {
			if name, ok := v.(string); ok && (k == "column" || k == "longitude" || k == "latitude") {
				add(name)
				continue
			}
			add(columnsOf(v)...)
		}
	}
	slices.Sort(list)
	return list
}

// An evaluation fills one row into the mapping.
type evaluation struct {
	mapped
	row   Row
	needs *needs
}

// value is a node of the mapping with the row filled in; nil where the row leaves it empty.
func (e evaluation) value(node any) (any, error) {
	switch x := node.(type) {
	case string:
		if s := fill(x, e.row); s != "" {
			return s, nil
		}
		return nil, nil
	case []any:
		return e.list(x)
	case map[string]any:
		switch {
		case x["column"] != nil:
			return e.column(x)
		case x["place"] != nil && x["name"] != nil:
			return e.place(x)
		case x["actor"] != nil && x["name"] != nil:
			return e.actor(x)
		case x["source"] != nil && x["title"] != nil:
			return e.source(x)
		}
		return e.object(x)
	}
	return node, nil
}

func (e evaluation) list(items []any) (any, error) {
	list := []any{}
	for _, item := range items {
		v, err := e.value(item)
		if err != nil {
			return nil, err
		}
		if v != nil {
			list = append(list, v)
		}
	}
	return list, nil
}

func (e evaluation) object(fields map[string]any) (any, error) {
	object := map[string]any{}
	for name, node := range fields {
		v, err := e.value(node)
		if err != nil {
			return nil, err
		}
		if v != nil {
			object[name] = v
		}
	}
	return object, nil
}

// column is one column's value: translated by values, read as a number or by a date's layout, with a default.
func (e evaluation) column(x map[string]any) (any, error) {
	name, _ := x["column"].(string)
	v := e.row.Get(name)
	if v == "" {
		return x["default"], nil
	}
	if values, ok := x["values"].(map[string]any); ok {
		to, known := values[v]
		if !known {
			if to = x["default"]; to == nil {
				return nil, unfit("unknown-value", "%s is %q, which the mapping does not know", name, v)
			}
		}
		return to, nil
	}
	if x["number"] == true {
		n, ok := number(v)
		if !ok {
			return nil, unfit("bad-number", "%s is %q, not a whole number", name, v)
		}
		return n, nil
	}
	if layout, ok := x["date"].(string); ok {
		d, err := dated(v, layout)
		if err != nil {
			return nil, err
		}
		at := map[string]any{"at": day(d)}
		if strings.Contains(layout, "15") {
			at["at"] = d.Format("2006-01-02T15:04")
		}
		if e.m.Zone != "" {
			at["zone"] = e.m.Zone
		}
		return at, nil
	}
	return v, nil
}

func (e evaluation) text(x map[string]any, name string) string {
	s, _ := x[name].(string)
	return fill(s, e.row)
}

// place registers a place and gives its id; with a parent that is one, that too.
func (e evaluation) place(x map[string]any) (any, error) {
	name := e.text(x, "name")
	if name == "" {
		return nil, unfit("no-place", "the row names no place")
	}
	parent, err := e.value(x["parent"])
	if err != nil {
		return nil, err
	}
	longitude, _ := x["longitude"].(string)
	latitude, _ := x["latitude"].(string)
	at, err := point(e.row.Get(longitude), e.row.Get(latitude))
	if err != nil {
		return nil, err
	}
	within, _ := parent.(string)
	return e.needs.place(slug(e.text(x, "place")), name, within, at), nil
}

func (e evaluation) actor(x map[string]any) (any, error) {
	name := e.text(x, "name")
	if name == "" {
		return nil, nil
	}
	kind := registry.ActorKind(firstOf(e.text(x, "kind"), "armed_group"))
	return e.needs.add(&registry.RegisterActor{Actor: slug(e.text(x, "actor")), Name: name, Kind: kind}), nil
}

// source registers a source and gives a reference to it.
func (e evaluation) source(x map[string]any) (any, error) {
	c := &registry.RegisterSource{Source: slug(e.text(x, "source")), Title: e.text(x, "title"), Publisher: e.text(x, "publisher"), URL: e.text(x, "url")}
	if c.Title == "" {
		return nil, nil
	}
	if published := e.text(x, "published"); published != "" {
		c.Published = when.When{At: published, Zone: firstOf(e.m.Zone, "UTC")}
	}
	return map[string]any{"source": e.needs.add(c)}, nil
}
