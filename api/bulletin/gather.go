package bulletin

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/projections"
)

// A gathering fills a bulletin.
type gathering struct {
	*Bulletin
	ctx context.Context
	q   Queries
	at  projections.Point
}

// pages calls do for every item of a question.
func pages[V any](ask func(projections.Paging) (projections.Page[V], error), do func(V) error) error {
	for p := (projections.Paging{Limit: 1000}); ; {
		page, err := ask(p)
		if err != nil {
			return err
		}
		for _, v := range page.Items {
			if err := do(v); err != nil {
				return err
			}
		}
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			return nil
		}
	}
}

func (g gathering) ceasefires() error {
	return pages(func(p projections.Paging) (projections.Page[projections.CeasefireView], error) {
		return g.q.Ceasefires(g.ctx, projections.CeasefireFilter{}, g.at, p)
	}, func(v projections.CeasefireView) error {
		g.Ceasefires = append(g.Ceasefires, Ceasefire{ID: v.ID, Title: v.Title, Status: v.Status, CouldBe: v.CouldBe, Contested: v.Contested, Until: v.Until})
		g.recommit(v)
		return g.acts(v.ID)
	})
}

// recommit keeps the newest agreement or reaffirmation that came before the window's end.
func (g gathering) recommit(v projections.CeasefireView) {
	var times []time.Time
	if v.AgreedAt != nil {
		times = append(times, *v.AgreedAt)
	}
	for _, r := range v.Reaffirmed {
		times = append(times, r.At)
	}
	for _, t := range times {
		if t.Before(g.Until) && (g.Recommitment == nil || t.After(g.Recommitment.At)) {
			g.Recommitment = &Recommit{Ceasefire: v.ID, At: t.UTC()}
		}
	}
}

// acts lists what was done about one ceasefire within the window; reports of others are not acts.
func (g gathering) acts(id string) error {
	ref := domain.Ref{Kind: domain.KindCeasefire, ID: id}
	return pages(func(p projections.Paging) (projections.Page[projections.HistoryItem], error) {
		return g.q.History(g.ctx, ref, g.at, p)
	}, func(h projections.HistoryItem) error {
		_, isAct := acts[h.Command]
		if isAct && h.Record == ref.String() && h.RetractedBy == 0 && !h.Place.Before(g.From) && h.Place.Before(g.Until) {
			g.Acts = append(g.Acts, Act{Ceasefire: id, Act: h.Command, By: h.By, Occurred: h.Occurred})
		}
		return nil
	})
}

// incidents counts what was alleged up to the window's end, and finds the inquiries of the window.
func (g gathering) incidents(compare []string) error {
	all := tallying{}
	bodies := map[string]*tallying{}
	told := map[[2]string]projections.IncidentView{} // by who says it and what it is counted under
	for _, by := range compare {
		if _, err := g.q.Actor(g.ctx, by, g.at); err != nil {
			return err
		}
		bodies[by] = &tallying{}
	}
	until := g.Until
	err := pages(func(p projections.Paging) (projections.Page[projections.IncidentView], error) {
		return g.q.Incidents(g.ctx, projections.IncidentFilter{Until: &until}, g.at, p)
	}, func(v projections.IncidentView) error {
		g.inquiries(v)
		if v.DuplicateOf == "" {
			all.count(g.Bulletin, v, g.area(v.Place))
		}
		switch own := [2]string{v.By, cmp.Or(v.DuplicateOf, v.ID)}; {
		case bodies[v.By] == nil:
		case v.DuplicateOf == "" && len(v.Duplicates) == 0:
			bodies[v.By].count(g.Bulletin, v, g.area(v.Place))
		default: // what a body reports twice it counts once; what another reported too it counts all the same
			if _, known := told[own]; !known || v.DuplicateOf == "" {
				told[own] = v
			}
		}
		return nil
	})
	for own, v := range told {
		bodies[own[0]].count(g.Bulletin, v, g.area(v.Place))
	}
	g.Incidents, g.Total = all.rows()
	for _, by := range compare {
		rows, total := bodies[by].rows()
		g.Compared = append(g.Compared, Body{By: by, Total: total.Window, Rows: rows})
	}
	return err
}

