package incident

import (
	"errors"

	"truceledger/domain"
	"truceledger/domain/when"
)

// MarkDuplicate says that the incident is a second report of something that is on the record as another incident. Both
// stay on the record and readable, with their sources; counts count what happened once. A retraction takes it back.
type MarkDuplicate struct {
	domain.Header `by:"required"`
	Addressed
	Of     string `json:"of" doc:"The incident that reports the same, and that counts for both." ref:"incident" required:"true"`
	Reason string `json:"reason,omitempty" doc:"Why they are held to be the same."`
}

func (*MarkDuplicate) Verb() string { return "mark-duplicate" }

// DuplicateMarked means that somebody who may say so holds the incident to be the same as another. It says nothing about
// whether either happened.
type DuplicateMarked struct {
	domain.Moment
	Mandated
}

func (DuplicateMarked) isEvent() {}

// A Duplication says which other incident one is a second report of, by the newest mark that stands.
type Duplication struct {
	Of       string      `json:"of,omitempty"`
	By       string      `json:"by,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Occurred when.Bounds `json:"occurred,omitzero"`
	Sequence uint64      `json:"sequence,omitempty"`
}

// judge admits who may merge two reports, and refuses a circle: then none of the reports in it would count.
func (c *MarkDuplicate) judge(h hearing) ([]domain.Event, []string, error) {
	mandate, err := h.mayMerge(c.By)
	if err != nil {
		return nil, nil, err
	}
	if h.Duplicate.Of == c.Of {
		return nil, nil, nil // on the record already
	}
	if err := h.leadsBack(c.Of); err != nil {
		return nil, nil, err
	}
	return []domain.Event{DuplicateMarked{h.moment, Mandated{mandate}}}, nil, nil
}

// mayMerge lets the one who alleged the incident say that it was reported before, and a monitor as for an inquiry. An
// incident that cites no ceasefire is nobody's breach and has no monitors: anybody may find that it stands there twice.
func (h hearing) mayMerge(by string) (mandate string, err error) {
	if h.Exists() && (by == h.By || len(h.Ceasefires) == 0) {
		return "", nil
	}
	mandate, err = h.admit(by)
	var no *domain.Refusal
	if errors.As(err, &no) && no.Rejection == ErrNotAMonitor {
		err = domain.Refuse(ErrMayNotMerge, "%s", no.Case) // who alleged it may too, and has to learn that here
	}
	return mandate, err
}

// leadsBack refuses an incident that is this one, or a duplicate of it over any number of steps. It takes 64 at most, so that a
// circle that two commands closed at the same moment cannot hang a decision.
func (h hearing) leadsBack(of string) error {
	for range 64 {
		if of == h.ID {
			return domain.Refuse(ErrCircle, "%s", h.ID)
		}
		next, err := h.facts.DuplicateOf(of)
		if err != nil || next == "" {
			return err
		}
		of = next
	}
	return nil
}

func (s *State) marked(r domain.Reading, e DuplicateMarked) {
	c, ok := r.Command.(*MarkDuplicate)
	if !ok {
		return // unreachable: Judge makes the event of this command only
	}
	s.Duplicate = Duplication{Of: c.Of, By: c.By, Reason: c.Reason, Occurred: occurred(r, e), Sequence: r.Sequence}
}
