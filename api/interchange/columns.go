package interchange

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"truceledger/domain/when"
	"truceledger/projections"
)

// A Column is one column of a table that is carried away: its name, what the codebook says of it, its HXL hashtag, and its
// value. A value is a string, an int, a float64, a bool or nil; only strings can hold what somebody else wrote.
type Column[V any] struct {
	Name, Doc, HXL string
	Value          func(V) any
}

// A Located is an incident with where its place lies.
type Located struct {
	projections.IncidentView
	PlaceName string
	Within    []projections.PlaceView // what the place lies in, the nearest first
	Point     []float64
}

// IncidentColumns are those of incidents.csv and incidents.xlsx.
func IncidentColumns() []Column[Located] {
	return []Column[Located]{
		{"id", "The incident's id in the ledger.", "#event+code", func(v Located) any { return v.ID }},
		{"status", "alleged, under_inquiry, inquiry_suspended, verified, unsubstantiated or inconclusive.", "#status", func(v Located) any { return v.Status }},
		{"attribution", "Whether it is known who did it.", "#event+attribution", func(v Located) any { return v.Attribution }},
		{"at_earliest", "The earliest moment at which it can have happened, UTC.", "#date+start", func(v Located) any { return edge(v.At, false) }},
		{"at_latest", "The latest moment; the same for a known instant.", "#date+end", func(v Located) any { return edge(v.At, true) }},
		{"at_precision", "How finely the time was stated: second, minute, day, month, year or interval.", "#date+precision", func(v Located) any { return precision(v.At) }},
		{"at_zone", "The zone in which the time was stated.", "#date+zone", func(v Located) any { return zone(v.At) }},
		{"place", "The place's id in the ledger.", "#loc+code", func(v Located) any { return v.Place }},
		{"place_name", "The place's name.", "#loc+name", func(v Located) any { return v.PlaceName }},
		{"place_within", "What the place lies in, the nearest first.", "#adm+name", func(v Located) any { return within(v.Within) }},
		{"longitude", "Of the place, or of the square in which it happened where only that is published; WGS 84; empty where no point is known.", "#geo+lon", func(v Located) any { return coordinate(v.Point, 0) }},
		{"latitude", "Of the place.", "#geo+lat", func(v Located) any { return coordinate(v.Point, 1) }},
		{"type", "What kind of event, in its source's word.", "#event+type", func(v Located) any { return v.Type }},
		{"weapon", "With what.", "#event+weapon", func(v Located) any { return v.Weapon }},
		{"severity", "The threat to the arrangement: local, serious or critical.", "#severity", func(v Located) any { return v.Severity }},
		{"count", "How many such events the record stands for.", "#event+num", func(v Located) any { return v.Count }},
		{"by", "Who alleges it.", "#org+reporter", func(v Located) any { return v.By }},
		{"accused", "Who is said to have done it.", "#group+accused", func(v Located) any { return list(v.Accused) }},
		{"targets", "What or whom it struck.", "#affected+targets", func(v Located) any { return list(v.Targets) }},
		{"casualties", "Each figure as its source gives it; figures are never added up.", "#affected+casualties", func(v Located) any { return casualties(v.Casualties) }},
		{"duplicate_of", "The incident under which this report is counted, where it is a second report: leave such rows out to count what happened.", "#event+duplicate", func(v Located) any { return v.DuplicateOf }},
		{"ceasefires", "The ceasefires that it is said to breach.", "#agreement+code", func(v Located) any { return list(v.Ceasefires) }},
		{"breach_of", "Whether it is alleged to breach each of them.", "#agreement+breach", func(v Located) any { return breaches(v.BreachOf) }},
		{"description", "In words.", "#description", func(v Located) any { return v.Description }},
		{"sources", "Who says so, each with how it speaks of it.", "#meta+source", func(v Located) any { return sources(v) }},
		{"flags", "What the ledger noticed.", "#meta+flags", func(v Located) any { return joined(v.Flags) }},
		{"version", "The sequence of the newest entry of the record.", "#meta+version", func(v Located) any { return int(v.Version) }},
	}
}