func (g gathering) inquiries(v projections.IncidentView) {
	within := func(t time.Time) bool { return !t.Before(g.From) && t.Before(g.Until) }
	for _, i := range v.Inquiries {
		if within(i.Opened) {
			g.Opened = append(g.Opened, Inquiry{Incident: v.ID, By: i.By, At: i.Opened})
		}
		if i.Concluded != nil && within(*i.Concluded) {
			g.Closed = append(g.Closed, Inquiry{Incident: v.ID, By: i.By, At: *i.Concluded, Finding: i.Finding})
		}
	}
}

// area is the second place from the top of what a place lies in: the province, where the top is the country.
func (g gathering) area(place string) string {
	var above []string
	for range 64 {
		if place == "" {
			break
		}
		above = append(above, place)
		place = g.names.parent(place)
	}
	switch n := len(above); n {
	case 0, 1:
		return cmp.Or(append(above, "")...)
	default:
		return above[n-2]
	}
}

// ahead lists the ends of the week to come.
func (g gathering) ahead() error {
	week := g.Until.AddDate(0, 0, 7)
	return pages(func(p projections.Paging) (projections.Page[projections.CalendarItem], error) {
		return g.q.Calendar(g.ctx, projections.CeasefireFilter{}, g.at, p)
	}, func(c projections.CalendarItem) error {
		if (c.Kind == "end" || c.Kind == "lapse") && c.At.Latest.After(g.Until) && c.At.Earliest.Before(week) {
			g.Ahead = append(g.Ahead, Expiry{Ceasefire: c.Ceasefire, Title: c.Title, At: c.At})
		}
		return nil
	})
}

// A tallying counts by area and type.
type tallying map[[2]string]*Count

func (t tallying) count(b *Bulletin, v projections.IncidentView, area string) {
	n := max(1, v.Count)
	inWindow, can := in(v.At, b.From, b.Until)
	before, _ := in(v.At, b.Previous, b.From)
	since := false
	if b.Recommitment != nil {
		since, _ = in(v.At, b.Recommitment.At, b.Until)
	}
	if !inWindow && !can && !before && !since {
		return
	}
	key := [2]string{area, v.Type}
	c := t[key]
	if c == nil {
		c = &Count{Area: area, Type: v.Type}
		t[key] = c
	}
	for _, x := range []struct {
		counts bool
		to     *int
	}{{inWindow, &c.Window}, {can && !inWindow, &c.Possible}, {before, &c.Previous}, {since, &c.Since}} {
		if x.counts {
			*x.to += n
		}
	}
}

func (t tallying) rows() (rows []Count, total Count) {
	rows = []Count{}
	for _, c := range t {
		rows = append(rows, *c)
		total.Window += c.Window
		total.Possible += c.Possible
		total.Previous += c.Previous
		total.Since += c.Since
	}
	slices.SortFunc(rows, func(a, b Count) int { return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.Type, b.Type)) })
	return rows, total
}

// names finds what places and actors are called.
type names struct {
	ctx    context.Context
	q      Queries
	at     projections.Point
	places map[string]projections.PlaceView
	err    error
}

func (n *names) place(id string) projections.PlaceView {
	if v, ok := n.places[id]; ok {
		return v
	}
	v, err := n.q.Place(n.ctx, id, n.at)
	if missing := (*domain.NotFound)(nil); err != nil && !errors.As(err, &missing) && n.err == nil {
		n.err = err
	}
	if n.places == nil {
		n.places = map[string]projections.PlaceView{}
	}
	n.places[id] = v
	return v
}

func (n *names) parent(id string) string { return n.place(id).Parent }

// placeName is a place in a language, else by its usual name.
func (n *names) placeName(id, lang string) string {
	v := n.place(id)
	return cmp.Or(v.Names[lang], v.Name, id)
}

func (n *names) actorName(id, lang string) string {
	if id == "" {
		return ""
	}
	v, err := n.q.Actor(n.ctx, id, n.at)
	if err != nil {
		return id
	}
	return cmp.Or(v.Names[lang], v.Name, id)
}
