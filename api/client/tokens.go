package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"truceledger/api/access"
)

// NewToken is what is asked of a token.
type NewToken struct {
	Name    string        `json:"name"`
	Roles   []access.Role `json:"roles"`
	Actors  []string      `json:"actors,omitempty"`
	Expires string        `json:"expires,omitempty"` // an RFC 3339 instant or a duration from now; never where empty
}

// CreateToken makes a token and returns its secret, which the server keeps nowhere. It is not tried again where the answer is
// lost: that token exists then, unknown to anybody, and can be revoked.
func (c *Client) CreateToken(ctx context.Context, t NewToken) (made access.Token, secret string, err error) {
	raw, err := json.Marshal(t)
	if err != nil {
		return made, "", err
	}
	_, body, err := c.once(ctx, request{method: http.MethodPost, path: "/v1/tokens", body: raw, header: http.Header{"Content-Type": {"application/json"}}})
	if err != nil {
		return made, "", err
	}
	var answer struct {
		access.Token
		Secret string `json:"token"`
	}
	err = json.Unmarshal(body, &answer)
	return answer.Token, answer.Secret, err
}

// Tokens lists all tokens.
func (c *Client) Tokens(ctx context.Context) ([]access.Token, error) {
	_, body, err := c.send(ctx, request{method: http.MethodGet, path: "/v1/tokens"})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Items []access.Token `json:"items"`
	}
	err = json.Unmarshal(body, &answer)
	return answer.Items, err
}

// RevokeToken ends a token.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	_, _, err := c.send(ctx, request{method: http.MethodDelete, path: "/v1/tokens/" + url.PathEscape(id)})
	return err
}
