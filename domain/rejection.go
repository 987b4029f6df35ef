package domain

import (
	"fmt"
	"strings"
)

// A Rejection is a rule's no: a constant "code: sentence". The code is stable; programs may depend on it. The sentence is
// for the negotiator.
type Rejection string

// Code is the stable name of the refusal.
func (r Rejection) Code() string {
	code, _, _ := strings.Cut(string(r), ": ")
	return code
}

// Error is the sentence.
func (r Rejection) Error() string {
	_, sentence, _ := strings.Cut(string(r), ": ")
	return sentence
}

// A Refusal is a Rejection together with the case at hand.
type Refusal struct {
	Rejection
	Case string // such as `the ceasefire ended on 2016-05-10 00:01 Asia/Damascus`
}

func (r *Refusal) Error() string { return r.Rejection.Error() + " (" + r.Case + ")" }

func (r *Refusal) Unwrap() error { return r.Rejection }

// Refuse returns rej with the case at hand in words.
func Refuse(rej Rejection, format string, args ...any) error {
	return &Refusal{Rejection: rej, Case: fmt.Sprintf(format, args...)}
}

// A FieldError says that one field of a command cannot be used as it stands. It names the field and what is allowed; it
// is the caller's slip, not a rule's no.
type FieldError struct {
	Field   string // the path in the command, such as "from.zone" or "casualties[0].best"
	Problem string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Problem }

// Field returns a FieldError.
func Field(field, format string, args ...any) error {
	return &FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// A NotFound says that the record that a command or a question addresses does not exist, or not at the question's clocks.
type NotFound struct {
	Record Ref
	Why    string // what keeps the record from who asks, who may know of it; empty where there is none
}

func (e *NotFound) Error() string {
	if e.Why != "" {
		return fmt.Sprintf("%s is not on the record as asked: %s", e.Record, e.Why)
	}
	return fmt.Sprintf("%s is not on the record", e.Record)
}

// The refusals that every kind of record shares. R-numbers are those of the rules in doc.go.
const (
	ErrUnknownID      Rejection = "unknown-id: a command may only name records that exist; register it first or mend the id"                       // R1
	ErrExists         Rejection = "exists: a record with this id exists already; choose another id, or correct the one that exists"                // R1
	ErrSourceNeeded   Rejection = "source-needed: a report needs somebody who stands behind it: name by or at least one source"                    // R15
	ErrInTheFuture    Rejection = "in-the-future: an act cannot have been done after the moment it is recorded; only from and until may lie ahead" // R14
	ErrNotAnEntry     Rejection = "not-an-entry: a correction names an existing entry of the same record"                                          // R12
	ErrItself         Rejection = "corrects-itself: a correction cannot name itself or an entry that comes after it"                               // R12
	ErrReplacement    Rejection = "replacement-differs: a replacement is a whole command of the same kind for the same record"                     // R12
	ErrFinal          Rejection = "final: keys, readings of secrets, and sharings are not corrected or taken back; a key is revoked"               // R12
	ErrRetracted      Rejection = "retracted: the entry is retracted already"                                                                      // R12
	ErrRecordFull     Rejection = "record-full: a record holds at most 10,000 entries; go on in a successor"
	ErrEndBeforeStart Rejection = "end-before-start: the end must come after the start" // R5, R11
)

// MostEntries is how many entries one record may hold.
const MostEntries = 10_000
