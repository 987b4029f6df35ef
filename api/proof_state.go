package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
	"truceledger/projections"
)

// The stages of an entry's proof, each holding what the one before it holds. They stand beside a status and never change it.
const (
	proofPending  = "pending"  // stored, and not yet under a signed head: a moment
	proofLogged   = "logged"   // the log's key has signed a head that covers it
	proofCosigned = "cosigned" // a witness has cosigned such a head
	proofQuorum   = "quorum"   // as many witnesses as the operator's policy asks for
)

// CosignedBy says that a witness saw a head over the entry.
type CosignedBy struct {
	Witness string    `json:"witness" doc:"The name of the witness's key."`
	At      time.Time `json:"at" doc:"When it saw the head, by its own clock: the entry stood in the log by then."`
}

// A ProofState is what may be said of the proof of one entry.
type ProofState struct {
	Sequence uint64       `json:"sequence"`
	State    string       `json:"state" enum:"pending,logged,cosigned,quorum" doc:"How far its proof has come: pending, logged, cosigned by some witness, quorum reached."`
	Logged   bool         `json:"logged" doc:"The log's key has signed a head that covers the entry."`
	Head     int64        `json:"head,omitempty" doc:"The size of the smallest head that covers it."`
	Cosigned []CosignedBy `json:"cosigned_by" doc:"Who has cosigned a head over it, each at its first."`
	Quorum   string       `json:"quorum" enum:"reached,not_reached,none_asked" doc:"reached, not_reached, or none_asked where the operator names no witness."`
	Receipt  string       `json:"receipt,omitempty" doc:"Where its receipt is."`

	Actor      string   `json:"actor,omitempty" doc:"Whose word it is."`
	SignedBy   []string `json:"signed_by,omitempty" doc:"The fingerprints of the keys that have signed its command, the author's first; none where nobody has."`
	VoidBy     uint64   `json:"void_by,omitempty" doc:"The entry that had ended its key before it came: it is void on arrival and counts for nothing."`
	DisputedBy uint64   `json:"disputed_by,omitempty" doc:"The entry that revoked its key and says that this had been in other hands by then. It counts all the same."`
}

// An AgreementProof is the proof of an agreement: of the terms and of every consent to them.
type AgreementProof struct {
	Record string `json:"record"`
	Agreed bool   `json:"agreed" doc:"Every consent that is needed is given."`
	ProofState
	Terms    uint64       `json:"terms" doc:"The entry that set the terms agreed to."`
	Consents []ProofState `json:"consents" doc:"The entries of the consents to them, in the order of recording."`
}

type proofOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         ProofState
}

type agreementOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         AgreementProof
}

type agreementInput struct {
	ID string `path:"id" doc:"The ceasefire's id."`
	Clocks
}

func (a *API) proofStateRoutes() {
	get(a, huma.Operation{
		OperationID: "get-entry-proof", Path: "/v1/entries/{sequence}/proof", Tags: []string{"proof"},
		Summary: "Whether an entry is under a signed head, who has cosigned one, whether that is the quorum, and whose keys have signed it",
	}, a.entryProof)
	get(a, huma.Operation{
		OperationID: "get-agreement-proof", Path: "/v1/ceasefires/{id}/proof", Tags: []string{"proof"},
		Summary:     "The same of an agreement: of the newest of the entries that make it, and of each consent",
		Description: "What it says of heads and witnesses is of now, whatever the clocks; these choose which terms and consents are asked after.",
	}, a.agreementProof)
}

func (a *API) entryProof(ctx context.Context, in *entryInput) (*proofOutput, error) {
	n, err := a.stored(ctx, in.Sequence)
	if err != nil {
		return nil, err
	}
	body, err := a.proofOf(ctx, n)
	return &proofOutput{CacheControl: "no-store", Body: body}, err
}

