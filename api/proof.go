package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/mod/sumdb/note"

	"truceledger/api/wire"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
)

// A Proof is what proves the log. Hashes and heads are for everybody; what they prove stands in the entries.
type Proof struct {
	Heads       *proof.Heads
	Tree        proof.Source
	LogKey      note.Verifier
	VerifierKey string // the log's, in one line
	Ledger      string // its id
	Policy      *witness.Policy
	PolicyText  []byte // whose cosignatures the operator asks for; may be empty
}

// proofRoutes are those of the proof, where the server has one.
func (a *API) proofRoutes() {
	if a.Proof == nil {
		return
	}
	text := func(id, path, summary string, h http.HandlerFunc) {
		raw[nothing](a, huma.Operation{OperationID: id, Path: path, Tags: []string{"proof"}, Summary: summary}, plainText, h)
	}
	text("get-checkpoint", "/log/checkpoint", "The newest signed head of the log (C2SP tlog-checkpoint)", a.checkpoint)
	text("list-checkpoints", "/log/checkpoints", "Every signed head that this server holds, the smallest first, an empty line after each", a.checkpoints)
	text("get-policy", "/log/policy", "Whose cosignatures the operator asks for (C2SP tlog-policy): for information", a.policy)
	a.tileRoute()
	raw[consistencyInput](a, huma.Operation{
		OperationID: "get-consistency", Path: "/log/consistency", Tags: []string{"proof"},
		Summary:     "The proof that a later signed head continues the log's first entries",
		Description: "The line \"old N\", hashes in base64, an empty line, and the smallest signed head that covers `to`; by default the newest.",
	}, plainText, a.consistency)
	raw[entryInput](a, huma.Operation{
		OperationID: "get-receipt", Path: "/v1/entries/{sequence}/receipt", Tags: []string{"proof"},
		Summary: "The proof that an entry stands in the log, in one text file that can be checked without the ledger (C2SP tlog-proof)",
	}, plainText, a.receipt)
	a.proofStateRoutes()
	a.keyRoute()
	a.statementRoute()
}

const plainText = "text/plain"

// tileRoute registers the tiles. Their names hold slashes, which a documented path parameter may not.
func (a *API) tileRoute() {
	type path struct {
		Tile string `path:"tile"`
	}
	raw[path](a, huma.Operation{Path: "/log/tile/{tile...}", Hidden: true}, "application/octet-stream", func(w http.ResponseWriter, r *http.Request) {
		a.tile(w, r, r.PathValue("tile"), false)
	})
	raw[path](a, huma.Operation{Path: "/log/tile/entries/{tile...}", Hidden: true}, "application/octet-stream", func(w http.ResponseWriter, r *http.Request) {
		a.tile(w, r, "entries/"+r.PathValue("tile"), true)
	})
	op := &huma.Operation{
		OperationID: "get-tile", Method: http.MethodGet, Path: "/log/tile/{tile}", Tags: []string{"proof"},
		Summary:    "A tile of the tree, or of entries (C2SP tlog-tiles): <L>/<N>[.p/<W>] or entries/<N>[.p/<W>]",
		Parameters: []*huma.Param{{Name: "tile", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses:  map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"application/octet-stream": {}}}},
	}
	a.describeProblems(op)
	a.huma.OpenAPI().AddOperation(op)
}

// checkpoint answers the newest head, with the cosignatures that have come in.
func (a *API) checkpoint(w http.ResponseWriter, r *http.Request) {
	text, err := a.Proof.Heads.Last()
	if err == nil && text == nil {
		err = unsigned()
	}
	a.sendText(w, r, text, err)
}

// unsigned is the answer in the moment between storing the first entries and signing them.
func unsigned() *wire.Problem {
	return later("not-signed", "no signed head covers it yet: try again in a moment")
}

func (a *API) sendText(w http.ResponseWriter, r *http.Request, text []byte, err error) {
	if err != nil {
		answerProblem(w, a.fail(r.Context(), err))
		return
	}
	sendDocument(w, plainText+"; charset=utf-8", text)
}

// checkpoints streams all heads. A failure after the first cuts the connection, so that nobody takes a part for the whole.
func (a *API) checkpoints(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", plainText+"; charset=utf-8")
	w.Header().Set("Cache-Control", noCache)
	out := deadlined{w, http.NewResponseController(w), a.limits.write}
	sent := uint64(0)
	for text, err := range a.Proof.Heads.All() {
		if err == nil {
			_, err = out.Write(append(text, '\n'))
		}
		if err != nil {
			a.cutShort(r, sent, err, r.Context().Err() != nil)
		}
		sent++
	}
}

func (a *API) policy(w http.ResponseWriter, r *http.Request) {
	var err error
	if len(a.Proof.PolicyText) == 0 {
		err = problem(http.StatusNotFound, "not-found", "the operator asks no witness")
	}
	a.sendText(w, r, a.Proof.PolicyText, err)
}

