package interchange

import (
	"bytes"
	"crypto/sha256"

	"github.com/google/uuid"

	"truceledger/domain"
	"truceledger/eventstore"
)

// An identity is what an import knows its own commands by, with no memory but the record. A command's id is a UUIDv8: six
// bytes that follow from the row's key, so that a later run finds what an earlier one sent among other people's words on the
// same record, and the rest from what the row says and from the command before it, so that a row that changes back is
// news too and not a repetition.
type identity [6]byte

func identify(format, key, part string) (k identity) {
	sum := sha256.Sum256([]byte("truce import\x00" + format + "\x00" + key + "\x00" + part))
	copy(k[:], sum[:])
	return k
}

// after is the id of the command that says content, sent after the command previous.
func (k identity) after(previous string, content []byte) string {
	h := sha256.New()
	h.Write([]byte(previous))
	h.Write([]byte{0})
	h.Write(content)
	var id uuid.UUID
	copy(id[:], k[:])
	copy(id[6:], h.Sum(nil))
	id[6] = id[6]&0x0f | 0x80 // version 8: ours to define
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// ours reports whether the identity's earlier runs sent a command.
func (k identity) ours(commandID string) bool {
	id, err := uuid.Parse(commandID)
	return err == nil && bytes.Equal(id[:6], k[:])
}

// gone is the content of a retraction.
var gone = []byte("retracted")

// content is what a command says, for comparing.
func content(c domain.Command) ([]byte, error) {
	head := c.Head()
	id, expect := head.CommandID, head.Expect
	head.CommandID, head.Expect = "", nil
	defer func() { head.CommandID, head.Expect = id, expect }()
	return eventstore.EncodeCommand(c)
}

// A past is what earlier runs left on a record under one identity.
type past struct {
	first, last string // command ids; "" where there is nothing
	before      string // the one before last
	retracted   uint64 // the sequence of the retraction, where the last word is one
}

func (k identity) past(r domain.Record) (p past) {
	for _, s := range r.Steps {
		id := s.Command.Head().CommandID
		if !k.ours(id) {
			continue
		}
		if p.first == "" {
			p.first = id
		}
		p.before, p.last, p.retracted = p.last, id, 0
		if c, ok := s.Command.(*domain.Retract); ok && c.Reason == vanished {
			p.retracted = s.Sequence
		}
	}
	return p
}

// says reports whether the newest command of earlier runs says content already.
func (k identity) says(p past, content []byte) bool {
	return p.last != "" && p.last == k.after(p.before, content)
}

const (
	vanished = "the row is no longer in the table"
	changed  = "the row has changed in the table"
	returned = "the row is in the table again"
)
