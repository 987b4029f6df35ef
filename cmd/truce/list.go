package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/projections"
)

// A collection is one kind of records as tables show it.
type collection struct {
	kind, plural string
	columns      []column
	row          func(raw []byte) ([]string, error)
}

func (c collection) path() string { return "/v1/" + c.plural }

// rowOf reads an item of a collection and makes a row of it.
func rowOf[T any](cells func(T) []string) func([]byte) ([]string, error) {
	return func(raw []byte) ([]string, error) {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, err
		}
		return cells(v), nil
	}
}

var collections = []collection{
	{"ceasefire", "ceasefires", []column{{"id", 26}, {"status", 16}, {"from", 16}, {"until", 16}, {"zone", 14}, {"area", 14}}, rowOf(ceasefireRow)},
	{"incident", "incidents", []column{{"id", 26}, {"when", 16}, {"place", 14}, {"type", 12}, {"status", 14}, {"accused", 16}}, rowOf(incidentRow)},
	{"talks", "talks", []column{{"id", 26}, {"status", 12}, {"characterisation", 26}, {"track", 26}}, rowOf(talksRow)},
	{"tally", "tallies", []column{{"id", 26}, {"source", 20}, {"unit", 10}, {"outcome", 8}, {"latest", 16}, {"as of", 16}}, rowOf(tallyRow)},
	{"statement", "statements", []column{{"id", 26}, {"by", 18}, {"kind", 12}, {"when", 16}, {"text", 36}}, rowOf(statementRow)},
	{"actor", "actors", []column{{"id", 26}, {"name", 30}, {"kind", 14}, {"aliases", 30}}, rowOf(actorRow)},
	{"place", "places", []column{{"id", 26}, {"name", 30}, {"in", 20}, {"lon, lat", 20}}, rowOf(placeRow)},
	{"source", "sources", []column{{"id", 26}, {"title", 36}, {"publisher", 16}, {"published", 16}}, rowOf(sourceRow)},
}

// collectionOf finds a collection by its singular or plural name.
func collectionOf(name string) (collection, error) {
	var plurals []string
	for _, c := range collections {
		if name == c.kind || name == c.plural {
			return c, nil
		}
		plurals = append(plurals, c.plural)
	}
	return collection{}, usage("%q is no collection: one of %s", name, strings.Join(plurals, ", "))
}

func (p *program) listVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "list [ceasefires|incidents|talks|tallies|statements|actors|places|sources]",
		Short:   "List ceasefires, or another kind of record",
		Long:    "List ceasefires, or the records of another kind, as they stand on the asked clocks.",
		Example: "  truce list --status in_force\n  truce list --effective-at 2016-05-04T12:00:00+03:00 --contested true\n  truce list actors",
		Args:    cobra.MaximumNArgs(1),
	}
	for _, kind := range collections {
		c.ValidArgs = append(c.ValidArgs, kind.plural)
	}
	r := p.newReading(c)
	r.limitFlag(c)
	filters := []string{"status", "area", "actor", "class", "contested"}
	r.filter(c, "status", "Only those with this `status`, such as in_force.")
	r.filter(c, "area", "Only ceasefires that cover this `place` or one in it.")
	r.filter(c, "actor", "Only ceasefires in which this `actor` has a role.")
	r.filter(c, "class", "Only ceasefires of this `class`.")
	r.filter(c, "contested", "Only those whose status is contested: `true` or false.")
	c.RunE = func(c *cobra.Command, args []string) error {
		kind, err := collectionOf(append(args, "ceasefires")[0])
		if err != nil {
			return err
		}
		if given := r.givenOf(filters); kind.kind != "ceasefire" && given != "" {
			return usage("--%s is for ceasefires only: truce incidents has filters of its own", given)
		}
		return r.list(c, kind)
	}
	return c
}

// givenOf is the first of the parameters that was given.
func (r *reading) givenOf(parameters []string) string {
	i := slices.IndexFunc(parameters, func(name string) bool { return *r.values[name] != "" })
	if i < 0 {
		return ""
	}
	return parameters[i]
}

// list prints a collection.
func (r *reading) list(c *cobra.Command, kind collection) error {
	all, err := r.all(c.Context(), kind.path())
	if err != nil {
		return err
	}
	if *r.out == outputJSON {
		return r.printJSON(all)
	}
	return r.table(all, kind.columns, kind.row, "no "+kind.plural+" on these clocks and filters")
}

// table prints the items of a page, or a word on standard error where there are none.
func (r *reading) table(all projections.Page[json.RawMessage], columns []column, row func([]byte) ([]string, error), none string) error {
	if len(all.Items) == 0 {
		_, err := fmt.Fprintln(r.stderr, none)
		return err
	}
	var rows [][]string
	for _, raw := range all.Items {
		cells, err := row(raw)
		if err != nil {
			return err
		}
		for i, cell := range cells {
			cells[i] = visible(cell)
		}
		rows = append(rows, cells)
	}
	return r.printTable(columns, rows)
}

func ceasefireRow(v projections.CeasefireView) []string {
	return []string{v.ID, status(v), toldIn(v.From, v.Zone), toldIn(v.Until, v.Zone), v.Zone, strings.Join(v.Area, " ")}
}

// status is a ceasefire's status with what makes it doubtful.
func status(v projections.CeasefireView) string {
	s := v.Status
	if len(v.CouldBe) > 0 {
		s += ": " + strings.Join(v.CouldBe, " or ")
	}
	if v.Contested {
		s += " (contested)"
	}
	return s
}

func incidentRow(v projections.IncidentView) []string {
	return []string{v.ID, told(v.At), v.Place, v.Type, v.Status, strings.Join(v.Accused, " ")}
}

func talksRow(v projections.TalksView) []string {
	return []string{v.ID, v.Status, v.Characterisation, v.Track}
}

func tallyRow(v projections.TallyView) []string {
	figure, asOf := "", ""
	if v.Latest != nil {
		figure, asOf = figures(v.Latest.Qualifier, v.Latest.Low, v.Latest.Best, v.Latest.High), told(v.Latest.AsOf)
	}
	return []string{v.ID, v.Source, v.Unit, v.Outcome, figure, asOf}
}

// figures tells a count as its source gives it: "nearly 250", "5 to 9".
func figures(qualifier string, low, best, high *int) string {
	var s string
	switch {
	case best != nil:
		s = fmt.Sprint(*best)
	case low != nil && high != nil:
		s = fmt.Sprintf("%d to %d", *low, *high)
	case low != nil:
		s = fmt.Sprintf("%d or more", *low)
	case high != nil:
		s = fmt.Sprintf("up to %d", *high)
	}
	if qualifier == "exact" {
		return s
	}
	return strings.ReplaceAll(qualifier, "_", " ") + " " + s
}

func statementRow(v projections.StatementView) []string {
	return []string{v.ID, v.By, v.Kind, told(v.Occurred), v.Text}
}

func actorRow(v projections.ActorView) []string {
	return []string{v.ID, v.Name, v.Kind, strings.Join(v.Aliases, ", ")}
}

func placeRow(v projections.PlaceView) []string {
	point := ""
	if len(v.Point) == 2 {
		point = fmt.Sprintf("%g, %g", v.Point[0], v.Point[1])
	}
	return []string{v.ID, v.Name, v.Parent, point}
}

func sourceRow(v projections.SourceView) []string {
	return []string{v.ID, v.Title, v.Publisher, told(v.Published)}
}
