package talks

import (
	"slices"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A State is what the record of talks amounts to. The zero State is one on which nothing has happened. Its lists stand in
// the order of the fold: by place, then by sequence.
type State struct {
	ID           string             `json:"id,omitempty"`
	Track        string             `json:"track,omitempty"`
	Participants []string           `json:"participants,omitempty"`
	About        []string           `json:"about,omitempty"`   // of all entries together, as kind/id
	By           string             `json:"by,omitempty"`      // who opened the record
	Sources      []domain.SourceRef `json:"sources,omitempty"` // of the opening

	// Status is the newest that somebody gave; a bare characterisation leaves it as it was. Newer is not truer: Statuses
	// has who said what.
	Status       Status        `json:"status,omitempty"`
	Statuses     []Report      `json:"statuses,omitempty"`
	Reservations []Reservation `json:"reservations,omitempty"`
}

// A Report is where somebody said that the talks stood.
type Report struct {
	Sequence         uint64             `json:"sequence"`
	Status           Status             `json:"status,omitempty"`
	Characterisation string             `json:"characterisation,omitempty"` // the source's own word
	Condition        string             `json:"condition,omitempty"`
	By               string             `json:"by,omitempty"`
	Occurred         when.Bounds        `json:"occurred,omitzero"`
	Sources          []domain.SourceRef `json:"sources,omitempty"`
}

// A Reservation is a right that an actor keeps open.
type Reservation struct {
	Sequence  uint64             `json:"sequence"`
	By        string             `json:"by"`
	Right     string             `json:"right"`
	Condition string             `json:"condition,omitempty"`
	About     []string           `json:"about,omitempty"`
	Occurred  when.Bounds        `json:"occurred,omitzero"`
	Sources   []domain.SourceRef `json:"sources,omitempty"`
}

// Exists reports whether the opening stands. What is said of talks whose opening is retracted is kept, but makes no talks.
func (s State) Exists() bool { return s.ID != "" }

// Fold returns what readings amount to. They stand in the order of their places, and are those that the clocks keep.
func Fold(readings []domain.Reading) State {
	var s State
	for _, r := range readings {
		for _, e := range r.Events {
			s.apply(r, e)
		}
	}
	return s
}

// Evolve returns s with one event of reading r applied. It never refuses, and leaves s alone.
func Evolve(s State, r domain.Reading, e domain.Event) State {
	// Without these copies two states that grew from one would write into each other's lists.
	s.About = slices.Clip(s.About)
	s.Statuses, s.Reservations = slices.Clip(s.Statuses), slices.Clip(s.Reservations)
	s.apply(r, e)
	return s
}
