// Package wire names the shapes that are spoken over HTTP and that are not answers of the read models: what an accepted
// command is answered with, and how a no looks. Server and client share them. It does nothing.
package wire

import (
	"encoding/json"
	"net/http"
	"time"

	"truceledger/domain/incident"
)

// Accepted is the answer to a command that is on the record.
type Accepted struct {
	Record     string            `json:"record" doc:"The record, as kind/id."`
	Sequence   uint64            `json:"sequence" doc:"The entry's place in the log."`
	Version    uint64            `json:"version" doc:"The record's version after it: the same number."`
	CommandID  string            `json:"command_id" doc:"The command's id; the ledger made one where none was given."`
	RecordedAt time.Time         `json:"recorded_at" doc:"When the ledger recorded it, by its own clock."`
	Events     []json.RawMessage `json:"events" doc:"The facts that followed, each an object with its type."`
	Receipt    string            `json:"receipt,omitempty" doc:"Where the proof is that it stands in the log: a file to keep."`
}

// A Problem is an error as RFC 9457 writes it. Code is stable; Detail is a sentence for people.
type Problem struct {
	Type      string   `json:"type" doc:"The kind of problem: urn:truce:problem: and the code."`
	Title     string   `json:"title" doc:"The kind of problem in words."`
	Status    int      `json:"status" doc:"The HTTP status."`
	Code      string   `json:"code" doc:"The stable code that programs may depend on."`
	Detail    string   `json:"detail" doc:"What is wrong in this case, and what to do about it."`
	Field     string   `json:"field,omitempty" doc:"The path of the command's field that is wrong."`
	Parameter string   `json:"parameter,omitempty" doc:"The query parameter or header that is wrong."`
	Instance  string   `json:"instance,omitempty" doc:"Names this very occurrence, for the operator who looks into the logs."`
	Allowed   []string `json:"allowed,omitempty" doc:"What would have been allowed."`
	Version   *uint64  `json:"version,omitempty" doc:"The record's version now, where the one given is stale."`
	Writer    string   `json:"writer,omitempty" doc:"Where commands are taken, where this server takes none."`

	Header http.Header `json:"-"` // what is sent along, such as Retry-After
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus, GetHeaders and ContentType are what huma asks an error for.
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) GetHeaders() http.Header   { return p.Header }
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// With sets a header that is sent along.
func (p *Problem) With(name, v string) *Problem {
	if p.Header == nil {
		p.Header = http.Header{}
	}
	p.Header.Set(name, v)
	return p
}

// An Attachment is a file that the server holds.
type Attachment struct {
	SHA256    string `json:"sha256" doc:"Its name: the SHA-256 of its bytes, in hex."`
	Bytes     uint64 `json:"bytes" doc:"How many bytes it has."`
	MediaType string `json:"media_type" doc:"What it was said to be."`
}

// Sealed is the answer to a value that was sealed.
type Sealed struct {
	Commitment string         `json:"commitment" doc:"What a command may hold in the value's place."`
	Key        string         `json:"key" doc:"The commitment's key in hex, shown this once: with it and the value anybody can check the commitment."`
	Near       *incident.Near `json:"near,omitempty" doc:"Of a point: the square that everybody may know, for the command's field near."`
}

// Opened is a sealed value that was read.
type Opened struct {
	Record     string `json:"record" doc:"The record that holds it, as kind/id."`
	Commitment string `json:"commitment" doc:"The commitment."`
	Value      string `json:"value" doc:"What was sealed."`
	Key        string `json:"key" doc:"The commitment's key, in hex."`
	Sequence   uint64 `json:"sequence" doc:"The entry that says that it was read."`
}
