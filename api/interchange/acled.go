package interchange

import (
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/when"
)

// acled reads an export of the Armed Conflict Location & Event Data project: a living data set, whose rows are altered and
// deleted later. Altered rows become corrections.
type acled struct{ Settings }

func (acled) Name() string      { return "acled" }
func (acled) Grouped() bool     { return false }
func (acled) Kind() domain.Kind { return domain.KindIncident }
func (acled) Prefix() string    { return "acled" }
func (acled) Key(r Row) string  { return r.First("event_id_cnty", "data_id") }
func (acled) Columns() []string {
	return []string{"event_id_cnty", "event_date", "time_precision", "event_type", "sub_event_type", "actor1", "country", "location", "latitude", "longitude", "geo_precision", "source", "fatalities"}
}

// Translate makes an allegation by ACLED of each event. The order of its actors says nothing of blame, except where it
// codes violence against civilians: there the first is who did it.
func (f acled) Translate(rows []Row) (Item, error) {
	r, n := rows[0], &needs{}
	c := &incident.Violate{
		Incident: recordOf(f, f.Key(r)).ID, Type: strings.ReplaceAll(slug(firstOf(r.Get("sub_event_type"), r.Get("event_type"))), "-", "_"),
		Ceasefires: f.Ceasefires, Description: r.Get("notes"), Count: 1,
	}
	c.By = n.organisation("acled", "Armed Conflict Location & Event Data")
	var err error
	if c.At, err = f.at(r); err != nil {
		return Item{}, err
	}
	if c.Place, err = acledPlace(r, n); err != nil {
		return Item{}, err
	}
	dead, ok := number(r.Get("fatalities"))
	if !ok || dead < 0 {
		return Item{}, unfit("bad-number", "fatalities is %q, not a count", r.Get("fatalities"))
	}
	c.Casualties = []incident.Casualties{killed("people", dead)}
	f.actors(r, n, c)
	for _, s := range strings.Split(r.Get("source"), ";") {
		if s = strings.TrimSpace(s); s != "" {
			c.Sources = append(c.Sources, domain.SourceRef{Source: n.source("acled", s, "", s), Modality: domain.Quotes})
		}
	}
	c.Note = note("ACLED "+f.Key(r), r, "event_type", "sub_event_type", "actor1", "assoc_actor_1", "actor2", "assoc_actor_2", "time_precision", "geo_precision", "source_scale", "tags", "timestamp")
	return Item{Needs: n.list, Parts: []Part{{Command: c}}}, nil
}

// note keeps columns that have no field of their own, in the table's words.
func note(title string, r Row, columns ...string) string {
	var parts []string
	for _, c := range columns {
		if v := r.Get(c); v != "" {
			parts = append(parts, c+" "+v)
		}
	}
	return title + ": " + strings.Join(parts, "; ")
}

// at is the day; with time precision 2 the week around it, with 3 the month.
func (f acled) at(r Row) (when.When, error) {
	d, err := dated(r.Get("event_date"), time.DateOnly, "02 January 2006", "2 January 2006", "02-Jan-06")
	if err != nil {
		return when.When{}, err
	}
	switch r.Get("time_precision") {
	case "1":
		return when.When{At: day(d), Zone: f.Zone}, nil
	case "2":
		monday := d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
		return when.When{At: day(monday) + "/" + day(monday.AddDate(0, 0, 6)), Zone: f.Zone}, nil
	case "3":
		return when.When{At: d.Format("2006-01"), Zone: f.Zone}, nil
	}
	return when.When{}, unfit("bad-date", "time_precision is %q, not 1, 2 or 3", r.Get("time_precision"))
}

// acledPlace keeps a point for a known town only (geo_precision 1): a coarser code puts it at the capital of the area.
func acledPlace(r Row, n *needs) (string, error) {
	at, err := point(r.Get("longitude"), r.Get("latitude"))
	if err != nil {
		return "", err
	}
	country, adm1, adm2 := chain(n, r.Get("country"), r.Get("admin1"), r.Get("admin2"))
	within, name := firstOf(adm2, adm1, country), r.Get("location")
	switch p := r.Get("geo_precision"); {
	case country == "":
		return "", unfit("no-place", "the row names no country")
	case p == "1" && name != "" && at != nil:
		return n.place(slug(within+" "+name+" "+coordinates(at)), name, within, at), nil
	case p == "2" && name != "":
		return n.place(slug("about "+within+" "+name), name+" (approximate)", within, nil), nil
	case p == "3":
		return firstOf(adm1, country), nil
	default:
		return "", unfit("no-place", "geo_precision %q with %q names no place", p, name)
	}
}

func (f acled) actors(r Row, n *needs, c *incident.Violate) {
	for _, column := range []string{"actor1", "assoc_actor_1", "actor2", "assoc_actor_2"} {
		for _, name := range strings.Split(r.Get(column), ";") {
			name = strings.TrimSpace(name)
			switch {
			case name == "":
			case strings.HasPrefix(name, "Civilians"):
				c.Targets = []string{"civilians"}
			default:
				id := n.actor("acled-"+slug(name), name)
				if column == "actor1" && r.Get("event_type") == "Violence against civilians" {
					c.Accused = []string{id}
				}
			}
		}
	}
}