// CeasefireColumns are those of ceasefires.csv.
func CeasefireColumns() []Column[projections.CeasefireView] {
	type V = projections.CeasefireView
	return []Column[V]{
		{"id", "The ceasefire's id in the ledger.", "#agreement+code", func(v V) any { return v.ID }},
		{"title", "What people call it.", "#agreement+name", func(v V) any { return v.Title }},
		{"class", "The kind of arrangement.", "#agreement+type", func(v V) any { return v.Class }},
		{"status", "Its status at the clocks asked for.", "#status", func(v V) any { return v.Status }},
		{"could_be", "Where the status is indeterminate: what it can be.", "#status+possible", func(v V) any { return list(v.CouldBe) }},
		{"contested", "Whether a view differs from the ledger on its being in force.", "#status+contested", func(v V) any { return v.Contested }},
		{"from_earliest", "The earliest moment of its start, UTC.", "#date+start", func(v V) any { return edge(v.From, false) }},
		{"from_latest", "The latest moment of its start.", "#date+start+latest", func(v V) any { return edge(v.From, true) }},
		{"until_earliest", "The earliest moment of its end; the first that it no longer covers.", "#date+end", func(v V) any { return edge(v.Until, false) }},
		{"until_latest", "The latest moment of its end.", "#date+end+latest", func(v V) any { return edge(v.Until, true) }},
		{"area", "The places it covers.", "#loc+code", func(v V) any { return list(v.Area) }},
		{"parties", "The signatories.", "#group+party", func(v V) any { return list(v.Parties) }},
		{"guarantors", "Who answers for them.", "#group+guarantor", func(v V) any { return list(v.Guarantors) }},
		{"mediators", "Who mediates.", "#group+mediator", func(v V) any { return list(v.Mediators) }},
		{"monitors", "Who verifies.", "#group+monitor", func(v V) any { return list(v.Monitors) }},
		{"excluded", "Whom it does not cover.", "#group+excluded", func(v V) any { return list(v.Excluded) }},
		{"consent_missing", "Who is still to agree.", "#group+missing", func(v V) any { return list(v.ConsentMissing) }},
		{"parent", "The wider ceasefire that it stands under.", "#agreement+parent", func(v V) any { return v.Parent }},
		{"predecessor", "The ceasefire that it follows.", "#agreement+predecessor", func(v V) any { return v.Predecessor }},
		{"successor", "The ceasefire that follows it.", "#agreement+successor", func(v V) any { return v.Successor }},
		{"zone", "The zone in which its days are counted.", "#date+zone", func(v V) any { return v.Zone }},
		{"flags", "What the ledger noticed.", "#meta+flags", func(v V) any { return joined(v.Flags) }},
		{"effective_at", "The effective time that the row answers for.", "#date+effective", func(v V) any { return v.Effective.UTC().Format(time.RFC3339Nano) }},
		{"version", "The sequence of the newest entry of the record.", "#meta+version", func(v V) any { return int(v.Version) }},
	}
}

func edge(b *when.Bounds, latest bool) any {
	switch {
	case b == nil || b.IsZero():
		return nil
	case latest:
		return b.Latest.UTC().Format(time.RFC3339Nano)
	}
	return b.Earliest.UTC().Format(time.RFC3339Nano)
}

func precision(b *when.Bounds) any {
	if b == nil {
		return nil
	}
	return string(b.Precision)
}

func zone(b *when.Bounds) any {
	if b == nil {
		return nil
	}
	return b.Zone
}

func within(places []projections.PlaceView) any {
	names := make([]string, len(places))
	for i, p := range places {
		names[i] = p.Name
	}
	return list(names)
}

func coordinate(p []float64, i int) any {
	if len(p) != 2 {
		return nil
	}
	return p[i]
}

// list joins ids and words; a separator within one would make two of it.
func list(values []string) any {
	clean := make([]string, len(values))
	for i, v := range values {
		clean[i] = strings.ReplaceAll(v, ";", ",")
	}
	return strings.Join(clean, "; ")
}

func joined[T ~string](values []T) any {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return list(texts)
}

func casualties(counts []projections.CasualtiesView) any {
	var parts []string
	for _, c := range counts {
		text := c.Unit + " " + c.Outcome
		if c.Best != nil {
			text += " " + c.Qualifier + " " + strconv.Itoa(*c.Best)
		}
		if c.Low != nil && c.High != nil {
			text += fmt.Sprintf(" (%d to %d)", *c.Low, *c.High)
		}
		parts = append(parts, text)
	}
	return list(parts)
}

func breaches(views []projections.BreachView) any {
	var parts []string
	for _, b := range views {
		parts = append(parts, b.Ceasefire+": "+b.Breach)
	}
	return list(parts)
}

func sources(v Located) any {
	var parts []string
	for _, s := range v.Sources {
		parts = append(parts, s.Source+" "+string(s.Modality))
	}
	return list(parts)
}
