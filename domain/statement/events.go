package statement

import "truceledger/domain"

// An Event is a fact on the record of a statement. The marker keeps the list closed: a new one needs a case in apply.
type Event interface {
	domain.Event
	isEvent()
}

// StatementRecorded means that the speaker said the text at Occurred. Nothing follows from it for any other record: a
// reservation withdraws no consent, and an announcement ends no ceasefire.
type StatementRecorded struct{ domain.Moment }

func (StatementRecorded) isEvent() {}
