package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"truceledger/api/alert"
)

// Subscribe asks for a web address to be told. The answer holds the secret of the signatures, which no later answer shows. It
// is sent once only: a second subscription would tell everything twice.
func (c *Client) Subscribe(ctx context.Context, s alert.Subscription) (made alert.Subscription, err error) {
	raw, err := json.Marshal(map[string]any{"url": s.URL, "kinds": s.Kinds, "area": s.Area, "before": s.Before})
	if err != nil {
		return made, err
	}
	_, body, err := c.once(ctx, request{method: http.MethodPost, path: "/v1/alerts", body: raw, header: http.Header{"Content-Type": {"application/json"}}})
	if err != nil {
		return made, err
	}
	return made, json.Unmarshal(body, &made)
}

// Unsubscribe ends a subscription.
func (c *Client) Unsubscribe(ctx context.Context, id string) error {
	_, _, err := c.send(ctx, request{method: http.MethodDelete, path: "/v1/alerts/" + url.PathEscape(id)})
	return err
}

// Subscriptions lists who is told of what, without the secrets.
func (c *Client) Subscriptions(ctx context.Context) ([]alert.Subscription, error) {
	return items[alert.Subscription](ctx, c, "/v1/alerts")
}

// Deliveries lists what is on its way, and DeadLetters what was given up.
func (c *Client) Deliveries(ctx context.Context) ([]alert.Delivery, error) {
	return items[alert.Delivery](ctx, c, "/v1/alerts/pending")
}

// DeadLetters lists what was given up.
func (c *Client) DeadLetters(ctx context.Context) ([]alert.Delivery, error) {
	return items[alert.Delivery](ctx, c, "/v1/alerts/dead")
}

// Redeliver puts a dead letter on its way again.
func (c *Client) Redeliver(ctx context.Context, id string) error {
	_, _, err := c.once(ctx, request{method: http.MethodPost, path: "/v1/alerts/dead/" + url.PathEscape(id), header: http.Header{"Content-Type": {"application/json"}}})
	return err
}

func items[V any](ctx context.Context, c *Client, path string) ([]V, error) {
	page, err := Get[struct {
		Items []V `json:"items"`
	}](ctx, c, path, Query{})
	return page.Items, err
}
