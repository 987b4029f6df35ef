// Package signed reads, makes and checks commands that a party has signed with its own SSH key. A negotiator has such a
// key, ssh-keygen on any laptop checks the signature, and hardware keys and agents make it.
//
// A signed command is an Envelope: the exact bytes that were signed, and signatures over them in the form of OpenSSH's
// PROTOCOL.sshsig. The bytes are a Statement in JSON. Nothing re-encodes them: what was signed is what is stored.
//
// The package trusts no key that a signature carries. It allows Ed25519 keys in a file, an agent or a FIDO token, and
// nothing else; a command is decoded from bytes that have been verified. It decides no rule of the domain.
package signed

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MediaType is the type of an Envelope where it is sent over HTTP.
const MediaType = "application/vnd.truce.signed+json"

// Namespace keeps a signature from being used for anything but a command to one ledger. It is hashed into what is signed.
func Namespace(ledger string) string { return "truce-command-v1@" + ledger }

// Why a signed command is refused.
var (
	ErrForm      = errors.New("not a signed command")
	ErrSignature = errors.New("the signature does not hold")
	ErrKey       = errors.New("the key may not sign")
)

// An Envelope is a signed command as it is sent and as it stands in an entry.
type Envelope struct {
	Signed     []byte   `json:"signed"`     // the bytes that were signed; base64 in JSON
	Signatures []string `json:"signatures"` // as ssh-keygen -Y sign writes them, from "-----BEGIN" to the last newline
}

const (
	maxSigned     = 48 << 10 // in base64 it fits into an entry
	maxSignatures = 8
)

// A Statement is what a party signs.
type Statement struct {
	Ledger string `json:"ledger"` // the ledger's id, so that no other ledger can use it
	// Command is the command in full, with every field that the ledger would otherwise fill in: what is signed is what
	// stands on the record.
	Command jsontext.Value `json:"command"`
	// TermsSHA256 is the hash of the exact text that is agreed to, where the command agrees to one.
	TermsSHA256 string `json:"terms_sha256,omitempty"`
	// WordsSHA256 is the hash of the command in words, as it was shown to the signer.
	WordsSHA256 string `json:"words_sha256"`
	// PartySeq counts the commands that the key has signed, from 1. A gap that a later statement shows is a command that
	// was signed and never logged; it is flagged, never refused.
	PartySeq uint64 `json:"party_seq"`
	// Seen is the newest head of the log that the signer had checked: the statement cannot be older than that.
	Seen Seen `json:"seen"`
	// ValidUntil is the moment (RFC 3339) after which the ledger must not take the statement.
	ValidUntil string `json:"valid_until"`
}

// Seen names a head of the log. Size 0 says that the signer had seen none.
type Seen struct {
	Size int64  `json:"size"`
	Root []byte `json:"root,omitempty"`
}

// strict refuses what two readers could understand differently.
var strict = json.JoinOptions(json.RejectUnknownMembers(true))

// ParseEnvelope reads an envelope, strictly.
func ParseEnvelope(body []byte) (Envelope, error) {
	var e Envelope
	if err := json.Unmarshal(body, &e, strict); err != nil {
		return Envelope{}, fmt.Errorf("%w: %w", ErrForm, slip(err))
	}
	return e, e.check()
}

func (e Envelope) check() error {
	switch {
	case len(e.Signed) == 0 || len(e.Signed) > maxSigned:
		return fmt.Errorf("%w: %d signed bytes, at most %d", ErrForm, len(e.Signed), maxSigned)
	case len(e.Signatures) == 0 || len(e.Signatures) > maxSignatures:
		return fmt.Errorf("%w: %d signatures, 1 to %d", ErrForm, len(e.Signatures), maxSignatures)
	}
	return nil
}

// Marshal writes the envelope as JSON on one line.
func (e Envelope) Marshal() ([]byte, error) { return json.Marshal(e, json.Deterministic(true)) }

// ParseStatement reads signed bytes, strictly. Call Verify first: before that they are nobody's word.
func ParseStatement(raw []byte) (Statement, error) {
	var s Statement
	if len(raw) > maxSigned {
		return Statement{}, fmt.Errorf("%w: %d bytes", ErrForm, len(raw))
	}
	if err := json.Unmarshal(raw, &s, strict); err != nil {
		return Statement{}, fmt.Errorf("%w: %w", ErrForm, slip(err))
	}
	return s, s.check()
}

func (s Statement) check() error {
	_, err := s.Until()
	switch {
	case s.Ledger == "":
		return fmt.Errorf("%w: ledger is missing", ErrForm)
	case s.Command.Kind() != '{':
		return fmt.Errorf("%w: command is missing", ErrForm)
	case err != nil:
		return err
	case s.PartySeq == 0:
		return fmt.Errorf("%w: party_seq counts from 1", ErrForm)
	case s.Seen.Size < 0 || (s.Seen.Size > 0) != (len(s.Seen.Root) == 32):
		return fmt.Errorf("%w: seen is a size and a root of 32 bytes, or size 0", ErrForm)
	}
	return s.checkWords()
}

// checkWords checks that the words' hash is that of the command in words: the signer was shown this and nothing else.
func (s Statement) checkWords() error {
	words, err := Words(s)
	if err != nil {
		return err
	}
	if WordsHash(words) != s.WordsSHA256 {
		return fmt.Errorf("%w: words_sha256 is not the hash of the command in words; sign with a program that shows them", ErrForm)
	}
	return nil
}

// Until is the moment after which the ledger must not take the statement.
func (s Statement) Until() (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s.ValidUntil)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: valid_until %q is no RFC 3339 time", ErrForm, clip(s.ValidUntil))
	}
	return t, nil
}

// Marshal writes the statement as JSON on one line: the bytes to sign.
func (s Statement) Marshal() ([]byte, error) {
	command := bytes.Clone(s.Command)
	s.Command = command
	if err := s.Command.Compact(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	return json.Marshal(s, json.Deterministic(true))
}

// SeenRoot is the root that the signer had seen, in base64.
func (s Statement) SeenRoot() string { return base64.StdEncoding.EncodeToString(s.Seen.Root) }

func clip(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
