package interchange

import (
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/go-json-experiment/json"

	"truceledger/projections"
)

// WriteGeoJSON writes incidents as an RFC 7946 collection. Where no point is known the geometry is null: an incident that is
// known by its province only must not show as a dot in the middle of it.
func WriteGeoJSON(w io.Writer, incidents iter.Seq2[Located, error]) error {
	type geometry struct {
		Type        string    `json:"type"`
		Coordinates []float64 `json:"coordinates"`
	}
	type feature struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		Geometry   *geometry      `json:"geometry"`
		Properties map[string]any `json:"properties"`
	}
	columns := IncidentColumns()
	separator := `{"type":"FeatureCollection","features":[`
	for v, err := range incidents {
		if err != nil {
			return err
		}
		f := feature{Type: "Feature", ID: v.ID, Properties: map[string]any{}}
		if len(v.Point) == 2 {
			f.Geometry = &geometry{"Point", v.Point}
		}
		if v.Near != nil {
			f.Properties["within_km"] = v.Near.WithinKm
		}
		for _, c := range columns {
			if x := c.Value(v); x != nil && x != "" {
				f.Properties[c.Name] = x
			}
		}
		raw, err := json.Marshal(f, json.Deterministic(true))
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, separator+"\n"+string(raw)); err != nil {
			return err
		}
		separator = ","
	}
	if separator != "," {
		separator += "\n" // an empty collection
	} else {
		separator = "\n"
	}
	_, err := io.WriteString(w, separator+"]}\n")
	return err
}

// WriteICS writes the calendar as iCalendar. A moment that is not known exactly is shown as the span in which it lies, and
// says so: a programme that showed its beginning alone would promise too much.
func WriteICS(w io.Writer, items iter.Seq2[projections.CalendarItem, error], stamp time.Time) error {
	c := ics.NewCalendar()
	c.SetProductId("-//Truce Ledger//EN")
	c.SetMethod(ics.MethodPublish)
	c.SetName("Ceasefires")
	for item, err := range items {
		if err != nil {
			return err
		}
		e := c.AddEvent(fmt.Sprintf("%s-%s-%d@truce", item.Ceasefire, item.Kind, item.At.Earliest.Unix()))
		e.SetDtStampTime(stamp.UTC()) // RFC 5545 asks for it, and some programmes drop events without
		e.SetStartAt(item.At.Earliest.UTC())
		end := item.At.Latest
		if item.Until != nil {
			end = item.Until.Latest
		}
		if end.After(item.At.Earliest) {
			e.SetEndAt(end.UTC())
		}
		e.SetSummary(strings.TrimSpace(item.Kind + ": " + firstOf(item.Title, item.Ceasefire)))
		text := item.Sentence
		if !item.At.IsInstant() {
			text += " (some moment within " + item.At.String() + ")"
		}
		e.SetDescription(text)
		e.AddProperty(ics.ComponentPropertyCategories, item.Kind)
	}
	return c.SerializeTo(w, ics.WithNewLineWindows)
}

// An atomFeed is an RFC 4287 feed.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Link    atomLink    `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Author  string   `xml:"author>name"`
	Link    atomLink `xml:"link"`
	Summary string   `xml:"summary"`
}

// WriteAtom writes what was recorded of some ceasefires, the newest first, as a feed. self is where it is served.
func WriteAtom(w io.Writer, self, link string, items []projections.HistoryItem, now time.Time) error {
	f := atomFeed{ID: self, Title: "Ceasefires: what was recorded", Updated: now.UTC().Format(time.RFC3339), Author: "Truce Ledger", Link: atomLink{"self", self}}
	if len(items) > 0 {
		f.Updated = items[0].RecordedAt.UTC().Format(time.RFC3339Nano)
	}
	for _, h := range items {
		f.Entries = append(f.Entries, atomEntry{
			ID: "urn:uuid:" + h.CommandID, Title: h.Sentence, Updated: h.RecordedAt.UTC().Format(time.RFC3339Nano),
			Author: firstOf(h.By, h.Principal), Summary: strings.TrimSpace(h.Command + " " + h.Record + " " + h.Note),
			Link: atomLink{Href: fmt.Sprintf("%s/%d", link, h.Sequence)},
		})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", " ")
	if err := out.Encode(f); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
