package tally

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// An Event is a fact on the record of a series. The marker keeps the list closed: a new one needs a case in apply.
type Event interface {
	domain.Event
	isEvent()
}

// TallyRecorded means that the source of the series gave a figure. It says nothing of other sources' figures, which are
// never added to it.
type TallyRecorded struct {
	domain.Moment
	AsOf   when.Bounds `json:"as_of,omitzero"`  // the moment for which the figure is given, where the source says
	Period Span        `json:"period,omitzero"` // the time over which was counted, where the source says
}

// A Span is the time over which something was counted, [From, Until); either side may be unset.
type Span struct {
	From  when.Bounds `json:"from,omitzero"`
	Until when.Bounds `json:"until,omitzero"`
}

func (TallyRecorded) isEvent() {}
