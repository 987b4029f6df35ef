package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/proof/signed"
)

// CommandInput is a command as it comes in. Its body is read by the handler, because the strict decoder is not huma's.
type CommandInput struct {
	Command        string `path:"command" doc:"The command's verb." example:"propose"`
	IdempotencyKey string `header:"Idempotency-Key" doc:"A UUID, the same as command_id in the body: the same key and body again is answered with the first answer."`
	IfMatch        string `header:"If-Match" doc:"The ETag of the record that you have seen: a newer one refuses the command."`
	CorrelationID  string `header:"Correlation-Id" doc:"What you say that this belongs to; kept in the entry."`
	CausationID    string `header:"Causation-Id" doc:"The id of what led to this; kept in the entry."`
	request        *http.Request
	writer         http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (in *CommandInput) Resolve(ctx huma.Context) []error {
	in.request, in.writer = humago.Unwrap(ctx)
	return nil
}

type commandOutput struct {
	Status   int
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     wire.Accepted
}

func (a *API) commandRoutes() {
	serve(a, huma.Operation{
		OperationID: "send-command", Method: http.MethodPost, Path: "/v1/commands/{command}", DefaultStatus: http.StatusCreated,
		Summary: "Put one command on the record", Tags: []string{"commands"},
		Description: "201 where it is stored now, 200 with the same body where it was on the record already.",
	}, a.command)
}

// command is the way of one command: read, decode, execute, answer.
func (a *API) command(ctx context.Context, in *CommandInput) (*commandOutput, error) {
	if !slices.Contains(eventstore.Verbs(), in.Command) {
		return nil, unknownCommand(in.Command)
	}
	if p := mayVerb(ctx, in.Command); p != nil {
		return nil, p
	}
	if a.ReadOnly {
		return nil, a.readOnly()
	}
	if p := a.readiness.check(ctx, a); p != nil {
		return nil, p
	}
	request, err := a.read(ctx, in)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, a.limits.command)
	defer cancel()
	result, err := a.ledger.Execute(ctx, request)
	if err != nil {
		return nil, err
	}
	a.log.InfoContext(ctx, "command", "verb", in.Command, "command_id", result.Entry.Command.Head().CommandID, "sequence", result.Entry.Sequence, "replayed", result.Replayed)
	a.written.note(result.Entry.Sequence)
	if err := a.destroy(ctx, result.Entry.Command); err != nil {
		return nil, err
	}
	out, err := answer(result)
	if err == nil {
		out.Body.Receipt = a.receiptOf(result.Entry.Sequence)
	}
	return out, err
}

// read turns what came in into a request to the ledger.
func (a *API) read(ctx context.Context, in *CommandInput) (eventstore.Request, error) {
	body, err := a.body(in.writer, in.request)
	if err != nil {
		return eventstore.Request{}, err
	}
	c, envelope, err := decodeBody(in, body)
	if err != nil {
		return eventstore.Request{}, err
	}
	if err := a.authorise(ctx, c, envelope != nil); err != nil {
		return eventstore.Request{}, err
	}
	if err := applyKey(c.Head(), in.request.Header.Values("Idempotency-Key")); err != nil {
		return eventstore.Request{}, err
	}
	seen, err := a.ifMatch(ctx, c, in.request.Header.Values("If-Match"))
	if err != nil {
		return eventstore.Request{}, err
	}
	for name, value := range map[string]string{"Correlation-Id": in.CorrelationID, "Causation-Id": in.CausationID} {
		if err := label(name, value); err != nil {
			return eventstore.Request{}, err
		}
	}
	return eventstore.Request{
		Command: c, Signed: envelope, Principal: access.From(ctx).Principal(), Reader: commandReader(ctx, c), IfMatch: seen, CausationID: in.CausationID, CorrelationID: in.CorrelationID,
	}, nil
}

// decodeBody reads a command, or one that its party has signed. What a signed one says is believed by nobody yet: the
// ledger checks the signature, and reads the command from the signed bytes once more.
func decodeBody(in *CommandInput, body []byte) (domain.Command, *signed.Envelope, error) {
	kind, _, _ := mime.ParseMediaType(in.request.Header.Get("Content-Type"))
	if kind != signed.MediaType {
		c, err := eventstore.DecodeCommand(in.Command, body)
		return c, nil, err
	}
	e, err := signed.ParseEnvelope(body)
	if err != nil {
		return nil, nil, &eventstore.SyntaxError{Problem: err.Error()}
	}
	s, err := signed.ParseStatement(e.Signed)
	if err != nil {
		return nil, nil, &eventstore.SyntaxError{Problem: err.Error()}
	}
	c, err := eventstore.DecodeCommand(in.Command, s.Command)
	return c, &e, err
}

// body reads the body of a request that says that it is JSON. A page of another site cannot say so without being asked
// first, which is why a missing Content-Type is no JSON either.
func (a *API) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > a.limits.body {
		return nil, &http.MaxBytesError{Limit: a.limits.body}
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	if err != nil || kind != "application/json" && kind != signed.MediaType || charset != "" && charset != "utf-8" || r.Header.Get("Content-Encoding") != "" {
		return nil, problem(http.StatusUnsupportedMediaType, "not-json", "send the command as JSON, with the header Content-Type: application/json (or "+signed.MediaType+" for one that is signed)")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, a.limits.body))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return nil, problem(http.StatusBadRequest, "unreadable", "the body ended before all of it had come: send the command again")
	}
	return body, err
}

func unknownCommand(name string) *wire.Problem {
	p := problem(http.StatusNotFound, "unknown-command", "there is no command %q; there are: %s", clip(name), strings.Join(eventstore.Verbs(), ", "))
	p.Allowed = eventstore.Verbs()
	return p
}

// answer tells what is on the record. A replay gets the very same body.
func answer(result eventstore.Result) (*commandOutput, error) {
	e := result.Entry
	events, err := e.EventTexts()
	if err != nil {
		return nil, err
	}
	out := &commandOutput{
		Status: http.StatusCreated, ETag: versionTag(e.Sequence), Location: wire.Location(e.Ref),
		Body: wire.Accepted{
			Record: e.Ref.String(), Sequence: e.Sequence, Version: e.Sequence, CommandID: e.Command.Head().CommandID,
			RecordedAt: e.RecordedAt, Events: events,
		},
	}
	if result.Replayed {
		out.Status = http.StatusOK
	}
	return out, nil
}
