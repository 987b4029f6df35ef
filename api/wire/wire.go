// Package wire names the shapes that are spoken over HTTP and that are not answers of the read models: what an accepted
// command is answered with, and how a no looks. Server and client share them. It does nothing.
package wire

import (
	"encoding/json"
	"net/http"
	"time"
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
