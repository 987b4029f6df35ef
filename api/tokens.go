package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"truceledger/api/access"
	"truceledger/domain"
	"truceledger/domain/when"
	"truceledger/eventstore"
)

// newToken is a token as it is asked for.
type newToken struct {
	Name    string   `json:"name" doc:"Who bears it; it stands in the entries that its bearer makes." required:"true"`
	Roles   []string `json:"roles" doc:"One of negotiator, monitor, recorder, auditor, observer, operator; more where one person does more." required:"true"`
	Actors  []string `json:"actors,omitempty" doc:"A negotiator's actors, a monitor's body, the body that a recorder belongs to."`
	Expires string   `json:"expires,omitempty" doc:"From when on it lets nobody in: an RFC 3339 instant, or a duration from now such as P90D."`
}

type tokenInput struct {
	request *http.Request
	writer  http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (in *tokenInput) Resolve(ctx huma.Context) []error {
	in.request, in.writer = humago.Unwrap(ctx)
	return nil
}

type madeToken struct {
	access.Token
	Secret string `json:"token" doc:"What its bearer shows. It is told this once and kept nowhere."`
}

type madeTokenOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         madeToken
}

type tokensBody struct {
	Items []access.Token `json:"items"`
}

type tokensOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         tokensBody
}

type tokenID struct {
	ID string `path:"id" doc:"The id of the token, as the list shows it."`
}

// meBody is who the caller is.
type meBody struct {
	Name   string        `json:"name" doc:"Who bears the token; empty for nobody."`
	Roles  []access.Role `json:"roles"`
	Actors []string      `json:"actors" doc:"Whom the caller speaks for."`
}

type meOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         meBody
}

// tokenRoutes are those of access itself. Without a store of tokens there are none to make.
func (a *API) tokenRoutes() {
	get(a, huma.Operation{
		OperationID: "get-me", Path: "/v1/me", Tags: []string{"access"}, Metadata: map[string]any{isAtOnce: true}, Summary: "Who the caller is to this server",
	}, func(ctx context.Context, _ *nothing) (*meOutput, error) {
		c := access.From(ctx)
		return &meOutput{"no-store", meBody{c.Name, slices.Concat([]access.Role{}, c.Roles), slices.Concat([]string{}, c.Actors)}}, nil
	})
	if a.Access == nil || a.Access.Store == nil {
		return
	}
	serve(a, huma.Operation{
		OperationID: "create-token", Method: http.MethodPost, Path: "/v1/tokens", DefaultStatus: http.StatusCreated, Tags: []string{"access"},
		Summary: "Make a token", Description: "The answer holds the token, which is shown this once. The body has name, roles, actors and expires.",
	}, a.createToken)
	get(a, huma.Operation{
		OperationID: "list-tokens", Path: "/v1/tokens", Tags: []string{"access"}, Summary: "All tokens, without what they are shown as",
	}, func(context.Context, *struct{}) (*tokensOutput, error) {
		return &tokensOutput{"no-store", tokensBody{a.Access.Store.List()}}, nil
	})
	serve(a, huma.Operation{
		OperationID: "revoke-token", Method: http.MethodDelete, Path: "/v1/tokens/{id}", DefaultStatus: http.StatusNoContent, Tags: []string{"access"},
		Summary: "End a token, with its sessions and its requests under way",
	}, a.revokeToken)
}

func (a *API) createToken(ctx context.Context, in *tokenInput) (*madeTokenOutput, error) {
	body, err := a.body(in.writer, in.request)
	if err != nil {
		return nil, err
	}
	var asked newToken
	if err := eventstore.DecodeObject(body, &asked); err != nil {
		return nil, err
	}
	expires, err := expiry(asked.Expires, a.Clock())
	if err != nil {
		return nil, err
	}
	t := access.Asked{Name: asked.Name, Actors: asked.Actors, Expires: expires}
	for _, r := range asked.Roles {
		t.Roles = append(t.Roles, access.Role(r))
	}
	made, secret, err := a.Access.Store.Create(t)
	if err != nil {
		return nil, err
	}
	a.log.InfoContext(ctx, "a token was made", "token", made.ID, "name", made.Name, "by", access.From(ctx).Name)
	return &madeTokenOutput{"no-store", madeToken{made, secret}}, nil
}

// expiry reads when a token is to end: an instant, or how long it is to last.
func expiry(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	d, err := when.ParseDuration(text)
	if err != nil {
		return time.Time{}, domain.Field("expires", "is neither an RFC 3339 instant nor a duration such as P90D")
	}
	return d.From(now.UTC(), time.UTC), nil
}

func (a *API) revokeToken(ctx context.Context, in *tokenID) (*struct{}, error) {
	err := a.Access.Store.Revoke(in.ID)
	if errors.Is(err, access.ErrNoSuchToken) {
		return nil, problem(http.StatusNotFound, "not-found", "%s", err)
	}
	if err != nil {
		return nil, fmt.Errorf("revoke a token: %w", err)
	}
	a.log.InfoContext(ctx, "a token was revoked", "token", in.ID, "by", access.From(ctx).Name)
	return nil, nil
}