// tile answers a tile of hashes, which are for everybody, or the entries under one, which are for readers: whatever way an
// address is written, the route of the one must not answer the other.
func (a *API) tile(w http.ResponseWriter, r *http.Request, name string, entries bool) {
	body, err := a.tileBytes(r.Context(), "tile/"+name, entries)
	switch {
	case errors.Is(err, proof.ErrNotATile), errors.Is(err, proof.ErrBeyond) && a.behind(err) == nil:
		err = problem(http.StatusNotFound, "not-found", "there is no such tile, or not yet: /log/checkpoint says how large the tree is")
	}
	if err != nil {
		answerProblem(w, a.fail(r.Context(), err))
		return
	}
	sendDocument(w, "application/octet-stream", body)
}

func (a *API) tileBytes(ctx context.Context, path string, entries bool) (body []byte, err error) {
	t, err := proof.ParseTilePath(path)
	switch {
	case err != nil:
		return nil, err
	case t.L < 0 != entries:
		return nil, proof.ErrNotATile
	case t.L < 0:
		return proof.EntryBundle(ctx, a.Log, t)
	}
	err = a.Proof.Tree.ViewTree(func(tree proof.Tree) error {
		body, err = tree.TileBytes(t)
		body = append([]byte(nil), body...) // the tree's own bytes end with the transaction
		return err
	})
	return body, err
}

// behind tells a tree that is being filled again from one that is not that long: the former passes.
func (a *API) behind(err error) *wire.Problem {
	if errors.Is(err, proof.ErrBehind) {
		return a.troubleProblem(err)
	}
	return nil
}

type consistencyInput struct {
	From count `query:"from" required:"true" doc:"The size of the older head."`
	To   count `query:"to" doc:"The size of the newer head; by default the newest."`
}

func (a *API) consistency(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	text, err := a.consistencyText(q.Get("from"), q.Get("to"))
	a.sendText(w, r, text, err)
}

func (a *API) consistencyText(from, to string) (text []byte, err error) {
	old, bad := count(from).parse("from")
	if bad == nil && old == nil {
		bad = badParameter("from", "from: give the size of the head that you have kept")
	}
	if bad != nil {
		return nil, bad
	}
	size, bad := count(to).parse("to")
	if bad != nil {
		return nil, bad
	}
	head, err := a.headFor(size)
	switch {
	case err != nil:
		return nil, err
	case *old > uint64(head.Size):
		return nil, badParameter("from", "from: %d is beyond the head at %d: there is nothing to prove", *old, head.Size)
	}
	err = a.Proof.Tree.ViewTree(func(t proof.Tree) error {
		text, err = proof.ConsistencyText(t, int64(*old), head)
		return err
	})
	return text, err
}

// headFor is the smallest head that covers a size, or the newest.
func (a *API) headFor(size *uint64) (proof.Head, error) {
	text, err := a.Proof.Heads.Last()
	if size != nil && err == nil {
		text, err = a.Proof.Heads.Covering(int64(*size) - 1)
	}
	if err == nil && text == nil {
		err = problem(http.StatusNotFound, "not-found", "no head that large is signed")
	}
	if err != nil {
		return proof.Head{}, err
	}
	return a.openHead(text)
}

func (a *API) openHead(text []byte) (proof.Head, error) {
	var witnesses []note.Verifier
	if a.Proof.Policy != nil {
		witnesses = a.Proof.Policy.Verifiers()
	}
	return proof.OpenHead(text, a.Proof.LogKey, witnesses...)
}

// receipt answers the proof of one entry, under a head that has the quorum where there is one.
func (a *API) receipt(w http.ResponseWriter, r *http.Request) {
	n, err := a.stored(r.Context(), r.PathValue("sequence"))
	if err != nil {
		answerProblem(w, a.fail(r.Context(), err))
		return
	}
	head, err := a.covering(n)
	if err == nil {
		var text []byte
		err = a.Proof.Tree.ViewTree(func(t proof.Tree) (err error) {
			text, err = proof.Receipt(t, n, head)
			return err
		})
		a.sendText(w, r, text, err)
		return
	}
	answerProblem(w, a.fail(r.Context(), err))
}

// covering is the head to prove an entry with: the first with the quorum, else the newest.
func (a *API) covering(n uint64) (proof.Head, error) {
	var text []byte
	var err error
	if p := a.Proof.Policy; p != nil && !p.NeedsNone() {
		text, err = p.Covering(int64(n), a.Proof.Heads.Cosigned)
	}
	if text == nil && err == nil {
		text, err = a.Proof.Heads.Last()
	}
	if err != nil {
		return proof.Head{}, err
	}
	if text == nil {
		return proof.Head{}, unsigned()
	}
	head, err := a.openHead(text)
	if err == nil && uint64(head.Size) < n {
		err = unsigned()
	}
	return head, err
}

// stored reads the sequence of an entry that the log holds.
func (a *API) stored(ctx context.Context, given string) (uint64, error) {
	n, err := strconv.ParseUint(given, 10, 63)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != given {
		return 0, problem(http.StatusNotFound, "not-found", "%q is not the sequence of an entry: they count from 1", clip(given))
	}
	last, err := a.Log.Last(ctx)
	if err == nil && n > last {
		err = problem(http.StatusNotFound, "not-found", "the log holds no entry %d yet", n)
	}
	return n, err
}

// receiptOf is the link that goes with an accepted command.
func (a *API) receiptOf(sequence uint64) string {
	if a.Proof == nil {
		return ""
	}
	return strings.Join([]string{"/v1/entries", strconv.FormatUint(sequence, 10), "receipt"}, "/")
}
