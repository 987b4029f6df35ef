package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/proof/signed"
	"truceledger/projections"
)

// Accepted is the answer to a command that is on the record.
type Accepted struct {
	wire.Accepted
	Replayed bool // it was on the record before: nothing was stored now
}

// Do puts a command on the record.
func (c *Client) Do(ctx context.Context, command domain.Command) (Accepted, error) {
	raw, err := eventstore.EncodeCommand(command)
	if err != nil {
		return Accepted{}, err
	}
	return c.Send(ctx, command.Verb(), raw)
}

// Send puts a command on the record, given as a JSON object. A command without a command_id gets one, so that sending it
// again after a broken connection cannot store it twice.
func (c *Client) Send(ctx context.Context, verb string, command []byte) (Accepted, error) {
	r := request{
		method: http.MethodPost, path: "/v1/commands/" + url.PathEscape(verb), body: command,
		header: http.Header{"Content-Type": {"application/json"}},
	}
	var given struct {
		CommandID string `json:"command_id"`
	}
	// What cannot be read is sent as it is: the server says what is wrong with it.
	if err := json.Unmarshal(command, &given); err == nil && given.CommandID == "" {
		r.header.Set("Idempotency-Key", uuid.Must(uuid.NewV7()).String())
	}
	return c.accepted(ctx, verb, r)
}

func (c *Client) accepted(ctx context.Context, verb string, r request) (Accepted, error) {
	status, body, err := c.send(ctx, r)
	if err != nil {
		return Accepted{}, err
	}
	a := Accepted{Replayed: status == http.StatusOK}
	if err := json.Unmarshal(body, &a.Accepted); err != nil {
		return Accepted{}, fmt.Errorf("the answer to %s cannot be read: %w", verb, err)
	}
	return a, nil
}

// SendSigned puts a command on the record that its party has signed.
func (c *Client) SendSigned(ctx context.Context, verb string, e signed.Envelope) (Accepted, error) {
	raw, err := e.Marshal()
	if err != nil {
		return Accepted{}, err
	}
	return c.accepted(ctx, verb, request{
		method: http.MethodPost, path: "/v1/commands/" + url.PathEscape(verb), body: raw,
		header: http.Header{"Content-Type": {signed.MediaType}},
	})
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready    bool   `json:"ready"`
	Writable bool   `json:"writable"`
	Sequence uint64 `json:"sequence"`
	Last     uint64 `json:"last"`
	Lag      uint64 `json:"lag"`
	Version  string `json:"version"`
}

// Ready asks once whether the server is ready. A server that is not says so as a *Problem.
func (c *Client) Ready(ctx context.Context) (Readiness, error) {
	_, body, err := c.once(ctx, request{method: http.MethodGet, path: "/readyz"})
	if err != nil {
		return Readiness{}, err
	}
	var r Readiness
	return r, json.Unmarshal(body, &r)
}

// Digests asks for the digest of every serving projection, once they hold the given sequence.
func (c *Client) Digests(ctx context.Context, atLeast uint64) ([]projections.ProjectionState, error) {
	q := url.Values{}
	if atLeast > 0 {
		q.Set("min_sequence", strconv.FormatUint(atLeast, 10))
	}
	return c.states(ctx, request{method: http.MethodGet, path: "/v1/admin/digests", query: q, lasts: true})
}

// Rebuild rebuilds the server's projections, and returns when the new ones serve.
func (c *Client) Rebuild(ctx context.Context) ([]projections.ProjectionState, error) {
	return c.states(ctx, request{method: http.MethodPost, path: "/v1/admin/rebuild", lasts: true})
}

func (c *Client) states(ctx context.Context, r request) ([]projections.ProjectionState, error) {
	_, body, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Projections []projections.ProjectionState `json:"projections"`
	}
	return answer.Projections, json.Unmarshal(body, &answer)
}
