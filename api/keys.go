package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
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

// cosignedBody says that a witness saw a head over the entry.
type cosignedBody struct {
	Witness string    `json:"witness" doc:"The name of the witness's key."`
	At      time.Time `json:"at" doc:"When it saw the head, by its own clock."`
}

// proofBody is what may be said of one entry's proof. It stands beside a status and never changes one.
type proofBody struct {
	Sequence uint64         `json:"sequence"`
	Logged   bool           `json:"logged" doc:"The log's key has signed a head that covers the entry."`
	Head     int64          `json:"head,omitempty" doc:"The size of the head that proves it."`
	Cosigned []cosignedBody `json:"cosigned_by" doc:"Who has cosigned a head over it, each at its first."`
	Quorum   string         `json:"quorum" doc:"reached, not_reached, or none_asked where the operator names no witness."`
	Receipt  string         `json:"receipt,omitempty" doc:"Where its receipt is."`
}

type proofOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         proofBody
}

func (a *API) entryProof(ctx context.Context, in *entryInput) (*proofOutput, error) {
	n, err := a.stored(ctx, in.Sequence)
	if err != nil {
		return nil, err
	}
	body, err := a.proofOf(n)
	return &proofOutput{CacheControl: "no-store", Body: body}, err
}

// proofOf gathers what the heads over an entry say.
func (a *API) proofOf(n uint64) (proofBody, error) {
	body := proofBody{Sequence: n, Cosigned: []cosignedBody{}, Quorum: "none_asked"}
	text, err := a.Proof.Heads.Covering(int64(n)-1, nil)
	if err != nil || text == nil {
		return body, err
	}
	body.Logged, body.Receipt = true, a.receiptOf(n)
	head, err := a.openHead(text)
	if err != nil {
		return body, err
	}
	body.Head = head.Size
	p := a.Proof.Policy
	if p == nil || p.NeedsNone() {
		return body, nil
	}
	body.Quorum = "not_reached"
	for _, w := range p.Witnesses {
		seen, found, err := a.firstCosigned(n, w)
		if err != nil {
			return body, err
		}
		if found {
			body.Cosigned = append(body.Cosigned, seen)
		}
	}
	reached, err := a.Proof.Heads.Covering(int64(n)-1, p.Reached)
	if reached != nil {
		body.Quorum = "reached"
	}
	return body, err
}

// firstCosigned finds the smallest head over an entry that a witness has cosigned: that bounds its time most closely.
func (a *API) firstCosigned(n uint64, w witness.Named) (seen cosignedBody, found bool, err error) {
	_, err = a.Proof.Heads.Covering(int64(n)-1, func(text []byte) bool {
		h, err := proof.OpenHead(text, a.Proof.LogKey, w.Verifier)
		if err != nil {
			return false
		}
		for _, c := range witness.Cosignatures(h) {
			seen, found = cosignedBody{Witness: c.Witness, At: c.At}, true
		}
		return found
	})
	return seen, found, err
}
