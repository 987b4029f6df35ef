package talks

import "truceledger/domain"

// An Event is a fact on the record of talks. The marker keeps the list closed: a new one needs a case in apply.
type Event interface {
	domain.Event
	isEvent()
}

// TalksOpened means that the ledger began to keep a record of a track of talks. It does not mean that anybody sat down.
type TalksOpened struct{ domain.Moment }

// TalksStatusRecorded means that somebody said where the talks stood at Occurred. Others may have said otherwise.
type TalksStatusRecorded struct{ domain.Moment }

// RightReserved means that an actor kept a right open, such as that to leave. It is not its use: nobody has left.
type RightReserved struct{ domain.Moment }

func (TalksOpened) isEvent()         {}
func (TalksStatusRecorded) isEvent() {}
func (RightReserved) isEvent()       {}
