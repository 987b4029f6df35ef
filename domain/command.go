package domain

import (
	"time"

	"truceledger/domain/when"
)

// A Command is what somebody asks to be put on the record. Each verb is one struct, in the package of the kind of record
// that it addresses; pointers to those structs implement Command.
type Command interface {
	// Verb is the command's name on the wire: "propose".
	Verb() string
	// Target is the record that the command addresses. Its ID is empty where the ledger is to make one.
	Target() Ref
	// Creates reports whether the command begins its record. The others need a record that exists.
	Creates() bool
	// SetTarget writes the id that the ledger made into the command.
	SetTarget(id string)
	// Head is the part that every command has, for reading and for filling in defaults.
	Head() *Header
}

// Header holds the fields that every command may carry.
type Header struct {
	By        string      `json:"by,omitempty" doc:"The actor who does this, as registered." ref:"actor"`
	Occurred  when.When   `json:"occurred,omitzero" doc:"When it was done or happened; by default now."`
	Sources   []SourceRef `json:"sources,omitempty" doc:"Who says so: registered sources, each with how it says it."`
	Note      string      `json:"note,omitempty" doc:"Free text for the record."`
	CommandID string      `json:"command_id,omitempty" doc:"A UUID that makes a repeated request harmless: the idempotency key, one space of keys for each caller."`
	Expect    *uint64     `json:"expect,omitempty" doc:"The record's version (the sequence of its newest entry) that the caller has seen; a newer one refuses the command."`
}

// Head returns the header itself, so that a command that embeds Header has the method.
func (h *Header) Head() *Header { return h }

// A SourceRef cites a registered source, and how it speaks of the matter.
type SourceRef struct {
	Source   string   `json:"source" doc:"A registered source." ref:"source" required:"true"`
	Modality Modality `json:"modality,omitempty" doc:"How the source speaks; by default asserts."`
	Quote    string   `json:"quote,omitempty" doc:"The source's own words."`
}

// A Modality is how a source speaks of what a command records: asserting a thing is not the same as hoping for it.
type Modality string

const (
	Asserts Modality = "asserts"
	Quotes  Modality = "quotes"
	Denies  Modality = "denies"
	Hopes   Modality = "hopes"
	Demands Modality = "demands"
)

// Values lists what a modality may be.
func (Modality) Values() []string { return []string{"asserts", "quotes", "denies", "hopes", "demands"} }

// Firm reports whether the source itself stands behind the matter, by its own word or by a quotation.
func (m Modality) Firm() bool { return m == "" || m == Asserts || m == Quotes }

// An Event is a fact that followed from a command. Each is one struct, named in the past tense; what it says of time and
// quantity is resolved, and it repeats no text of its command. Values, not pointers, implement Event.
type Event interface {
	// When is the moment that the event carries.
	When() Moment
}

// A Moment places an event in effective time.
type Moment struct {
	// Occurred is when it happened, as far as the command says, resolved; without the phrase, which the command keeps.
	Occurred when.Bounds `json:"occurred,omitzero"`
	// Place is the instant from which the event counts: the earliest that Occurred allows, but not before the place of
	// an entry of the same record that was recorded earlier and lies within the same bounds. UTC.
	Place time.Time `json:"place,omitzero"`
}

// When returns the moment itself, so that an event that embeds Moment has the method.
func (m Moment) When() Moment { return m }

// A Decision is what a command amounts to on the record. No events means that all of it is on the record already.
type Decision struct {
	// Defaults are the paths of the fields of the command that were filled in, such as "occurred" or "from.zone".
	Defaults []string
	Events   []Event
}

// A Step is one entry as the fold of its record sees it.
type Step struct {
	Sequence   uint64
	RecordedAt time.Time // the ledger's claim, UTC
	Command    Command   // as accepted, with its defaults filled in
	Events     []Event
	// Void is the entry that had ended the key of this one before it came: it is void on arrival, part of the record and of
	// no reading. 0 for every other.
	Void uint64
}

// Moment is the moment of the step: that of its first event.
func (s Step) Moment() Moment {
	if len(s.Events) == 0 {
		return Moment{}
	}
	return s.Events[0].When()
}

// A Setting is what a decision may know besides the record's own state: all of it is stored in the entry, so that anybody
// can decide the same again.
type Setting struct {
	Now   time.Time // the recording time, UTC: never before the record's previous entry
	Zone  string    // the ledger's default zone
	Facts Facts
}
