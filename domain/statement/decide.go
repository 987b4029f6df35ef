// Package statement holds the rules for statements: what a speaker said, and about which records.
//
// It keeps the words and what the speaker did by saying them. It changes no other record.
package statement

import (
	"fmt"

	"truceledger/domain"
)

// Judge applies the rules of statements. It is a domain.Judge. Every statement whose fields can be read is accepted: it is
// the speaker's word, and contradicts whom it likes.
func Judge(_ []domain.Reading, m domain.Moment, c domain.Command, _ domain.Setting) ([]domain.Event, []string, error) {
	switch c.(type) {
	case *RecordStatement:
		return []domain.Event{StatementRecorded{m}}, nil, nil
	}
	panic(fmt.Sprintf("statement: Judge has no case for %T", c)) // unreachable: the target's kind chose this package
}
