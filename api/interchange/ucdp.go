package interchange

import (
	"fmt"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/when"
)

// ucdp reads the UCDP Georeferenced Event Dataset (CC BY 4.0; Sundberg and Melander 2013).
type ucdp struct{ Settings }

func (ucdp) Name() string      { return "ucdp-ged" }
func (ucdp) Grouped() bool     { return false }
func (ucdp) Key(r Row) string  { return r.Get("id") }
func (ucdp) Kind() domain.Kind { return domain.KindIncident }
func (ucdp) Prefix() string    { return "ucdp-ged" }
func (ucdp) Columns() []string {
	return []string{
		"id", "type_of_violence", "side_a", "side_b", "source_article", "where_prec", "where_coordinates", "adm_1", "adm_2",
		"latitude", "longitude", "country", "event_clarity", "date_prec", "date_start", "date_end", "deaths_a", "deaths_b",
		"deaths_civilians", "deaths_unknown", "low", "best", "high",
	}
}

var ucdpTypes = map[string]string{"1": "state_based", "2": "non_state", "3": "one_sided"}

// Translate makes an allegation by UCDP of each event.
func (f ucdp) Translate(rows []Row) (Item, error) {
	r, n := rows[0], &needs{}
	c := &incident.Violate{
		Incident: recordOf(f, f.Key(r)).ID, Type: ucdpTypes[r.Get("type_of_violence")], Ceasefires: f.Ceasefires,
		Description: r.Get("side_a") + " - " + r.Get("side_b"), Count: 1,
	}
	if c.Type == "" {
		return Item{}, unfit("bad-type", "type_of_violence is %q, not 1, 2 or 3", r.Get("type_of_violence"))
	}
	c.By = n.organisation("ucdp", "Uppsala Conflict Data Program")
	var err error
	if c.At, err = f.at(r); err != nil {
		return Item{}, err
	}
	if c.Casualties, err = ucdpDeaths(r); err != nil {
		return Item{}, err
	}
	if c.Place, err = ucdpPlace(r, n); err != nil {
		return Item{}, err
	}
	f.sides(r, n, c)
	c.Sources = ucdpSources(r, n)
	c.Note = ucdpCodes(r)
	return Item{Needs: n.list, Parts: []Part{{Command: c}}}, nil
}

// at is the day, or the span within which UCDP knows that the event happened: its first and last possible day.
func (f ucdp) at(r Row) (when.When, error) {
	start, err := dated(r.Get("date_start"), time.DateOnly, "2006-01-02 15:04:05.000", "2006-01-02 15:04:05")
	if err != nil {
		return when.When{}, err
	}
	end, err := dated(r.Get("date_end"), time.DateOnly, "2006-01-02 15:04:05.000", "2006-01-02 15:04:05")
	switch {
	case err != nil:
		return when.When{}, err
	case end.Before(start):
		return when.When{}, unfit("bad-date", "date_end %s lies before date_start %s", day(end), day(start))
	case end.Equal(start):
		return when.When{At: day(start), Zone: f.Zone}, nil
	}
	return when.When{At: day(start) + "/" + day(end), Zone: f.Zone}, nil
}

// ucdpDeaths keeps the total with its bounds, and how many of them were civilians or of unknown standing. The parts stand
// beside the total and are never added to it.
func ucdpDeaths(r Row) ([]incident.Casualties, error) {
	read := func(column string) (int, error) {
		v, ok := number(r.Get(column))
		if !ok || v < 0 {
			return 0, unfit("bad-number", "%s is %q, not a count", column, r.Get(column))
		}
		return v, nil
	}
	var v [7]int
	for i, column := range []string{"low", "best", "high", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"} {
		var err error
		if v[i], err = read(column); err != nil {
			return nil, err
		}
	}
	if v[0] > v[1] || v[1] > v[2] {
		return nil, unfit("bounds-disordered", "low %d, best %d, high %d: low <= best <= high must hold", v[0], v[1], v[2])
	}
	total := incident.Casualties{Unit: "people", Outcome: "killed", Qualifier: "about", Low: &v[0], Best: &v[1], High: &v[2]}
	if v[0] == v[2] {
		total = killed("people", v[1])
	}
	list := []incident.Casualties{total}
	if fighters := v[3] + v[4]; fighters > 0 {
		list = append(list, killed("fighters", fighters))
	}
	if v[5] > 0 {
		list = append(list, killed("civilians", v[5]))
	}
	if v[6] > 0 {
		list = append(list, killed("unknown", v[6]))
	}
	return list, nil
}

