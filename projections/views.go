package projections

import (
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// The views are what the ledger answers with: one struct for each shape of answer, with the names that the contract gives.
// All instants are UTC.

// A Clock is a question's clocks as a caller may set them; what is not set takes its default: effective now, everything
// applied, no limit on publishing.
type Clock struct {
	Effective    *time.Time
	KnownAt      *time.Time
	AsOfSequence *uint64
	ReportedBy   *time.Time
}

// A CeasefireView is a ceasefire at three clocks.
type CeasefireView struct {
	ID                string            `json:"id"`
	Title             string            `json:"title,omitempty"`
	Class             string            `json:"class,omitempty"`
	Status            string            `json:"status"`
	CouldBe           []string          `json:"could_be,omitempty"`
	Contested         bool              `json:"contested"`
	Views             []AttestedView    `json:"views"`
	From              *when.Bounds      `json:"from,omitempty"`
	Until             *when.Bounds      `json:"until,omitempty"`
	Terms             []TermView        `json:"term_spans"`
	Area              []string          `json:"area"`
	CarvedOut         []string          `json:"carved_out,omitempty"`
	Parent            string            `json:"parent,omitempty"`
	Predecessor       string            `json:"predecessor,omitempty"`
	Successor         string            `json:"successor,omitempty"`
	ProposedBy        string            `json:"proposed_by,omitempty"`
	Parties           []string          `json:"parties"`
	Guarantors        []string          `json:"guarantors"`
	Mediators         []string          `json:"mediators"`
	Monitors          []string          `json:"monitors"`
	Facilitators      []string          `json:"facilitators,omitempty"`
	Witnesses         []string          `json:"witnesses,omitempty"`
	Excluded          []string          `json:"excluded"`        // its own and those of the ceasefires above it
	Consent           []string          `json:"consent"`         // whose consent is needed
	Consents          []ConsentView     `json:"consents"`        // who has agreed to the current version
	ConsentMissing    []string          `json:"consent_missing"` // who is still to agree
	ExtensionRule     string            `json:"extension_rule"`  //
	Zone              string            `json:"zone"`            //
	AccedeBy          *when.Bounds      `json:"accede_by,omitempty"`
	AgreedAt          *time.Time        `json:"agreed_at,omitempty"`
	PlannedExtensions []string          `json:"planned_extensions,omitempty"`
	TermsVersion      int               `json:"terms_version"`
	TermsText         string            `json:"terms,omitempty"`
	TermsSHA256       string            `json:"terms_sha256,omitempty"`
	Versions          []VersionView     `json:"terms_versions,omitempty"`
	Extensions        []ExtensionView   `json:"extensions,omitempty"`
	Suspensions       []TermView        `json:"suspensions,omitempty"`
	Ends              []EndView         `json:"ends,omitempty"`
	Obligations       []ObligationView  `json:"obligations,omitempty"`
	Reaffirmed        []ConsentView     `json:"reaffirmed,omitempty"`
	Flags             []domain.FlagCode `json:"flags"`
	FlagNotes         []domain.Flag     `json:"flag_notes,omitempty"`
	Effective         time.Time         `json:"effective_at"` // the effective time answered for
	Version           uint64            `json:"version"`      // the sequence of the newest entry of the record on these clocks
}

// An AttestedView is the status as somebody attests it.
type AttestedView struct {
	By       string       `json:"by"`
	Status   string       `json:"status"`
	CouldBe  []string     `json:"could_be,omitempty"`
	Source   string       `json:"source,omitempty"`
	From     *when.Bounds `json:"from,omitempty"`
	Until    *when.Bounds `json:"until,omitempty"`
	Sequence uint64       `json:"sequence"`
}

// A TermView is one span of time, [From, Until).
type TermView struct {
	From     *when.Bounds `json:"from,omitempty"`
	Until    *when.Bounds `json:"until,omitempty"`
	Sequence uint64       `json:"sequence"`
}

// A ConsentView is an actor's consent or reaffirmation.
type ConsentView struct {
	Actor    string    `json:"actor"`
	Version  int       `json:"version"`
	Through  string    `json:"through,omitempty"`
	At       time.Time `json:"at"`
	Sequence uint64    `json:"sequence"`
}

// A VersionView is one version of the terms.
type VersionView struct {
	Version  int       `json:"version"`
	At       time.Time `json:"at"`
	Sequence uint64    `json:"sequence"`
}

// An ExtensionView is an extension that moved the end.
type ExtensionView struct {
	By       []string     `json:"by"`
	From     *when.Bounds `json:"from,omitempty"`
	Until    *when.Bounds `json:"until"`
	OldUntil *when.Bounds `json:"old_until"`
	At       time.Time    `json:"at"`
	Sequence uint64       `json:"sequence"`
}

// An EndView is an act that ended the ceasefire, or ends it.
type EndView struct {
	Status    string       `json:"status"`
	From      *when.Bounds `json:"from,omitempty"`
	By        string       `json:"by,omitempty"`
	Reason    string       `json:"reason,omitempty"`
	Successor string       `json:"successor,omitempty"`
	Incidents []string     `json:"incidents,omitempty"`
	Sequence  uint64       `json:"sequence"`
}

// An ObligationView is an obligation and what was reported of its performance.
type ObligationView struct {
	Obligation  string            `json:"obligation"`
	Obligor     string            `json:"obligor,omitempty"`
	Beneficiary string            `json:"beneficiary,omitempty"`
	Modality    string            `json:"modality"`
	Text        string            `json:"text,omitempty"`
	Sequence    uint64            `json:"sequence"`
	Performance []PerformanceView `json:"performance,omitempty"`
}

// A PerformanceView is one report of how far an obligation was met.
type PerformanceView struct {
	By          string    `json:"by"`
	Performance string    `json:"performance"`
	Text        string    `json:"text,omitempty"`
	At          time.Time `json:"at"`
	Sequence    uint64    `json:"sequence"`
}

// A HistoryItem is one entry that touches a record, in words.
type HistoryItem struct {
	Sequence    uint64             `json:"sequence"`
	Record      string             `json:"record"`
	Command     string             `json:"command"`
	CommandID   string             `json:"command_id"`
	By          string             `json:"by,omitempty"`
	Occurred    *when.Bounds       `json:"occurred,omitempty"`
	Place       time.Time          `json:"place"`
	RecordedAt  time.Time          `json:"recorded_at"`
	Published   *time.Time         `json:"published,omitempty"` // when its earliest source had published it
	Principal   string             `json:"principal"`
	Sentence    string             `json:"sentence"`
	Note        string             `json:"note,omitempty"`
	Sources     []domain.SourceRef `json:"sources,omitempty"`
	Events      []string           `json:"events"`
	CorrectedBy uint64             `json:"corrected_by,omitzero"` // the entry that replaced this reading
	RetractedBy uint64             `json:"retracted_by,omitzero"`
	Corrects    uint64             `json:"corrects,omitzero"`
	SignedBy    []string           `json:"signed_by,omitempty"` // fingerprints of the keys that signed it, the author's first
	VoidBy      uint64             `json:"void_by,omitzero"`    // the entry that had ended its key: it counts for nothing
	Flags       []domain.FlagCode  `json:"flags,omitempty"`
}

// A CalendarItem is one moment at which something starts, ends, lapses or leaves a gap.
type CalendarItem struct {
	At        when.Bounds  `json:"at"`
	Until     *when.Bounds `json:"until,omitempty"` // of a gap or an overlap
	Kind      string       `json:"kind"`            // start, end, lapse, gap, overlap, suspension, resumption, deadline
	Ceasefire string       `json:"ceasefire"`
	Title     string       `json:"title,omitempty"`
	Status    string       `json:"status"`
	Sentence  string       `json:"sentence"`
}

// A Page is one page of a collection.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"` // empty on the last page
}

