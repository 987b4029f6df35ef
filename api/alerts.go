package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/alert"
)

// alertInput is a subscription as it is asked for.
type alertInput struct {
	Body struct {
		URL    string   `json:"url" doc:"Where alerts are posted to; https, and public unless private addresses are allowed."`
		Kinds  []string `json:"kinds,omitempty" doc:"Of what: about-to-lapse, lapsed, violation-alleged, consent-missing; by default all."`
		Area   string   `json:"area,omitempty" doc:"Only what concerns this place."`
		Before string   `json:"before,omitempty" doc:"How long before its end a ceasefire is about to lapse; by default PT24H."`
	}
}

type alertID struct {
	ID string `path:"id" doc:"The id of the subscription, or of the dead letter."`
}

type alertOutput[V any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         V
}

// alertRoutes are there where alerts are kept. A secret is shown once, to whoever subscribes.
func (a *API) alertRoutes() {
	if a.Alerts == nil {
		return
	}
	store := a.Alerts.Store
	serve(a, huma.Operation{
		OperationID: "subscribe", Method: http.MethodPost, Path: "/v1/alerts", DefaultStatus: http.StatusCreated, Tags: []string{"alerts"},
		Summary: "Subscribe a web address to alerts", Description: "The answer holds the secret of the signatures, which is shown this once.",
	}, func(_ context.Context, in *alertInput) (*alertOutput[alert.Subscription], error) {
		sub, err := a.Alerts.Subscribe(alert.Subscription{URL: in.Body.URL, Kinds: in.Body.Kinds, Area: in.Body.Area, Before: in.Body.Before})
		return &alertOutput[alert.Subscription]{"no-store", sub}, err
	})
	serve(a, huma.Operation{
		OperationID: "unsubscribe", Method: http.MethodDelete, Path: "/v1/alerts/{id}", DefaultStatus: http.StatusNoContent, Tags: []string{"alerts"}, Summary: "End a subscription",
	}, func(_ context.Context, in *alertID) (*struct{}, error) {
		return nil, alertProblem(store.Unsubscribe(in.ID))
	})
	serve(a, huma.Operation{
		OperationID: "retry-dead-letter", Method: http.MethodPost, Path: "/v1/alerts/dead/{id}", DefaultStatus: http.StatusNoContent, Tags: []string{"alerts"},
		Summary: "Put a dead letter on its way again",
	}, func(_ context.Context, in *alertID) (*struct{}, error) {
		return nil, alertProblem(store.Revive(in.ID, a.Clock()))
	})
	listAlerts(a, "/v1/alerts", "list-alerts", "The subscriptions, without their secrets", func() ([]alert.Subscription, error) {
		subs, err := store.Subscriptions()
		for i := range subs {
			subs[i].Secret = ""
		}
		return subs, err
	})
	listAlerts(a, "/v1/alerts/pending", "list-pending", "The deliveries on their way", store.Pending)
	listAlerts(a, "/v1/alerts/dead", "list-dead-letters", "The deliveries that were given up", store.Dead)
}

func listAlerts[V any](a *API, path, id, summary string, list func() ([]V, error)) {
	type body struct {
		Items []V `json:"items"`
	}
	get(a, huma.Operation{OperationID: id, Path: path, Tags: []string{"alerts"}, Summary: summary}, func(context.Context, *struct{}) (*alertOutput[body], error) {
		items, err := list()
		return &alertOutput[body]{"no-store", body{items}}, err
	})
}

func alertProblem(err error) error {
	if errors.Is(err, alert.ErrUnknown) {
		return problem(http.StatusNotFound, "not-found", "%s", err)
	}
	return err
}