// ucdpPlace registers the place as finely as where_prec says that it is known, with what it lies in. A point is given only
// to what is known to within 25 km: the centre of a district is not where it happened.
func ucdpPlace(r Row, n *needs) (string, error) {
	at, err := point(r.Get("longitude"), r.Get("latitude"))
	if err != nil {
		return "", err
	}
	name := r.Get("where_coordinates")
	country, adm1, adm2 := chain(n, r.Get("country"), r.Get("adm_1"), r.Get("adm_2"))
	within := firstOf(adm2, adm1, country)
	switch p := r.Get("where_prec"); {
	case country == "":
		return "", unfit("no-place", "the row names no country")
	case p == "6":
		return country, nil
	case p == "4" && adm1 != "":
		return adm1, nil
	case p == "3" && adm2 != "":
		return adm2, nil
	case name == "" || len(p) != 1 || p < "1" || p > "7":
		return "", unfit("no-place", "where_prec %q with %q names no place", p, name)
	case p == "1" && at != nil:
		return n.place(slug(within+" "+name+" "+coordinates(at)), name, within, at), nil
	case p == "2" && at != nil:
		return n.place(slug("near "+within+" "+name+" "+coordinates(at)), name+" (within 25 km)", within, at), nil
	case p == "1" || p == "2":
		return "", unfit("no-place", "where_prec %q without coordinates", p)
	}
	return n.place(slug("about "+within+" "+name), name+" (approximate)", within, nil), nil
}

// chain registers a country and what lies in it, as far as they are named.
func chain(n *needs, country, adm1, adm2 string) (string, string, string) {
	if country == "" {
		return "", "", ""
	}
	id0, id1, id2 := n.place(slug(country), country, "", nil), "", ""
	if adm1 != "" && adm1 != country {
		id1 = n.place(slug(country+" "+adm1), adm1, id0, nil)
	}
	if adm2 != "" && adm2 != adm1 {
		id2 = n.place(slug(country+" "+adm1+" "+adm2), adm2, firstOf(id1, id0), nil)
	}
	return id0, id1, id2
}

func coordinates(p []float64) string { return fmt.Sprintf("%.4f %.4f", p[0], p[1]) }

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// sides registers both sides. Only of one-sided violence does UCDP say who did it: in a fight neither side is accused.
func (f ucdp) sides(r Row, n *needs, c *incident.Violate) {
	id := func(side string) string {
		if number := r.First(side+"_new_id", side+"_dset_id"); number != "" {
			return "ucdp-actor-" + slug(number)
		}
		return "ucdp-" + slug(r.Get(side))
	}
	if name := r.Get("side_a"); name != "" {
		a := n.actor(id("side_a"), name)
		if c.Type == "one_sided" {
			c.Accused = []string{a}
		}
	}
	switch name := r.Get("side_b"); name {
	case "":
	case "Civilians":
		c.Targets = []string{"civilians"}
	default:
		n.actor(id("side_b"), name)
	}
}

// ucdpSources are the articles that the event was coded from: "office,date,headline", in quotes, with semicolons between.
func ucdpSources(r Row, n *needs) (list []domain.SourceRef) {
	seen := map[string]bool{}
	for _, article := range strings.Split(r.Get("source_article"), `";"`) {
		article = strings.TrimSpace(strings.Trim(article, `"`))
		if article == "" {
			continue
		}
		office, rest, _ := strings.Cut(article, ",")
		date, headline, _ := strings.Cut(rest, ",")
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			date, headline = "", rest // a comma in the name of the office: the whole is the title
		}
		id := n.source("ucdp", office, date, firstOf(strings.TrimSpace(headline), article))
		if !seen[id] {
			seen[id] = true
			list = append(list, domain.SourceRef{Source: id, Modality: domain.Quotes})
		}
	}
	return list
}

// ucdpCodes keeps the codes that have no field of their own, in UCDP's words.
func ucdpCodes(r Row) string {
	var parts []string
	for _, c := range []string{"conflict_name", "dyad_name", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "date_prec", "where_prec", "event_clarity", "number_of_sources"} {
		if v := r.Get(c); v != "" {
			parts = append(parts, c+" "+v)
		}
	}
	if r.Get("event_clarity") == "2" {
		parts = append(parts, "an aggregate: how many events it stands for is not known")
	}
	return "UCDP GED " + r.Get("id") + ": " + strings.Join(parts, "; ")
}
