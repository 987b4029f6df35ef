package eventstore

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"truceledger/domain"
	"truceledger/eventstore/proof/signed"
)

const (
	// Rules is the version of the rules that this program decides by; every entry says by which it was decided.
	Rules = 1
	// Format is the newest form of entries that this program can read and the one that it writes.
	Format = 1

	specVersion = "1.0" // of CloudEvents
	entryType   = "truce.entry.v1"
	contentType = "application/json"
	sourcePart  = "urn:truce:"
)

// Why stored bytes cannot be read.
var (
	ErrNotAnEntry   = errors.New("not an entry of this ledger")
	ErrUnknownEvent = errors.New("unknown event type")
)

// An Entry is one accepted command with the events that it caused: one message of the log, one leaf of the proof tree.
// What it points to is shared with caches and must not be changed.
type Entry struct {
	Sequence uint64 // its place in the log, 0 as long as it has none; not part of the payload
	Payload  []byte // the stored bytes, which are never encoded again; one line without its end

	ID            string // a UUIDv7
	Ledger        string // the ledger's id
	Ref           domain.Ref
	RecordedAt    time.Time // UTC, whole microseconds; never before that of the record's previous entry
	VersionBefore uint64    // the sequence of the record's previous entry, 0 for none
	ReadTo        uint64    // facts of other records are as of this sequence
	Rules         int       // the rules' version
	Command       domain.Command
	Defaults      []string // the paths of the command's fields that the ledger filled in
	Principal     string   // who was authenticated
	Events        []domain.Event
	CausationID   string // the id of the entry or message that led to this one, if the caller gave it
	CorrelationID string // what the caller says that this belongs to
	Nonce         string // 16 random bytes in hex, so that nobody can guess an entry from its hash

	// Void is the entry that had ended its key before it came, 0 for none: see VoidedBy. It is not part of the payload, and
	// decoding leaves it 0.
	Void uint64

	// canonical says that the payload is, byte for byte, what this program writes for the fields above.
	canonical bool

	// Signed is the command as its party signed it, nil for one that nobody signed. The payload then holds these bytes in
	// place of the command, which is read from them. Decoding checks no signature: see package proof/signed.
	Signed *signed.Envelope
}

// Record is the record that the entry belongs to.
func (e Entry) Record() domain.Ref { return e.Ref }

// Kind is the kind of that record.
func (e Entry) Kind() domain.Kind { return e.Ref.Kind }

// Step is the entry as the fold of its record sees it.
func (e Entry) Step() domain.Step {
	return domain.Step{Sequence: e.Sequence, RecordedAt: e.RecordedAt, Command: e.Command, Events: e.Events, Void: e.Void}
}

// Subject is the subject of the log on which the entries of a record stand: one literal subject for each record, so
// that optimistic concurrency needs no wildcards.
func Subject(r domain.Ref) string { return "truce." + string(r.Kind) + "." + r.ID }

// SubjectRef is the record that a subject of the log is for: what Subject was given.
func SubjectRef(subject string) domain.Ref {
	kind, id, _ := strings.Cut(strings.TrimPrefix(subject, "truce."), ".")
	return domain.Ref{Kind: domain.Kind(kind), ID: id}
}

// SubjectOf is the stream's subject of an entry, as the entry's own bytes say. Where the log itself is at hand its word counts.
func SubjectOf(payload []byte) (string, error) {
	var entry struct {
		Subject string `json:"subject"`
	}
	if err := json.Unmarshal(payload, &entry); err != nil {
		return "", fmt.Errorf("it is no entry: %w", err)
	}
	kind, id, _ := strings.Cut(entry.Subject, "/")
	return Subject(domain.Ref{Kind: domain.Kind(kind), ID: id}), nil
}

// An envelope is an entry as it stands on the wire: a CloudEvents 1.0 structured event.
type envelope struct {
	SpecVersion string       `json:"specversion"`
	ID          string       `json:"id"`
	Source      string       `json:"source"`
	Type        string       `json:"type"`
	Subject     string       `json:"subject"`
	Time        string       `json:"time"`
	ContentType string       `json:"datacontenttype"`
	Data        envelopeData `json:"data"`
}

