package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"truceledger/api/web"
	"truceledger/domain"
	"truceledger/projections"
)

// spans keeps what the time sliders run over, for the newest entry that it was made for: making it reads much.
type spans struct {
	mu   sync.Mutex
	made map[string]*madeSpan // by reader: what one may not know of must not show in the other's
}

// A madeSpan keeps what each ceasefire added to it: only those of which there is a new entry are read again.
type madeSpan struct {
	*web.Span
	of map[string]marked
}

// marked is what a version of a ceasefire adds to a span.
type marked struct {
	version uint64
	marks   []time.Time
	zone    string
}

// mostSpans bounds how many readers' spans are kept at once.
const mostSpans = 64

// Limits of what a slider shows: more marks than pixels help nobody, and reading the histories of many ceasefires takes long.
const (
	mostMarks     = 1500
	mostHistories = 40
)

// span is what the time sliders run over.
func (a *API) span(ctx context.Context) (*web.Span, error) {
	a.spans.mu.Lock()
	defer a.spans.mu.Unlock()
	reader := fmt.Sprintf("%+v", projections.ReaderOf(ctx))
	made := a.spans.made[reader]
	if made != nil && made.Last == a.queries.Applied() {
		return made.Span, nil
	}
	if made == nil {
		made = &madeSpan{of: map[string]marked{}}
	}
	far := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	at, err := a.queries.Resolve(ctx, projections.Clock{Effective: &far})
	if err != nil {
		return nil, err
	}
	s, err := a.newSpan(ctx, at, made.of)
	if err == nil {
		if a.spans.made == nil || len(a.spans.made) >= mostSpans {
			a.spans.made = map[string]*madeSpan{}
		}
		made.Span = s
		a.spans.made[reader] = made
	}
	return s, err
}

func (a *API) newSpan(ctx context.Context, at projections.Point, of map[string]marked) (*web.Span, error) {
	var marks []time.Time
	all, err := a.queries.Standings(ctx, projections.CeasefireFilter{}, at)
	if err != nil {
		return nil, err
	}
	zones := map[string]int{}
	for _, v := range all {
		m := of[v.ID]
		if m.version != v.Version {
			view, err := a.queries.Ceasefire(ctx, v.ID, at)
			if err != nil {
				return nil, err
			}
			m = marked{v.Version, tidy(marksOf(view)), view.Zone}
			of[v.ID] = m
		}
		marks = append(marks, m.marks...)
		zones[m.zone]++
	}
	edges := tidy(marks)
	if len(all) <= mostHistories {
		for _, v := range all {
			items, err := a.historyOf(ctx, v.ID, at)
			if err != nil {
				return nil, err
			}
			for _, item := range items {
				if item.Corrects != 0 || item.Command == "correct" || item.Command == "retract" {
					continue // it speaks of another day than the one on which it was made
				}
				marks = append(marks, item.Place)
			}
		}
	}
	s := &web.Span{Marks: tidy(marks), Last: at.Applied, Zone: mostOf(zones)}
	if len(edges) > 0 {
		s.Focus = edges[len(edges)-1]
	}
	if len(s.Marks) > 0 {
		s.From, s.Until = s.Marks[0].Add(-12*time.Hour), s.Marks[len(s.Marks)-1].Add(24*time.Hour)
	}
	sources, err := pagesOf(1000, func(p projections.Paging) (projections.Page[projections.SourceView], error) {
		return a.queries.Sources(ctx, at, p)
	})
	for _, source := range sources {
		if source.Published != nil {
			s.Published = append(s.Published, source.Published.Latest)
		}
	}
	s.Published = tidy(s.Published)
	return s, err
}

// marksOf are the edges of a ceasefire's terms, and of the terms as others see them.
func marksOf(v projections.CeasefireView) (marks []time.Time) {
	for _, t := range v.Terms {
		marks = append(marks, bounds2(t.From, t.Until)...)
	}
	for _, t := range v.Views {
		marks = append(marks, bounds2(t.From, t.Until)...)
	}
	return append(marks, bounds2(v.From, v.Until)...)
}

// historyOf reads the whole history of a ceasefire, up to a limit that only huge ones reach.
func (a *API) historyOf(ctx context.Context, id string, at projections.Point) ([]projections.HistoryItem, error) {
	ref := domain.Ref{Kind: domain.KindCeasefire, ID: id}
	return pagesOf(2000, func(p projections.Paging) (projections.Page[projections.HistoryItem], error) {
		return a.queries.History(ctx, ref, at, p)
	})
}

// tidy sorts instants, and thins them out where there are too many.
func tidy(all []time.Time) []time.Time {
	all = slices.DeleteFunc(all, time.Time.IsZero)
	slices.SortFunc(all, time.Time.Compare)
	all = slices.CompactFunc(all, time.Time.Equal)
	if n := len(all); n > mostMarks {
		thin := make([]time.Time, 0, mostMarks)
		for i := range mostMarks {
			thin = append(thin, all[i*(n-1)/(mostMarks-1)])
		}
		return thin
	}
	return append([]time.Time{}, all...)
}

// mostOf is the key with the greatest count, the first by name where several have it.
func mostOf(counts map[string]int) (most string) {
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		if key != "" && counts[key] > counts[most] {
			most = key
		}
	}
	return most
}
