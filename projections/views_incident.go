package projections

import (
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// An IncidentView is an incident at three clocks.
type IncidentView struct {
	ID          string             `json:"id"`
	Status      string             `json:"status"`
	Attribution string             `json:"attribution"`
	At          *when.Bounds       `json:"at,omitempty"`
	Place       string             `json:"place,omitempty"`
	Type        string             `json:"type,omitempty"`
	Weapon      string             `json:"weapon,omitempty"`
	By          string             `json:"by,omitempty"`
	Accused     []string           `json:"accused"`
	Targets     []string           `json:"targets,omitempty"`
	Casualties  []CasualtiesView   `json:"casualties"`
	Count       int                `json:"count"`
	Description string             `json:"description,omitempty"`
	Severity    string             `json:"severity,omitempty"`
	Near        *NearView          `json:"near,omitempty"`
	Ceasefires  []string           `json:"ceasefires"`
	DuplicateOf string             `json:"duplicate_of,omitempty"` // the incident under which this report is counted
	Duplicates  []DuplicateView    `json:"duplicates,omitempty"`   // the reports that are counted under this one
	BreachOf    []BreachView       `json:"breach_of"`
	Accounts    []AccountView      `json:"accounts"`
	Inquiries   []InquiryView      `json:"inquiries"`
	Sources     []domain.SourceRef `json:"sources"`
	Flags       []domain.FlagCode  `json:"flags"`
	FlagNotes   []domain.Flag      `json:"flag_notes,omitempty"`
	Version     uint64             `json:"version"`
}

// A NearView is a square of the ledger's grid, which is where something happened as exactly as everybody may know.
type NearView struct {
	Point    []float64 `json:"point"`     // its middle: longitude and latitude
	WithinKm float64   `json:"within_km"` // its side
}

// A CasualtiesView is one count of people, as its source gives it.
type CasualtiesView struct {
	Unit      string `json:"unit"`
	Outcome   string `json:"outcome"`
	Qualifier string `json:"qualifier"`
	Low       *int   `json:"low,omitempty"`
	Best      *int   `json:"best,omitempty"`
	High      *int   `json:"high,omitempty"`
}

// A BreachView says whether an incident is alleged to breach one ceasefire that it cites: alleged, contested or none.
type BreachView struct {
	Ceasefire string            `json:"ceasefire"`
	Breach    string            `json:"breach"`
	Flags     []domain.FlagCode `json:"flags,omitempty"`
}

// An AccountView is what somebody says of an incident.
type AccountView struct {
	Kind        string    `json:"kind"` // corroborated, disputed, attributed, denied
	By          string    `json:"by"`
	Actor       string    `json:"actor,omitempty"`
	Confidence  string    `json:"confidence,omitempty"`
	Description string    `json:"description,omitempty"`
	At          time.Time `json:"at"`
	Sequence    uint64    `json:"sequence"`
}

// A DuplicateView is another report of an incident: it stays on the record with its own sources, and is not counted.
type DuplicateView struct {
	ID       string             `json:"id"`
	By       string             `json:"by,omitempty"`
	Status   string             `json:"status"`
	At       *when.Bounds       `json:"at,omitempty"`
	Sources  []domain.SourceRef `json:"sources"`
	MarkedBy string             `json:"marked_by"`
	MarkedAt time.Time          `json:"marked_at"` // in effective time
	Reason   string             `json:"reason,omitempty"`
}

// An InquiryView is one inquiry into an incident.
type InquiryView struct {
	By        string     `json:"by"`
	Opened    time.Time  `json:"opened"`
	Suspended *time.Time `json:"suspended,omitempty"`
	Concluded *time.Time `json:"concluded,omitempty"`
	Finding   string     `json:"finding,omitempty"`
	Reason    string     `json:"reason,omitempty"`
}

// A CountRow is one row of counts over incidents: the values of the asked dimensions, and how many. Casualties are kept
// apart by source: they are never summed over different ones.
type CountRow struct {
	Key       map[string]string `json:"key"`
	Incidents int               `json:"incidents"` // records
	Events    int               `json:"events"`    // what the records stand for: the sum of their counts
}

// An IncidentFilter keeps the incidents that match all that is set.
type IncidentFilter struct {
	Ceasefire string
	Place     string // a place or one that it lies in
	Type      string
	Status    string
	Accused   string
	By        string
	Since     *time.Time // at.latest after it
	Until     *time.Time // at.earliest before it
	Duplicate *bool      // whether it is a second report of another one
}