type envelopeData struct {
	VersionBefore uint64         `json:"version_before"`
	ReadTo        uint64         `json:"read_to"`
	Rules         int            `json:"rules"`
	Command       storedCommand  `json:"command"`
	Defaults      []string       `json:"defaults,omitempty"`
	Principal     string         `json:"principal"`
	Events        []domain.Event `json:"events"`
	CausationID   string         `json:"causation_id,omitempty"`
	CorrelationID string         `json:"correlation_id,omitempty"`
	Nonce         string         `json:"nonce"`
}

// Encode writes the entry's payload: one line of at most MaxPayload bytes; ErrTooLarge says how long it would be.
func Encode(e Entry) ([]byte, error) {
	w := enveloped(e)
	payload, err := encode(&w)
	if err != nil {
		return nil, fmt.Errorf("encode entry of %s: %w", e.Ref, err)
	}
	if len(payload) > MaxPayload {
		return nil, fmt.Errorf("%w: it has %d bytes, at most %d fit; keep long texts as attachments", ErrTooLarge, len(payload), MaxPayload)
	}
	return payload, nil
}

// encodesTo reports whether the entry's payload is what is given.
func encodesTo(e Entry, payload []byte) (same bool) {
	w := envelopes.Get().(*envelope)
	defer func() { *w = envelope{}; envelopes.Put(w) }()
	*w = enveloped(e)
	if quickly(w, func(again []byte) { same = bytes.Equal(again, payload) }) {
		return same
	}
	again, err := marshal(w)
	return err == nil && bytes.Equal(again, payload)
}

func enveloped(e Entry) envelope {
	return envelope{
		SpecVersion: specVersion,
		ID:          e.ID,
		Source:      sourcePart + e.Ledger,
		Type:        entryType,
		Subject:     e.Ref.String(),
		Time:        e.RecordedAt.UTC().Format(time.RFC3339Nano),
		ContentType: contentType,
		Data: envelopeData{
			VersionBefore: e.VersionBefore,
			ReadTo:        e.ReadTo,
			Rules:         e.Rules,
			Command:       storedCommand{command: e.Command, signed: e.Signed},
			Defaults:      e.Defaults,
			Principal:     e.Principal,
			Events:        e.Events,
			CausationID:   e.CausationID,
			CorrelationID: e.CorrelationID,
			Nonce:         e.Nonce,
		},
	}
}

// encode writes what v points to: an envelope or a command.
func encode(v any) (raw []byte, err error) {
	if quickly(v, func(b []byte) { raw = bytes.Clone(b) }) {
		return raw, nil
	}
	return marshal(v)
}

// Decode reads a stored message, strictly: whatever it does not know in full is an error and never skipped. A message
// without a sequence is read like one that is about to be stored.
func Decode(m Message) (Entry, error) {
	e, err := decode(m.Payload)
	if err == nil {
		e.Sequence = m.Sequence
		err = e.standsIn(m)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("decode entry %d on %q: %w", m.Sequence, m.Subject, err)
	}
	return e, nil
}

// envelopes are lent, as they are larger than what is kept of them.
var envelopes = sync.Pool{New: func() any { return new(envelope) }}

func decode(payload []byte) (Entry, error) { return decodeText(payload, "") }

// decodeText reads a payload whose text, if it is not empty, may be kept: the entry's texts are then parts of it and not of a
// copy.
func decodeText(payload []byte, text string) (Entry, error) {
	if n := len(payload); n > MaxPayload || n == 0 || payload[n-1] != '}' || bytes.IndexByte(payload, '\n') >= 0 {
		return Entry{}, fmt.Errorf("%w: its %d bytes are not one line with one object", ErrNotAnEntry, n)
	}
	raw, err := upcastEntry(payload)
	if err != nil {
		return Entry{}, err
	}
	w := envelopes.Get().(*envelope)
	defer func() { *w = envelope{}; envelopes.Put(w) }()
	if text == "" || &raw[0] != &payload[0] {
		text = string(raw)
	}
	quick := quicklyReadText(text, w)
	if !quick {
		err = unmarshal(raw, w)
	}
	if err != nil {
		return Entry{}, err
	}
	e, err := w.entry(payload)
	e.canonical = quick && &raw[0] == &payload[0] // not one that was upcast
	return e, err
}

