package api

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/projections"
)

type keysInput struct {
	Format string `query:"format" doc:"allowed_signers: as OpenSSH reads it; by default JSON."`
	Fresh
}

func (a *API) keyRoute() {
	raw[keysInput](a, huma.Operation{
		OperationID: "get-keys", Path: "/v1/keys", Tags: []string{"proof"},
		Summary:     "The log's verifier key, and every key that ever stood on an actor's record",
		Description: "For information: an auditor takes the log's key from somebody else, and the actors' keys from the entries.",
	}, "application/json", a.keys)
}

// keysBody is the answer of /v1/keys.
type keysBody struct {
	Ledger string                    `json:"ledger"`
	LogKey string                    `json:"log_key"`
	Keys   map[string][]registry.Key `json:"keys"`
}

func (a *API) keys(w http.ResponseWriter, r *http.Request) {
	format := r.URL.Query().Get("format")
	if format != "" && format != "allowed_signers" && format != "json" {
		answerProblem(w, badParameter("format", "format: %q is neither json nor allowed_signers", clip(format)))
		return
	}
	at, err := a.queries.Resolve(r.Context(), projections.Clock{})
	var keys map[string][]registry.Key
	if err == nil {
		keys, err = a.queries.Keys(r.Context(), at)
	}
	if err == nil && format == "allowed_signers" {
		var text string
		text, err = eventstore.AllowedSigners(a.Proof.Ledger, keys)
		a.sendText(w, r, []byte(text), err)
		return
	}
	var body []byte
	if err == nil {
		body, err = json.Marshal(keysBody{Ledger: a.Proof.Ledger, LogKey: a.Proof.VerifierKey, Keys: keys})
	}
	if err != nil {
		answerProblem(w, a.fail(r.Context(), err))
		return
	}
	sendDocument(w, "application/json", body)
}
