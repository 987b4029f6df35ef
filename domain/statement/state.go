package statement

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// A State is what the record of a statement amounts to. The zero State is one that nobody made.
type State struct {
	ID       string             `json:"id,omitempty"`
	By       string             `json:"by,omitempty"` // the speaker
	Kind     Kind               `json:"statement_kind,omitempty"`
	About    []string           `json:"about,omitempty"` // the records that it concerns, as kind/id
	Text     string             `json:"text,omitempty"`
	Occurred when.Bounds        `json:"occurred,omitzero"` // when it was said, with the phrase in which that was stated
	Sources  []domain.SourceRef `json:"sources,omitempty"`
}

// Exists reports whether the statement stands.
func (s State) Exists() bool { return s.ID != "" }

// Fold returns what readings amount to. They are those that the clocks keep.
func Fold(readings []domain.Reading) State {
	var s State
	for _, r := range readings {
		for _, e := range r.Events {
			s = Evolve(s, r, e)
		}
	}
	return s
}

// Evolve returns s with one event of reading r applied. It never refuses, and leaves s alone.
func Evolve(s State, r domain.Reading, e domain.Event) State {
	switch e := e.(type) {
	case StatementRecorded:
		if c, ok := r.Command.(*RecordStatement); ok {
			return c.state(r, e)
		}
	}
	return s
}

func (c *RecordStatement) state(r domain.Reading, e StatementRecorded) State {
	s := State{
		ID: c.Statement, By: c.By, Kind: c.Kind, About: c.About, Text: c.Text, Occurred: e.Occurred, Sources: r.Sources,
	}
	s.Occurred.Phrase = c.Occurred.Phrase
	return s
}
