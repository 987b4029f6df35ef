package interchange

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/registry"
	"truceledger/domain/when"
	"truceledger/projections"
)

// own reads what WriteIncidentLines writes: incidents with the places, actors and sources that they name, one JSON object a
// line. Ids are kept. Ceasefires are not carried this way: they are acts, and travel as commands (see Commands).
type own struct{ Settings }

func newOwn(s Settings) (Format, error) { return own{s}, nil }

func (own) Name() string      { return "truce" }
func (own) Grouped() bool     { return false }
func (own) Kind() domain.Kind { return domain.KindIncident }
func (own) Prefix() string    { return "truce" }
func (own) Columns() []string { return nil }

// lines says that the table is JSON Lines.
func (own) lines() bool { return true }

// A Line is one line: the kind of record, and the view of that kind.
type Line struct {
	Kind     domain.Kind               `json:"kind"`
	Place    *projections.PlaceView    `json:"place,omitempty"`
	Actor    *projections.ActorView    `json:"actor,omitempty"`
	Source   *projections.SourceView   `json:"source,omitempty"`
	Incident *projections.IncidentView `json:"incident,omitempty"`
	Merged   *Merged                   `json:"merged,omitempty"`
}

// A Merged says that one incident of the file is a second report of another one of it. It stands after both.
type Merged struct {
	Incident string    `json:"incident"`
	Of       string    `json:"of"`
	By       string    `json:"by"`
	At       time.Time `json:"at"` // when it was said
	Reason   string    `json:"reason,omitempty"`
}

// adds reports whether a row says more of a record that another row holds.
func (own) adds(key string) bool { return strings.HasPrefix(key, "merged/") }

func (f own) line(r Row) (l Line, err error) {
	if err := json.Unmarshal([]byte(r.Raw[0]), &l); err != nil {
		return l, unfit("not-json", "the line cannot be read: %s", err)
	}
	return l, nil
}

// Key is kind/id.
func (f own) Key(r Row) string {
	l, err := f.line(r)
	switch {
	case err != nil:
		return "line"
	case l.Place != nil:
		return "place/" + l.Place.ID
	case l.Actor != nil:
		return "actor/" + l.Actor.ID
	case l.Source != nil:
		return "source/" + l.Source.ID
	case l.Incident != nil:
		return "incident/" + l.Incident.ID
	case l.Merged != nil:
		return "merged/" + l.Merged.Incident
	}
	return ""
}

// recordOf keeps the ids.
func (own) recordOf(key string) domain.Ref {
	if id, merged := strings.CutPrefix(key, "merged/"); merged {
		key = "incident/" + id
	}
	ref, _ := domain.ParseRef(key)
	return ref
}

func (f own) Translate(rows []Row) (Item, error) {
	l, err := f.line(rows[0])
	switch {
	case err != nil:
		return Item{}, err
	case l.Place != nil:
		return needed(ownPlace(l.Place))
	case l.Actor != nil:
		v := l.Actor
		return needed(&registry.RegisterActor{Actor: v.ID, Name: v.Name, Kind: registry.ActorKind(v.Kind), Aliases: v.Aliases, Names: v.Names}, nil)
	case l.Source != nil:
		v := l.Source
		return needed(&registry.RegisterSource{
			Source: v.ID, Title: v.Title, Publisher: v.Publisher, Published: stated(v.Published), URL: v.URL, SHA256: v.SHA256, Cites: v.Cites,
		}, nil)
	case l.Incident != nil:
		return ownIncident(l.Incident), nil
	case l.Merged != nil:
		m := l.Merged
		return Item{Parts: []Part{{Name: "merged", Command: &incident.MarkDuplicate{
			Header:    domain.Header{By: m.By, Occurred: when.Instant(m.At)},
			Addressed: incident.Addressed{Incident: m.Incident}, Of: m.Of, Reason: m.Reason,
		}}}}, nil
	}
	return Item{}, unfit("unknown-kind", "the line holds a %q, not a place, actor, source or incident", l.Kind)
}

func needed(c domain.Command, err error) (Item, error) {
	if err == nil && !domain.IsSlug(c.Target().ID) {
		err = unfit("invalid-field", "%q is not an id", c.Target().ID)
	}
	return Item{Needs: []domain.Command{c}}, err
}

func ownPlace(v *projections.PlaceView) (domain.Command, error) {
	c := &registry.RegisterPlace{Place: v.ID, Name: v.Name, Parent: v.Parent, Point: v.Point, Aliases: v.Aliases, Names: v.Names}
	if v.Geometry == nil {
		return c, nil
	}
	raw, err := json.Marshal(v.Geometry)
	if err == nil {
		err = json.Unmarshal(raw, &c.Geometry)
	}
	if err != nil {
		return c, unfit("invalid-field", "geometry: %s", err)
	}
	return c, nil
}

// stated says a resolved time in words that resolve to the same again, precision, zone and all.
func stated(b *when.Bounds) when.When {
	if b == nil || b.IsZero() {
		return when.When{}
	}
	for _, at := range []string{b.String(), local(*b)} {
		w := when.When{At: at, Zone: b.Zone, Phrase: b.Phrase}
		if again, err := w.Resolve("UTC"); err == nil && again.Equal(*b) && again.Precision == b.Precision && again.Zone == b.Zone {
			return w
		}
	}
	at := b.Earliest.UTC().Format(time.RFC3339Nano)
	if !b.IsInstant() {
		at += "/" + b.Latest.UTC().Format(time.RFC3339Nano)
	}
	return when.When{At: at, Phrase: b.Phrase}
}

// local writes the bounds by the clocks of their zone.
func local(b when.Bounds) string {
	zone, err := when.LoadZone(b.Zone)
	if err != nil {
		return ""
	}
	layout := "2006-01-02T15:04:05.999999999"
	if b.Precision == when.Minute {
		layout = "2006-01-02T15:04"
	}
	at := b.Earliest.In(zone).Format(layout)
	if !b.IsInstant() {
		at += "/" + b.Latest.In(zone).Format(layout)
	}
	return at
}

// ownIncident is the allegation and what was said of it since, each by who said it.
func ownIncident(v *projections.IncidentView) Item {
	c := &incident.Violate{
		Incident: v.ID, Ceasefires: v.Ceasefires, At: stated(v.At), Place: v.Place, Type: v.Type, Weapon: v.Weapon, Accused: v.Accused,
		Targets: v.Targets, Count: v.Count, Description: v.Description, Severity: incident.Severity(v.Severity),
	}
	c.By, c.Sources = v.By, v.Sources
	for _, x := range v.Casualties {
		c.Casualties = append(c.Casualties, incident.Casualties{
			Unit: domain.Unit(x.Unit), Outcome: domain.Outcome(x.Outcome), Qualifier: domain.Qualifier(x.Qualifier), Low: x.Low, Best: x.Best, High: x.High,
		})
	}
	item := Item{Parts: []Part{{Command: c}}}
	for i, a := range v.Accounts {
		item.Parts = append(item.Parts, Part{Name: partName("account", i), Command: ownAccount(v.ID, a)})
	}
	for i, q := range v.Inquiries {
		item.Parts = append(item.Parts, ownInquiry(v.ID, i, q)...)
	}
	return item
}
