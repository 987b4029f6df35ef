package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"truceledger/api/web"
	"truceledger/domain/ceasefire"
	"truceledger/projections"
)

type overviewInput struct {
	CeasefireFilter
	PageInput
}

// overviewPage shows all ceasefires that the filters keep, and what lies around them.
func (a *API) overviewPage(ctx context.Context, in *overviewInput) (rendered, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	f, at, err := a.frame(ctx, "overview", in.PageInput)
	if err != nil {
		return nil, err
	}
	page := web.Overview{Frame: f, Classes: ceasefire.Class("").Values(), Layers: a.layers()}
	names := a.namer(ctx, f, at)
	if err := a.rows(ctx, &page, filter, at, in.Cursor); err != nil {
		return nil, err
	}
	all, err := a.summarise(ctx, &page, filter, at)
	if err != nil {
		return nil, err
	}
	for _, fill := range []func() error{
		func() error { return a.story(ctx, &page, all, at) },
		func() error { return a.surroundings(ctx, &page, names, filter, all, at) },
		func() (err error) { ids, err := names.register("actor"); page.Actors = choices(ids); return err },
	} {
		if err := fill(); err != nil {
			return nil, err
		}
	}
	for _, row := range page.Rows {
		names.all(row)
	}
	page.Exports = append(a.exports(f, "ceasefires", ".csv", ".atom"), web.Export{Label: "iCalendar", Address: f.Data("/v1/calendar.ics")})
	return page, nil
}

// rows fills in the page of the list; where a clock of knowledge is set, each beside what is known now.
func (a *API) rows(ctx context.Context, page *web.Overview, filter projections.CeasefireFilter, at projections.Point, cursor string) error {
	then, err := a.queries.Ceasefires(ctx, filter, at, projections.Paging{Cursor: cursor})
	if err != nil {
		return err
	}
	page.NextCursor = then.NextCursor
	for _, v := range then.Items {
		page.Rows = append(page.Rows, web.Row{CeasefireView: v, Then: true})
	}
	if !page.Past {
		return nil
	}
	for i, row := range page.Rows {
		if now, err := a.queries.Ceasefire(ctx, row.ID, known(at)); err == nil {
			page.Rows[i].Now, page.Rows[i].Diff = &now, differences(row.CeasefireView, now)
		}
	}
	if cursor != "" || then.NextCursor != "" {
		return nil // what was not known then stands behind the last page
	}
	now, err := a.queries.Ceasefires(ctx, filter, known(at), projections.Paging{})
	for _, v := range now.Items {
		if !slices.ContainsFunc(page.Rows, func(r web.Row) bool { return r.ID == v.ID }) {
			page.Rows = append(page.Rows, web.Row{CeasefireView: v, Now: &v, Diff: map[string]bool{"known": true}})
		}
	}
	return err
}

// differences says in what two views of a ceasefire differ, as far as a page marks it.
func differences(then, now projections.CeasefireView) map[string]bool {
	d := map[string]bool{}
	for name, differs := range map[string]bool{
		"status": then.Status != now.Status || !slices.Equal(then.CouldBe, now.CouldBe), "contested": then.Contested != now.Contested,
		"from": !sameBounds(then.From, now.From), "until": !sameBounds(then.Until, now.Until),
		"area": !slices.Equal(then.Area, now.Area), "consents": len(then.Consents) != len(now.Consents),
	} {
		if differs {
			d[name] = true
		}
	}
	return d
}

// summarise counts everything that the filters keep, whatever its status: the counts are what to filter by next.
func (a *API) summarise(ctx context.Context, page *web.Overview, filter projections.CeasefireFilter, at projections.Point) ([]*projections.Standing, error) {
	filter.Status, filter.Contested = "", nil
	all, err := a.queries.Standings(ctx, filter, at)
	counts := map[string]int{}
	for _, v := range all {
		counts[v.Status]++
		if v.Contested {
			page.Contested++
		}
	}
	page.Total = len(all)
	for _, status := range ceasefire.Status("").Values() {
		if counts[status] > 0 {
			page.Counts = append(page.Counts, web.Count{Status: status, Number: counts[status]})
		}
	}
	return all, err
}

