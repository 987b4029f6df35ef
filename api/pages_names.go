package api

import (
	"cmp"
	"context"
	"reflect"
	"slices"

	"truceledger/api/web"
	"truceledger/projections"
)

// mostChoices is how many records of a kind a page offers to choose from. More of them nobody reads through; an id can
// always be typed.
const mostChoices = 500

// A namer looks up what people call the records that a page names. Who is not on the register at these clocks is shown by
// the id.
type namer struct {
	a     *API
	ctx   context.Context
	at    projections.Point
	names web.Names
}

func (a *API) namer(ctx context.Context, f web.Frame, at projections.Point) namer {
	return namer{a, ctx, at, f.Names}
}

func (n namer) actors(ids ...string) {
	for _, id := range ids {
		n.once("actor", id, func() web.Name {
			v, _ := n.a.queries.Actor(n.ctx, id, n.at)
			return web.Name{Own: v.Name, Other: v.Names}
		})
	}
}

func (n namer) places(ids ...string) {
	for _, id := range ids {
		n.once("place", id, func() web.Name {
			v, _ := n.a.queries.Place(n.ctx, id, n.at)
			return web.Name{Own: v.Name, Other: v.Names}
		})
	}
}

// observers names who counts: a registered source, or an actor.
func (n namer) observers(ids ...string) {
	for _, id := range ids {
		n.once("observer", id, func() web.Name {
			if v, err := n.a.queries.Actor(n.ctx, id, n.at); err == nil {
				return web.Name{Own: v.Name, Other: v.Names}
			}
			v, _ := n.a.queries.Source(n.ctx, id, n.at)
			return web.Name{Own: cmp.Or(v.Publisher, v.Title)}
		})
	}
}

func (n namer) ceasefires(ids ...string) {
	for _, id := range ids {
		n.once("ceasefire", id, func() web.Name {
			v, _ := n.a.queries.Ceasefire(n.ctx, id, n.at)
			return web.Name{Own: v.Title}
		})
	}
}

func (n namer) once(kind, id string, look func() web.Name) {
	if id == "" {
		return
	}
	if _, looked := n.names[kind+"/"+id]; !looked {
		n.names[kind+"/"+id] = look()
	}
}

// all names whatever actors, places and ceasefires stand in a view, however deep: by the names of its fields.
func (n namer) all(view any) { n.walk(reflect.ValueOf(view), "") }

var actorFields = []string{"Parties", "Guarantors", "Mediators", "Monitors", "Facilitators", "Witnesses", "Excluded", "Consent",
	"ConsentMissing", "Actor", "Through", "By", "ProposedBy", "Obligor", "Accused"}

func (n namer) walk(v reflect.Value, field string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			n.walk(v.Elem(), field)
		}
	case reflect.Slice:
		for i := range v.Len() {
			n.walk(v.Index(i), field)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if t := v.Type().Field(i); t.IsExported() {
				n.walk(v.Field(i), t.Name)
			}
		}
	case reflect.String:
		n.field(field, v.String())
	}
}

func (n namer) field(field, id string) {
	switch {
	case slices.Contains(actorFields, field):
		n.actors(id)
	case field == "Area", field == "CarvedOut", field == "Place":
		n.places(id)
	case field == "Parent", field == "Predecessor", field == "Successor", field == "Ceasefire":
		n.ceasefires(id)
	}
}

// pagesOf reads a collection, page by page, at most about so many items.
func pagesOf[V any](most int, ask func(projections.Paging) (projections.Page[V], error)) (all []V, err error) {
	for cursor := ""; ; {
		page, err := ask(projections.Paging{Cursor: cursor, Limit: min(most, 1000)})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if cursor = page.NextCursor; cursor == "" || len(all) >= most {
			return all, nil
		}
	}
}

// register lists what filters and forms offer to choose from, and names it.
func (n namer) register(kind string) (ids []string, err error) {
	switch kind {
	case "place":
		all, err := pagesOf(mostChoices, func(p projections.Paging) (projections.Page[projections.PlaceView], error) {
			return n.a.queries.Places(n.ctx, n.at, p)
		})
		for _, v := range all {
			n.names["place/"+v.ID] = web.Name{Own: v.Name, Other: v.Names}
			ids = append(ids, v.ID)
		}
		return ids, err
	case "actor":
		all, err := pagesOf(mostChoices, func(p projections.Paging) (projections.Page[projections.ActorView], error) {
			return n.a.queries.Actors(n.ctx, n.at, p)
		})
		for _, v := range all {
			n.names["actor/"+v.ID] = web.Name{Own: v.Name, Other: v.Names}
			ids = append(ids, v.ID)
		}
		return ids, err
	case "source":
		all, err := pagesOf(mostChoices, func(p projections.Paging) (projections.Page[projections.SourceView], error) {
			return n.a.queries.Sources(n.ctx, n.at, p)
		})
		for _, v := range all {
			n.names["source/"+v.ID] = web.Name{Own: v.Title}
			ids = append(ids, v.ID)
		}
		return ids, err
	case "ceasefire":
		all, err := pagesOf(mostChoices, func(p projections.Paging) (projections.Page[projections.CeasefireView], error) {
			return n.a.queries.Ceasefires(n.ctx, projections.CeasefireFilter{}, n.at, p)
		})
		for _, v := range all {
			n.names["ceasefire/"+v.ID] = web.Name{Own: v.Title}
			ids = append(ids, v.ID)
		}
		return ids, err
	case "incident":
		all, err := pagesOf(mostChoices, func(p projections.Paging) (projections.Page[projections.IncidentView], error) {
			return n.a.queries.Incidents(n.ctx, projections.IncidentFilter{}, n.at, p)
		})
		for _, v := range all {
			ids = append(ids, v.ID)
		}
		return ids, err
	}
	return nil, nil
}

func choices(ids []string) (all []web.Choice) {
	for _, id := range ids {
		all = append(all, web.Choice{ID: id})
	}
	return all
}
