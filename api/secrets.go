package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	strict "github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/eventstore"
	"truceledger/eventstore/blobs"
	"truceledger/projections"
)

// bodyInput is a request whose body is read by the handler: what is wrong with it must not be repeated, and huma would.
type bodyInput struct {
	request *http.Request
	writer  http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (in *bodyInput) Resolve(ctx huma.Context) []error {
	in.request, in.writer = humago.Unwrap(ctx)
	return nil
}

type sealInput struct {
	IdempotencyKey string `header:"Idempotency-Key" doc:"A UUID: the same key and value again are answered with the first commitment."`
	bodyInput
}

type readSecretInput struct {
	Commitment string `path:"commitment" doc:"The commitment, as the record holds it."`
	bodyInput
}

type secretOutput[V any] struct {
	Status       int
	CacheControl string `header:"Cache-Control"`
	Body         V
}

// secretRoutes are there where a vault is kept.
func (a *API) secretRoutes() {
	if a.Vault == nil {
		return
	}
	serve(a, huma.Operation{
		OperationID: "seal-secret", Method: http.MethodPost, Path: "/v1/secrets", DefaultStatus: http.StatusCreated, Tags: []string{"material"},
		Summary: "Seal a value that must not stand in the log, and get the commitment that may",
		Description: "The body is {\"value\": a text} or {\"point\": [longitude, latitude], \"within_km\": the side of the square that everybody may know}. " +
			"The answer holds the commitment and, this once, its key: whoever keeps value and key can show what was committed to. For a point it also holds near, for the command's field of that name.",
	}, a.seal)
	serve(a, huma.Operation{
		OperationID: "read-secret", Method: http.MethodPost, Path: "/v1/secrets/{commitment}/read", DefaultStatus: http.StatusOK, Tags: []string{"material"},
		Summary:     "Read a sealed value; that it is read is put on the record first",
		Description: "The body is {\"record\": kind/id, \"reason\": what for, \"by\": an actor that you speak for, if any}.",
	}, a.readSecret)
}

// unreadableSecret is all that is ever said about the body of a request to seal: a slip in it must not bring the value into
// an error, and from there into somebody's log.
func unreadableSecret() *wire.Problem {
	return problem(http.StatusUnprocessableEntity, "secret-unreadable",
		`send {"value": "a text"}, or {"point": [longitude, latitude], "within_km": 1 to 500}, and nothing else; what was sent is not repeated here and was not kept`)
}

func (a *API) seal(ctx context.Context, in *sealInput) (*secretOutput[wire.Sealed], error) {
	if a.ReadOnly {
		return nil, problem(http.StatusForbidden, "read-only", "this server answers questions only: send secrets to the one that takes them")
	}
	raw, err := a.body(in.writer, in.request)
	if err != nil {
		return nil, err
	}
	value, near, p := secretOf(raw)
	if p != nil {
		return nil, p
	}
	once := in.request.Header.Get("Idempotency-Key")
	if id, err := uuid.Parse(once); once != "" && err != nil {
		return nil, badHeader("Idempotency-Key", "is not a UUID, such as %s", uuid.NewString())
	} else if once != "" {
		once = id.String()
	}
	s, err := a.Vault.Seal(value, access.From(ctx).Principal(), once)
	switch {
	case errors.Is(err, blobs.ErrSecretEmpty), errors.Is(err, blobs.ErrSecretTooLarge):
		return nil, problem(http.StatusUnprocessableEntity, "secret-unreadable", "%s", err)
	case errors.Is(err, blobs.ErrKeyUsed), errors.Is(err, blobs.ErrDestroyed):
		return nil, problem(http.StatusUnprocessableEntity, "command-id-used", "%s: take a new Idempotency-Key for a new value", err)
	case err != nil:
		return nil, a.vaultProblem(ctx, err)
	}
	return &secretOutput[wire.Sealed]{http.StatusCreated, "no-store", wire.Sealed{Commitment: s.Commitment, Key: hex.EncodeToString(s.Key), Near: near}}, nil
}

// secretOf reads what is to be sealed.
func secretOf(raw []byte) (value []byte, near *incident.Near, bad *wire.Problem) {
	var body struct {
		Value    *string   `json:"value"`
		Point    []float64 `json:"point"`
		WithinKm float64   `json:"within_km"`
	}
	if strict.Unmarshal(raw, &body, strict.RejectUnknownMembers(true)) != nil {
		return nil, nil, unreadableSecret()
	}
	if body.Value != nil && body.Point == nil && body.WithinKm == 0 {
		return []byte(*body.Value), nil, nil
	}
	coarse, ok := incident.Coarse(body.Point, body.WithinKm)
	if !ok || body.Value != nil {
		return nil, nil, unreadableSecret()
	}
	value, _ = json.Marshal(body.Point) // two finite numbers
	return value, &coarse, nil
}

// readSecret answers a sealed value when it is on the record that it was read, and by whom. A failure after that leaves a
// reading on the record that gave nothing: the other order would leave one that is not on it.
func (a *API) readSecret(ctx context.Context, in *readSecretInput) (*secretOutput[wire.Opened], error) {
	c, err := a.readingOf(in)
	if err != nil {
		return nil, err
	}
	if err := a.mayReadSecret(ctx, c); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, a.limits.command)
	defer cancel()
	result, err := a.ledger.Execute(ctx, eventstore.Request{Command: c, Principal: access.From(ctx).Principal(), Reader: projections.ReaderOf(ctx)})
	if err != nil {
		return nil, err
	}
	a.written.note(result.Entry.Sequence)
	s, err := a.Vault.Open(in.Commitment)
	if err != nil {
		return nil, a.vaultProblem(ctx, err)
	}
	a.metrics.secrets.Inc()
	return &secretOutput[wire.Opened]{http.StatusOK, "no-store", wire.Opened{
		Record: c.Record, Commitment: s.Commitment, Value: string(s.Value), Key: hex.EncodeToString(s.Key), Sequence: result.Entry.Sequence,
	}}, nil
}

