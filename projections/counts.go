package projections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/when"
)

// CountDimensions are what incidents can be counted by.
var CountDimensions = []string{"day", "place", "type", "status", "accused"}

// IncidentCounts counts the incidents that a filter keeps, by the dimensions asked for. An incident with several accused
// counts once for each of them, so that the rows of that dimension may add up to more than there are incidents; one that
// says nothing of a dimension counts under "". A day is the date, in the incident's own zone, of the earliest moment at which
// it can have happened; where no day is known, it is the month or the year as stated. Casualties are not counted: different sources'
// figures have no sum.
func (q *Queries) IncidentCounts(ctx context.Context, by []string, f IncidentFilter, p Point) ([]CountRow, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	for i, d := range by {
		if err := oneOf("by", d, CountDimensions); err != nil || d == "" {
			return nil, cmp.Or(err, error(&domain.FieldError{Field: "by", Problem: "is empty: one of " + strings.Join(CountDimensions, ", ")}))
		}
		if slices.Contains(by[:i], d) {
			return nil, &domain.FieldError{Field: "by", Problem: d + " stands in the list twice"}
		}
	}
	t := tallying{by: by, rows: map[string]*CountRow{}}
	err := q.view(p, func(r *reader) error {
		return r.each(ctx, domain.KindIncident, "", f.mayBe, func(id string) (bool, error) {
			s, err := r.counted(id)
			if err == nil && s.Exists() && f.keeps(r, s) {
				t.count(s, 0, nil)
			}
			return false, err
		})
	})
	return t.sorted(), err
}

type tallying struct {
	by   []string
	rows map[string]*CountRow // by quoted values: a text may hold any byte that could stand between two
}

// count adds an incident to one row for each combination of its values of the dimensions from i on.
func (t *tallying) count(s incident.State, i int, values []string) {
	if i < len(t.by) {
		for _, v := range dimension(t.by[i], s) {
			t.count(s, i+1, append(slices.Clip(values), v))
		}
		return
	}
	key := fmt.Sprintf("%q", values)
	row := t.rows[key]
	if row == nil {
		row = &CountRow{Key: map[string]string{}}
		for j, d := range t.by {
			row.Key[d] = values[j]
		}
		t.rows[key] = row
	}
	row.Incidents++
	row.Events += max(1, s.Count)
}

func (t *tallying) sorted() []CountRow {
	rows := make([]CountRow, 0, len(t.rows))
	for _, r := range t.rows {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(x, y CountRow) int {
		for _, d := range t.by {
			if c := strings.Compare(x.Key[d], y.Key[d]); c != 0 {
				return c
			}
		}
		return 0
	})
	return rows
}

// dimension lists the values that an incident has in a dimension.
func dimension(name string, s incident.State) []string {
	switch name {
	case "day":
		return []string{day(s.At)}
	case "place":
		return []string{s.Place}
	case "type":
		return []string{s.Type}
	case "status":
		return []string{string(s.Status)}
	}
	if len(s.Accused) == 0 {
		return []string{""}
	}
	return s.Accused
}

// day is the date on which something happened, as far as it is known, in the zone in which it was stated: 3 May in Damascus
// begins on 2 May in UTC. A stated day, month or year is the one that was stated.
func day(b when.Bounds) string {
	switch b.Precision {
	case when.Day, when.Month, when.Year:
		return b.String()
	case when.Interval:
		if zone, err := when.LoadZone(b.Zone); err == nil {
			return b.Earliest.In(zone).Format("2006-01-02") // the first of the days stated, not the one before it in UTC
		}
	}
	if b.IsZero() {
		return ""
	}
	zone, err := when.LoadZone(b.Zone)
	if err != nil {
		zone = time.UTC
	}
	return b.Earliest.In(zone).Format("2006-01-02")
}
