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
	SignedBy    []string           `json:"signed_by,omitempty"`  // fingerprints of the keys that signed it, the author's first
	VoidBy      uint64             `json:"void_by,omitzero"`     // the entry that had ended its key: it counts for nothing
	DisputedBy  uint64             `json:"disputed_by,omitzero"` // the entry that says that its key was in other hands; it counts all the same
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

// A ProjectionState is how far a projection has come, and the digest of its rows where it was asked for.
type ProjectionState struct {
	Name     string `json:"name"`
	Sequence uint64 `json:"sequence"`
	Digest   string `json:"digest,omitempty"`
}