// readingOf is the command that puts the reading on the record. It takes no id of the caller's: a request that is sent twice
// reads twice, and stands on the record twice.
func (a *API) readingOf(in *readSecretInput) (*domain.ReadSecret, error) {
	raw, err := a.body(in.writer, in.request)
	if err != nil {
		return nil, err
	}
	var body struct {
		Record string `json:"record"`
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	if strict.Unmarshal(raw, &body, strict.RejectUnknownMembers(true)) != nil {
		return nil, problem(http.StatusUnprocessableEntity, "invalid-field", `send {"record": "kind/id", "reason": "what for"}, and by where you speak for an actor`)
	}
	c := &domain.ReadSecret{RecordTarget: domain.RecordTarget{Record: body.Record}, Secret: domain.Sealed(in.Commitment), Reason: body.Reason}
	c.By = body.By
	return c, nil
}

// mayReadSecret looks at who entered the secret: some may read only what their own actor has entered. A record or a secret
// that is not there, or not for the caller to know of, is not found.
func (a *API) mayReadSecret(ctx context.Context, c *domain.ReadSecret) error {
	caller := access.From(ctx)
	record, err := a.ledger.RecordFor(ctx, c.Target(), projections.ReaderOf(ctx))
	if err != nil {
		return err
	}
	for _, s := range domain.SecretsOf(record, domain.Everything) {
		if s.Commitment != c.Secret {
			continue
		}
		step, _ := record.Find(s.Sequence)
		switch {
		case !caller.MayFor(access.ReadSecret, step.Command.Head().By), c.By != "" && !caller.SpeaksFor(c.By):
			return problem(http.StatusForbidden, "forbidden", "your role does not grant reading this: docs/access.md has the table")
		case s.Destroyed == 0 && !a.Vault.HasSecret(string(c.Secret)):
			return problem(http.StatusNotFound, "not-there", "the vault of this server does not hold it: ask the node that it was sent to")
		}
		return nil
	}
	return problem(http.StatusNotFound, "not-found", "no record that you may read holds this commitment under that name")
}

// destroy carries out what a command has put on the record. Where it fails, the same command sent again tries again, and so
// does the next start.
func (a *API) destroy(ctx context.Context, c domain.Command) error {
	d, ok := c.(*domain.DestroySecret)
	if !ok || a.Vault == nil {
		return nil
	}
	if err := a.Vault.Destroy(string(d.Secret)); err != nil {
		a.log.ErrorContext(ctx, "the key of a secret could not be destroyed", "err", err)
		return later("not-destroyed-yet", "it is on the record that the key is to be destroyed, and the server could not do it: send the command again with the same command_id, and tell the operator")
	}
	return nil
}

// vaultProblem tells of a failure of the vault. Its errors name files and nothing that is in them.
func (a *API) vaultProblem(ctx context.Context, err error) error {
	var damaged *blobs.DamagedError
	if !errors.As(err, &damaged) {
		return err
	}
	p := a.internal(ctx, "a sealed value is damaged", "err", damaged)
	p.Code, p.Type, p.Title = "secret-damaged", "urn:truce:problem:secret-damaged", titles["secret-damaged"]
	p.Detail = "the vault's copy is damaged and cannot be opened: tell the operator the instance given here"
	return p
}