// A Paging says which page of a collection is wanted.
type Paging struct {
	Cursor string
	Limit  int // 0: the default of 100; at most 1,000
}

// A CeasefireFilter keeps the ceasefires that match all that is set.
type CeasefireFilter struct {
	Status    string
	Area      string // a place: ceasefires that cover it or a place in it
	Actor     string // in any role
	Class     string
	Contested *bool
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
}

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
	Ceasefires  []string           `json:"ceasefires"`
	BreachOf    []BreachView       `json:"breach_of"`
	Accounts    []AccountView      `json:"accounts"`
	Inquiries   []InquiryView      `json:"inquiries"`
	Sources     []domain.SourceRef `json:"sources"`
	Flags       []domain.FlagCode  `json:"flags"`
	FlagNotes   []domain.Flag      `json:"flag_notes,omitempty"`
	Version     uint64             `json:"version"`
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

// A TallyView is a series of counts by one source.
type TallyView struct {
	ID      string       `json:"id"`
	Source  string       `json:"source"`
	Unit    string       `json:"unit"`
	Outcome string       `json:"outcome"`
	Area    []string     `json:"area"`
	About   []string     `json:"about"`
	Points  []TallyPoint `json:"points"` // by as-of, then sequence
	Latest  *TallyPoint  `json:"latest"`
	Version uint64       `json:"version"`
}

