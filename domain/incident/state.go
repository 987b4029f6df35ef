package incident

import (
	"slices"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A State is what the record of an incident amounts to. The zero State is one on which nothing has happened.
//
// Accounts and inquiries stand in the order of the fold: by place, then by sequence.
type State struct {
	ID string `json:"id,omitempty"`

	// What the allegation says.
	Ceasefires  []string           `json:"ceasefires,omitempty"`
	At          when.Bounds        `json:"at,omitzero"` // with the phrase in which it was stated
	Place       string             `json:"place,omitempty"`
	Type        string             `json:"type,omitempty"`
	Weapon      string             `json:"weapon,omitempty"`
	Accused     []string           `json:"accused,omitempty"`
	Targets     []string           `json:"targets,omitempty"`
	Casualties  []Casualties       `json:"casualties,omitempty"`
	Count       int                `json:"count,omitzero"` // how many such events it stands for
	Description string             `json:"description,omitempty"`
	Severity    Severity           `json:"severity,omitempty"`
	Near        Near               `json:"near,omitzero"` // where, as exactly as everybody may know
	By          string             `json:"by,omitempty"`  // who alleges it
	Sources     []domain.SourceRef `json:"sources,omitempty"`

	Status      Status       `json:"status,omitempty"`
	Attribution Attribution  `json:"attribution,omitempty"`
	Accounts    []Testimony  `json:"accounts,omitempty"`
	Inquiries   []Proceeding `json:"inquiries,omitempty"`
	Duplicate   Duplication  `json:"duplicate,omitzero"`

	// OutOfOrder are the entries that changed nothing where they stand, such as the conclusion of an inquiry that an
	// entry recorded later concludes earlier.
	OutOfOrder []uint64 `json:"out_of_order,omitempty"`
}

// A Testimony is what somebody other than a monitor's inquiry says about an incident.
type Testimony struct {
	Sequence    uint64             `json:"sequence"`
	Kind        TestimonyKind      `json:"kind"`
	By          string             `json:"by"`
	Actor       string             `json:"actor,omitempty"` // whom an attribution or a denial is about
	Confidence  Confidence         `json:"confidence,omitempty"`
	Description string             `json:"description,omitempty"`
	Occurred    when.Bounds        `json:"occurred,omitzero"` // when it was said
	Sources     []domain.SourceRef `json:"sources,omitempty"`
}

// A Proceeding is one stretch of one monitor's inquiry, from its opening to its suspension or conclusion. An inquiry that
// is taken up again begins another.
type Proceeding struct {
	Sequence  uint64      `json:"sequence"` // of the entry that opened it
	By        string      `json:"by"`
	Mandate   string      `json:"mandate,omitempty"` // the ceasefire that entitles by
	Status    Status      `json:"status"`
	Opened    when.Bounds `json:"opened,omitzero"`
	Suspended when.Bounds `json:"suspended,omitzero"`
	Concluded when.Bounds `json:"concluded,omitzero"`
	Finding   Finding     `json:"finding,omitempty"`
	Reason    string      `json:"reason,omitempty"` // the newest that was given
}

// pending reports whether the proceeding waits for a conclusion.
func (p Proceeding) pending() bool { return p.Status == UnderInquiry || p.Status == Halted }

// Exists reports whether an allegation stands. What is said about one that is retracted is kept, but makes no incident.
func (s State) Exists() bool { return s.ID != "" }

// inquiryOf returns the index of the newest proceeding of a monitor, -1 where it has none.
func (s State) inquiryOf(monitor string) int {
	for i, p := range slices.Backward(s.Inquiries) {
		if p.By == monitor {
			return i
		}
	}
	return -1
}

// Fold returns what readings amount to. They stand in the order of their places, and are those that the clocks keep.
func Fold(readings []domain.Reading) State {
	var s State
	for _, r := range readings {
		for _, e := range r.Events {
			s.apply(r, e)
		}
	}
	s.derive() // once: it looks at every account, and a record may hold thousands
	return s
}

// Evolve returns s with one event of reading r applied. It never refuses, and leaves s alone.
func Evolve(s State, r domain.Reading, e domain.Event) State {
	// Without these copies two states that grew from one would write into each other's lists.
	s.Accounts, s.OutOfOrder = slices.Clip(s.Accounts), slices.Clip(s.OutOfOrder)
	s.Inquiries = slices.Clone(s.Inquiries)
	s.apply(r, e)
	s.derive()
	return s
}