// entry checks the envelope's own fields and makes an entry of it.
func (w *envelope) entry(payload []byte) (Entry, error) {
	ref, err := parseSubject(w.Subject)
	if err != nil {
		return Entry{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, w.Time)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: time: %w", ErrNotAnEntry, err)
	}
	ledger, named := strings.CutPrefix(w.Source, sourcePart)
	d := w.Data
	switch {
	case w.SpecVersion != specVersion || w.Type != entryType || w.ContentType != contentType:
		return Entry{}, fmt.Errorf("%w: specversion %q, type %q, datacontenttype %q", ErrNotAnEntry, clip(w.SpecVersion), clip(w.Type), clip(w.ContentType))
	case !named || ledger == "":
		return Entry{}, fmt.Errorf("%w: source %q", ErrNotAnEntry, clip(w.Source))
	case !isUUID(w.ID):
		return Entry{}, fmt.Errorf("%w: id %q", ErrNotAnEntry, clip(w.ID))
	case !inMicroseconds(w.Time):
		return Entry{}, fmt.Errorf("%w: time %q is not UTC in whole microseconds", ErrNotAnEntry, clip(w.Time))
	case len(d.Nonce) != 32 || !isHex(d.Nonce):
		return Entry{}, fmt.Errorf("%w: nonce %q", ErrNotAnEntry, clip(d.Nonce))
	case d.Command.command == nil || len(d.Events) == 0:
		return Entry{}, fmt.Errorf("%w: it has no command or no events", ErrNotAnEntry)
	case d.Command.command.Target() != ref:
		return Entry{}, fmt.Errorf("%w: subject %q, command for %q", ErrNotAnEntry, ref, d.Command.command.Target())
	case d.Command.signed != nil && (d.Command.ledger != ledger || len(d.Defaults) > 0):
		return Entry{}, fmt.Errorf("%w: a command that was signed for ledger %q, with %d fields filled in", ErrNotAnEntry, clip(d.Command.ledger), len(d.Defaults))
	}
	return Entry{
		Payload: payload,
		ID:      w.ID, Ledger: ledger, Ref: ref, RecordedAt: at.UTC(),
		VersionBefore: d.VersionBefore, ReadTo: d.ReadTo, Rules: d.Rules,
		Command: d.Command.command, Signed: d.Command.signed, Defaults: d.Defaults, Principal: d.Principal, Events: d.Events,
		CausationID: d.CausationID, CorrelationID: d.CorrelationID, Nonce: d.Nonce,
	}, nil
}

// standsIn checks what the payload says of its place against the place where it was found.
func (e Entry) standsIn(m Message) error {
	if want := Subject(e.Ref); m.Subject != want {
		return fmt.Errorf("%w: it belongs on %q", ErrNotAnEntry, want)
	}
	return e.standsBefore(m.Sequence)
}

// standsBefore checks that an entry says to depend only on earlier ones; a sequence of 0 is not known yet.
func (e Entry) standsBefore(sequence uint64) error {
	if sequence != 0 && (e.VersionBefore >= sequence || e.ReadTo >= sequence) {
		return fmt.Errorf("%w: it says that it follows entry %d and has read to %d", ErrNotAnEntry, e.VersionBefore, e.ReadTo)
	}
	return nil
}

func parseSubject(s string) (domain.Ref, error) {
	if s == genesis.String() {
		return genesis, nil
	}
	ref, err := domain.ParseRef(s)
	if err != nil {
		return domain.Ref{}, fmt.Errorf("%w: subject: %w", ErrNotAnEntry, err)
	}
	return ref, nil
}

// inMicroseconds reports whether a time that time.Parse takes is written as RFC3339Nano writes UTC in whole microseconds.
func inMicroseconds(s string) bool {
	const whole = len("2016-05-04T12:00:00")
	if len(s) == whole+1 {
		return s[whole] == 'Z'
	}
	digits := len(s) - whole - 2
	return digits >= 1 && digits <= 6 && s[whole] == '.' && s[len(s)-2] != '0' && s[len(s)-1] == 'Z'
}

// isUUID reports whether s is a UUID in its usual form, in lower case.
func isUUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
		isHex(s[:8]) && isHex(s[9:13]) && isHex(s[14:18]) && isHex(s[19:23]) && isHex(s[24:])
}

// isHex reports whether s has nothing but digits of hex in lower case.
func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// newNonce returns 16 random bytes in hex.
func newNonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