// A TallyPoint is one figure of a series.
type TallyPoint struct {
	Best       *int               `json:"best,omitempty"`
	Qualifier  string             `json:"qualifier"`
	Low        *int               `json:"low,omitempty"`
	High       *int               `json:"high,omitempty"`
	AsOf       *when.Bounds       `json:"as_of,omitempty"`
	Period     *SpanView          `json:"period,omitempty"`
	Including  []PartView         `json:"including,omitempty"`
	Area       []string           `json:"area,omitempty"`
	Sources    []domain.SourceRef `json:"sources,omitempty"`
	RecordedAt time.Time          `json:"recorded_at"`
	Sequence   uint64             `json:"sequence"`
}

// A SpanView is a span of time, [From, Until), that is part of a larger statement.
type SpanView struct {
	From  *when.Bounds `json:"from,omitempty"`
	Until *when.Bounds `json:"until,omitempty"`
}

// A PartView is a subset of a figure.
type PartView struct {
	Unit string `json:"unit"`
	Best int    `json:"best"`
}

// A StatementView is what a speaker said.
type StatementView struct {
	ID       string             `json:"id"`
	By       string             `json:"by"`
	Kind     string             `json:"statement_kind"`
	Text     string             `json:"text"`
	About    []string           `json:"about"`
	Occurred *when.Bounds       `json:"occurred,omitempty"`
	Sources  []domain.SourceRef `json:"sources"`
	Version  uint64             `json:"version"`
}

// A TalksView is one track of talks at three clocks.
type TalksView struct {
	ID               string            `json:"id"`
	Track            string            `json:"track,omitempty"`
	Participants     []string          `json:"participants"`
	About            []string          `json:"about"`
	Status           string            `json:"status,omitempty"`           // the newest that anybody gave
	Characterisation string            `json:"characterisation,omitempty"` // the newest
	Statuses         []TalksStatusView `json:"statuses"`
	Reservations     []ReservationView `json:"reservations"`
	Version          uint64            `json:"version"`
}

// A TalksStatusView is how somebody characterises talks.
type TalksStatusView struct {
	Status           string             `json:"status,omitempty"`
	Characterisation string             `json:"characterisation,omitempty"`
	Condition        string             `json:"condition,omitempty"`
	By               string             `json:"by,omitempty"`
	Sources          []domain.SourceRef `json:"sources,omitempty"`
	Occurred         *when.Bounds       `json:"occurred,omitempty"`
	Sequence         uint64             `json:"sequence"`
}

// A ReservationView is a right that an actor reserves.
type ReservationView struct {
	By        string             `json:"by"`
	Right     string             `json:"right"`
	Condition string             `json:"condition,omitempty"`
	Sources   []domain.SourceRef `json:"sources,omitempty"`
	Occurred  *when.Bounds       `json:"occurred,omitempty"`
	Sequence  uint64             `json:"sequence"`
}

// An ActorView is a registered actor.
type ActorView struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Kind    string            `json:"kind"`
	Aliases []string          `json:"aliases"`
	Names   map[string]string `json:"names"`
	Version uint64            `json:"version"`
}

// A PlaceView is a registered place.
type PlaceView struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Parent   string            `json:"parent,omitempty"`
	Point    []float64         `json:"point,omitempty"`
	Geometry any               `json:"geometry,omitempty"`
	Aliases  []string          `json:"aliases"`
	Names    map[string]string `json:"names"`
	Version  uint64            `json:"version"`
}

// A SourceView is a registered source.
type SourceView struct {
	ID        string       `json:"id"`
	Title     string       `json:"title"`
	Publisher string       `json:"publisher,omitempty"`
	Published *when.Bounds `json:"published,omitempty"`
	URL       string       `json:"url,omitempty"`
	SHA256    string       `json:"sha256,omitempty"`
	Cites     []string     `json:"cites"`
	Version   uint64       `json:"version"`
}

// A ProjectionState is how far a projection has come, and the digest of its rows where it was asked for.
type ProjectionState struct {
	Name     string `json:"name"`
	Sequence uint64 `json:"sequence"`
	Digest   string `json:"digest,omitempty"`
}