// story is what happened last, over all ceasefires that the filters keep, where they are few enough to be told as one.
func (a *API) story(ctx context.Context, page *web.Overview, all []*projections.Standing, at projections.Point) error {
	const most = 8
	if len(all) > mostHistories {
		return nil
	}
	told := map[uint64]web.StoryItem{}
	for _, v := range all {
		page.Names["ceasefire/"+v.ID] = web.Name{Own: v.Title}
		items, err := a.historyOf(ctx, v.ID, at)
		if err != nil {
			return err
		}
		for _, item := range items {
			if item.Place.After(at.Effective) || item.Command == "correct" || item.Command == "retract" {
				continue // an attested view is known ahead of its time; a correction speaks of another day
			}
			if _, known := told[item.Sequence]; !known || item.Record == "ceasefire/"+v.ID {
				told[item.Sequence] = web.StoryItem{HistoryItem: item, Ceasefire: v.ID}
			}
		}
	}
	for _, item := range told {
		page.Story = append(page.Story, item)
	}
	slices.SortFunc(page.Story, func(x, y web.StoryItem) int {
		if c := y.Place.Compare(x.Place); c != 0 {
			return c
		}
		return int(y.Sequence) - int(x.Sequence)
	})
	page.Story = page.Story[:min(len(page.Story), most)]
	return nil
}

// surroundings are the places with what covers them, and the trend of incidents.
func (a *API) surroundings(ctx context.Context, page *web.Overview, names namer, filter projections.CeasefireFilter, all []*projections.Standing, at projections.Point) error {
	register, err := pagesOf(mostPlaces, func(p projections.Paging) (projections.Page[projections.PlaceView], error) {
		return a.queries.Places(ctx, at, p)
	})
	if err != nil {
		return err
	}
	for _, v := range register {
		names.names["place/"+v.ID] = web.Name{Own: v.Name, Other: v.Names}
		page.Areas = append(page.Areas, web.Choice{ID: v.ID})
	}
	incidents := projections.IncidentFilter{Place: filter.Area}
	counts, err := a.queries.IncidentCounts(ctx, []string{"day", "place"}, incidents, at)
	page.Places = placeRows(register, all, counts)
	page.Trend = trend(counts)
	return err
}

const mostPlaces = 2000

// trend counts incidents by day; where there are many days, by month.
func trend(days []projections.CountRow) (rows []web.TrendRow) {
	const mostDays = 400
	byKey := map[string]*web.TrendRow{}
	for _, layout := range []string{time.DateOnly, "2006-01"} {
		clear(byKey)
		for _, day := range days {
			key := day.Key["day"]
			from, err := time.Parse(layout[:min(len(layout), len(key))], key[:min(len(layout), len(key))])
			if err != nil || key == "" {
				continue
			}
			key = key[:min(len(layout), len(key))]
			if byKey[key] == nil {
				byKey[key] = &web.TrendRow{From: from, Key: key, Charted: len(key) == len(layout)}
			}
			byKey[key].Incidents += day.Incidents
			byKey[key].Events += day.Events
		}
		if len(byKey) <= mostDays {
			break
		}
	}
	for _, row := range byKey {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(x, y web.TrendRow) int { return strings.Compare(x.Key, y.Key) })
	return rows
}

// exports are the forms in which what a page shows can be carried away: those that this server has.
func (a *API) exports(f web.Frame, collection string, endings ...string) (all []web.Export) {
	for _, ending := range endings {
		path := "/v1/" + collection + ending
		if a.hasRoute(path) {
			all = append(all, web.Export{Label: strings.ToUpper(ending[1:]), Address: f.Data(path)})
		}
	}
	return append(all, web.Export{Label: "JSON", Address: f.Data("/v1/" + collection)})
}
