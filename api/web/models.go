package web

import (
	"time"

	"truceledger/domain/ceasefire"
	"truceledger/projections"
)

// An Overview is the page of all ceasefires at the asked clocks.
type Overview struct {
	Frame
	Rows       []Row
	Counts     []Count // of all that the filters keep, by status
	Total      int
	Contested  int
	NextCursor string
	Story      []StoryItem // the newest of what had happened
	Places     []PlaceRow
	Trend      []TrendRow
	Classes    []string
	Areas      []Choice
	Actors     []Choice
	Exports    []Export
	Layers     []LayerInfo
}

// Statuses are what the filter of the overview offers.
func (Overview) Statuses() []string { return ceasefire.Status("").Values() }

// A Row is one ceasefire, as it was known at the asked clocks and, where that differs, as it is known now.
type Row struct {
	projections.CeasefireView
	Now  *projections.CeasefireView // nil where no clock of knowledge is set, or where it was not known
	Diff map[string]bool            // which of status, from, until, contested differ
	Then bool                       // it was known then at all
}

// A Count is how many ceasefires have a status.
type Count struct {
	Status string
	Number int
}

// A StoryItem is an entry, and the ceasefire whose history it stands in.
type StoryItem struct {
	projections.HistoryItem
	Ceasefire string
}

// A PlaceRow is what the map shows of a place; the table beside the map shows the same.
type PlaceRow struct {
	ID        string
	Statuses  []PlaceStatus // some of the ceasefires that cover it
	Covered   int           // by how many
	Strongest string        // the status that the map's colour tells
	Incidents int
	Depth     int  // how many places it lies in
	Imprecise bool // it has no outline: a point in the middle stands for an area
	Contested bool
}

// Others is how many more ceasefires cover the place than are named.
func (p PlaceRow) Others() int { return p.Covered - len(p.Statuses) }

// A PlaceStatus is a ceasefire that covers a place.
type PlaceStatus struct{ Ceasefire, Title, Status string }

// A TrendRow is how many incidents fall into a stretch of time.
type TrendRow struct {
	From              time.Time
	Key               string // 2016-05-03 or 2016-05
	Incidents, Events int
	Charted           bool // it is a whole stretch of the chart; one of which only the year is known is not
}

// A Choice is one that a filter offers.
type Choice struct{ ID string }

// An Export is a form in which what is filtered can be carried away.
type Export struct{ Label, Address string }

// A LayerInfo is a layer of the map that the operator supplied.
type LayerInfo struct {
	Title, Disclaimer, Address string
	Tiles                      bool // Address/z/x/y with the ending
	Ending                     string
	MinZoom, MaxZoom           int
}

// A Ceasefire is the page of one ceasefire.
type Ceasefire struct {
	Frame
	View       projections.CeasefireView
	Now        *projections.CeasefireView
	Diff       map[string]bool
	Bar        *Bar
	Incidents  []projections.IncidentView
	Statements []projections.StatementView
	History    []HistoryEntry
	NextCursor string // of the history
	Acts       []string
	Shares     string // the record, where it is restricted and the caller may share such ones
	Exports    []Export
	Recorded   string     // the entry that the reader has just put on the record
	Proof      *ProofMark // of the agreement; nil where there is none, or this server proves nothing
}

// A HistoryEntry is an entry with the chains of its sources.
type HistoryEntry struct {
	projections.HistoryItem
	Chains []Chain
	Proof  *ProofMark // nil where this server proves nothing
}

// A ProofMark is how far the proof of an entry has come: pending, logged, cosigned or quorum.
type ProofMark struct {
	Sequence  uint64
	State     string
	Witnesses []string // who has cosigned a head over it
	Growing   bool     // it is still to become what the operator's policy asks for
}

// A Chain is a source, and the sources that it cites in turn.
type Chain struct {
	Modality, Quote string
	Sources         []projections.SourceView // the first speaks, the others are cited by the one before
}

// An IncidentList is the page of incidents.
type IncidentList struct {
	Frame
	Items      []projections.IncidentView
	Trend      []TrendRow
	NextCursor string
	Exports    []Export
	Areas      []Choice
	Statuses   []string
}

// An Incident is the page of one incident.
type Incident struct {
	Frame
	View     projections.IncidentView
	History  []HistoryEntry
	Shares   string // as of a ceasefire
	Recorded string
}

// Sources is the page that sets the tallies of different observers side by side.
type Sources struct {
	Frame
	Groups  []TallyGroup
	Exports []Export
}

// A TallyGroup holds the series that count alike: the same outcome. They are never added up.
type TallyGroup struct {
	Outcome string
	Series  []projections.TallyView
}

// Login is the page on which people sign in.
type Login struct {
	Frame
	Next  string // where to go then
	Org   string // who keeps accounts to sign in with; "" for nobody
	Begin string // the address that such a sign-in begins at
	Wrong string // why it did not work
}

// A Problem is the page that says why there is no other.
type Problem struct {
	Frame
	Status int
	Reason string
	Detail string
}