func (a *API) agreementProof(ctx context.Context, in *agreementInput) (*agreementOutput, error) {
	ref := domain.Ref{Kind: domain.KindCeasefire, ID: in.ID}
	if !domain.IsSlug(in.ID) {
		return nil, problem(http.StatusNotFound, "not-found", "%q is not an id: lower-case letters, digits and hyphens, at most 64", clip(in.ID))
	}
	at, err := a.at(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	view, err := a.queries.Ceasefire(ctx, ref.ID, at)
	if err != nil {
		return nil, err
	}
	body, err := a.proofOfAgreement(ctx, ref, view)
	return &agreementOutput{CacheControl: "no-store", Body: body}, err
}

// proofOfAgreement gathers the entries that make an agreement. It is proved as far as the newest of them is: a head covers
// all before it.
func (a *API) proofOfAgreement(ctx context.Context, ref domain.Ref, v projections.CeasefireView) (AgreementProof, error) {
	p := AgreementProof{Record: ref.String(), Agreed: v.AgreedAt != nil, Consents: []ProofState{}}
	terms, newest := agreement(v)
	p.Terms = terms
	for _, c := range v.Consents {
		s, err := a.proofOf(ctx, c.Sequence)
		if err != nil {
			return p, err
		}
		p.Consents = append(p.Consents, s)
	}
	var err error
	p.ProofState, err = a.proofOf(ctx, newest)
	return p, err
}

// agreement returns the entry that set the terms agreed to, and the newest of those that make the agreement.
func agreement(v projections.CeasefireView) (terms, newest uint64) {
	for _, x := range v.Versions {
		if x.Version == v.TermsVersion {
			terms = x.Sequence
		}
	}
	newest = terms
	for _, c := range v.Consents {
		newest = max(newest, c.Sequence)
	}
	if newest == 0 {
		newest = v.Version
	}
	return terms, newest
}

// proofOf gathers what the heads over an entry say, and who has signed it.
func (a *API) proofOf(ctx context.Context, n uint64) (ProofState, error) {
	s, err := a.headsOver(n)
	if err != nil {
		return s, err
	}
	err = a.signedBy(ctx, &s)
	return s, err
}

// headsOver is what the signed heads say of an entry.
func (a *API) headsOver(n uint64) (ProofState, error) {
	s := ProofState{Sequence: n, State: proofPending, Cosigned: []CosignedBy{}, Quorum: "none_asked"}
	p := a.Proof.Policy
	if p != nil && !p.NeedsNone() {
		s.Quorum = "not_reached"
	}
	text, err := a.Proof.Heads.Covering(int64(n) - 1)
	if err != nil || text == nil {
		return s, err
	}
	head, err := a.openHead(text)
	if err != nil {
		return s, err
	}
	s.State, s.Logged, s.Head, s.Receipt = proofLogged, true, head.Size, a.receiptOf(n)
	if s.Quorum == "none_asked" {
		return s, nil
	}
	for _, w := range p.Witnesses {
		if err := a.firstCosigned(&s, w); err != nil {
			return s, err
		}
	}
	reached, err := p.Covering(int64(n), a.Proof.Heads.Cosigned)
	if reached != nil {
		s.State, s.Quorum = proofQuorum, "reached"
	}
	return s, err
}

// firstCosigned finds the smallest head over an entry that a witness has cosigned: that bounds its time most closely.
func (a *API) firstCosigned(s *ProofState, w witness.Named) error {
	text, _, err := a.Proof.Heads.Cosigned(int64(s.Sequence), w.Verifier)
	if err != nil || text == nil {
		return err
	}
	h, err := proof.OpenHead(text, a.Proof.LogKey, w.Verifier)
	if err != nil {
		return err
	}
	for _, c := range witness.Cosignatures(h) {
		s.State = proofCosigned
		s.Cosigned = append(s.Cosigned, CosignedBy{Witness: c.Witness, At: c.At})
	}
	return nil
}

// signedBy reads from the entry who has signed it. The ledger has checked the signatures before it stored them.
func (a *API) signedBy(ctx context.Context, s *ProofState) error {
	for m, err := range a.Log.Read(ctx, s.Sequence-1) {
		if err != nil {
			return err
		}
		e, err := eventstore.ReadPayload(m.Sequence, m.Payload)
		if err != nil {
			return err
		}
		if m.Subject = eventstore.Subject(e.Ref); !a.sees(ctx, m) {
			return nil // that it is in the tree is public; who speaks in it is not
		}
		s.Actor = e.Command.Head().By
		if e.Signed != nil {
			s.SignedBy, err = e.Signed.Claimed()
		}
		if err == nil && e.Signed != nil {
			err = a.revoked(ctx, e, s)
		}
		return err
	}
	return nil
}

// revoked says what became of the key of a signed entry: ended before it came, or said to have been in other hands.
func (a *API) revoked(ctx context.Context, e eventstore.Entry, s *ProofState) error {
	signer, _ := e.Signer()
	record, err := a.ledger.Record(ctx, signer)
	keys := registry.FoldKeys(record.Readings(domain.Everything))
	s.VoidBy, s.DisputedBy = eventstore.VoidedBy(e, keys), registry.Disputed(keys, e.Sequence, record.Version(), s.SignedBy)
	return err
}
