package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"truceledger/api/access"
	"truceledger/api/web"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/proof/signed"
	"truceledger/projections"
)

// act reads the form back, states it for signing, or sends it. It returns where to go when the command is on the record.
func (a *API) act(ctx context.Context, form *web.Form, r *http.Request, at projections.Point) (to string) {
	request, err := a.requested(ctx, form, r)
	if err == nil && r.Form.Get("do") == "send" {
		var result eventstore.Result
		if result, err = a.execute(ctx, request); err == nil {
			return a.whereTo(form, result)
		}
	} else if err == nil {
		request.Command, err = a.rehearse(ctx, form, request) // what is stated is what is shown, to the microsecond
		if err == nil && r.Form.Get("do") == "state" {
			form.Statement, err = a.stated(ctx, form, request)
		}
	}
	if err != nil {
		a.refused(ctx, form, request, err, at)
	}
	return ""
}

// requested is the request that the form amounts to: what was typed, or what its party has signed of it.
func (a *API) requested(ctx context.Context, form *web.Form, r *http.Request) (request eventstore.Request, err error) {
	request.Principal = access.From(ctx).Principal()
	if form.Signature != "" {
		form.Statement = carried(r.Form)
	}
	body := web.Body(slices.Concat(form.Fields, form.More))
	body["command_id"] = form.CommandID
	if n, err := strconv.ParseUint(form.Expect, 10, 64); err == nil {
		body["expect"] = n
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return request, err
	}
	if form.Signature != "" && r.Form.Get("do") == "send" {
		envelope := envelopeOf(r.Form)
		s, err := signed.ParseStatement(envelope.Signed)
		if err != nil {
			return request, domain.Field("signature", "%v", err)
		}
		request.Signed, raw = &envelope, s.Command
	}
	c, err := eventstore.DecodeCommand(form.Verb, raw)
	if err == nil {
		err = domain.CheckSealed(c) // before anything is read back
	}
	if err == nil {
		err = a.authorise(ctx, c, request.Signed != nil)
	}
	if err != nil {
		return request, err // without the command: nothing of it is told
	}
	request.Command, request.Reader = c, commandReader(ctx, c)
	if r.Form.Get("do") != "send" {
		a.meet(ctx, form, c)
	}
	return request, nil
}

// envelopeOf joins the bytes that the form carried with what ssh-keygen made of them. A browser sends lines with CR LF.
func envelopeOf(typed url.Values) signed.Envelope {
	const begin = "-----BEGIN"
	e := signed.Envelope{Signed: []byte(typed.Get("statement"))}
	for _, part := range strings.Split(strings.ReplaceAll(typed.Get("signature"), "\r\n", "\n"), begin)[1:] {
		e.Signatures = append(e.Signatures, begin+strings.TrimRight(part, " \t\n")+"\n")
	}
	if len(e.Signatures) == 0 {
		e.Signatures = []string{typed.Get("signature")} // whatever it is, the error names it
	}
	return e
}

func (a *API) execute(ctx context.Context, request eventstore.Request) (eventstore.Result, error) {
	if a.ReadOnly {
		return eventstore.Result{}, a.readOnly()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, a.limits.command, context.DeadlineExceeded)
	defer cancel()
	result, err := a.ledger.Execute(ctx, request)
	if err == nil {
		err = a.destroy(ctx, request.Command)
	}
	return result, err
}

// rehearse decides the command without storing it, and tells what would stand on the record: in the sentence of its
// history, and field by field.
func (a *API) rehearse(ctx context.Context, form *web.Form, request eventstore.Request) (domain.Command, error) {
	e, err := a.ledger.Rehearse(ctx, request)
	if err != nil {
		return request.Command, err
	}
	at, err := a.queries.Resolve(ctx, projections.Clock{})
	if err != nil {
		return request.Command, err
	}
	if form.Reads, err = a.queries.Sentence(ctx, e, at); err != nil {
		return request.Command, err
	}
	form.Preview, err = readBack(form, e)
	form.HasKey = a.ownKey(ctx, e.Command, eventstore.Signer(e.Command)) != ""
	return e.Command, err
}

// stated makes the bytes that a party signs with its own key, from the command as it was read back.
func (a *API) stated(ctx context.Context, form *web.Form, request eventstore.Request) (*web.Statement, error) {
	if a.Proof == nil {
		return nil, problem(http.StatusNotFound, "not-found", "this server proves nothing, so that there is nothing to sign for it")
	}
	s, err := a.statementOf(ctx, request, signingTerms{key: strings.TrimSpace(form.SignKey)})
	if err != nil {
		return nil, err
	}
	form.SignKey = s.Key
	return &web.Statement{Bytes: s.Statement, Words: s.Words, Number: s.PartySeq, Until: s.ValidUntil, File: s.File, Command: s.Sign}, nil
}

// carried is the statement that the form brought back: where its signature is refused, another can be put to the same bytes.
func carried(typed url.Values) *web.Statement {
	raw := []byte(typed.Get("statement"))
	s, err := signed.ParseStatement(raw)
	if err != nil {
		return nil
	}
	words, err := signed.Words(s)
	if err != nil {
		return nil
	}
	file := typed.Get("file")
	if !statementName.MatchString(file) {
		file = "command.json"
	}
	return &web.Statement{
		Bytes: string(raw), Words: words, Number: s.PartySeq, Until: s.ValidUntil, File: file,
		Command: "ssh-keygen -Y sign -n " + signed.Namespace(s.Ledger) + " -f ~/.ssh/id_ed25519 " + file,
	}
}

// sendStatement hands out the bytes to sign as a file: typed into an editor they would gain the end of a line.
func sendStatement(w http.ResponseWriter, typed url.Values) {
	name := typed.Get("file")
	if !statementName.MatchString(name) {
		name = "command.json"
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(typed.Get("statement")))
}

// meet notes the version of the record that the command addresses, as it is when the command is read back: whoever sends
// it after somebody else has changed the record learns so.
func (a *API) meet(ctx context.Context, form *web.Form, c domain.Command) {
	target := c.Target()
	if c.Creates() || target.ID == "" {
		form.Expect, c.Head().Expect = "", nil
		return
	}
	if form.Expect != "" {
		return
	}
	if record, err := a.ledger.RecordFor(ctx, target, projections.ReaderOf(ctx)); err == nil && record.Version() > 0 {
		n := record.Version()
		form.Expect, c.Head().Expect = strconv.FormatUint(n, 10), &n
	}
}

// blamed says which field a rule's no is about, where its code tells; the first that the form has.
var blamed = map[string][]string{
	"excluded": {"by", "actor"}, "no-standing": {"by"}, "already-consented": {"by"}, "not-consented": {"by"}, "not-the-proposer": {"by"}, "already-leaving": {"by"}, "already-party": {"by"},
	"not-a-guarantor": {"waived_by", "by"}, "not-current": {"version"}, "not-later": {"until", "lasting"}, "lapsed": {"occurred"}, "retroactive": {"from", "occurred"}, "too-late-to-accede": {"occurred"},
	"not-in-area": {"area"}, "area-empty": {"area"}, "outside-parent": {"area"}, "parent-cycle": {"parent"}, "not-a-monitor": {"by"}, "has-role": {"actor"},
	"exists": {"ceasefire", "incident", "talks", "statement", "actor", "place", "source"}, "in-the-future": {"occurred"}, "source-needed": {"by", "sources"}, "end-before-start": {"until", "lasting"},
	"succeeds-itself": {"successor", "predecessor"}, "obligation-exists": {"obligation"}, "no-obligation": {"obligation"}, "no-inquiry": {"by"}, "inquiry-open": {"by"}, "no-allegation": {"occurred", "incident"},
	"place-cycle": {"parent"}, "cites-itself": {"cites"}, "key-known": {"key"}, "no-such-key": {"fingerprint"}, "other-source": {"tally", "source"}, "other-series": {"tally", "unit"}, "part-exceeds-total": {"including"},
	"not-an-entry": {"sequence"}, "corrects-itself": {"sequence"}, "replacement-differs": {"replacement"}, "final": {"sequence"}, "retracted": {"sequence"},
	"signature-needed": {"signature"}, "signature-wrong": {"signature"}, "not-in-full": {"signature"},
}

// refused puts a refusal's own sentence next to the field that it is about; where the record has changed meanwhile, with
// what changed, and what the command would amount to now.
func (a *API) refused(ctx context.Context, form *web.Form, request eventstore.Request, err error, at projections.Point) {
	var stale *eventstore.StaleError
	if errors.As(err, &stale) {
		a.meanwhile(ctx, form, stale, at)
		request.Signed, request.Command.Head().Expect = nil, &stale.Version
		form.Statement, form.Signature = nil, "" // what was signed is of the record as it was
		if _, err = a.rehearse(ctx, form, request); err == nil {
			return
		}
	} else if request.Command != nil && form.Reads == "" {
		// What was refused on sending may pass with another signature, or later: the page goes on saying what it is about.
		_, _ = a.rehearse(ctx, form, eventstore.Request{Command: request.Command, Principal: request.Principal, Reader: request.Reader})
	}
	a.blame(ctx, form, err)
}

func (a *API) blame(ctx context.Context, form *web.Form, err error) {
	p := a.fail(ctx, err)
	form.Refusal, form.Code, form.Field = p.Detail, p.Code, p.Field
	sentence := strings.TrimPrefix(p.Detail, p.Field+": ")
	if eventstore.IsSealedField(p.Field) { // what was typed there must not come back
		form.Preview, form.Reads = nil, ""
		web.Forget(form.Fields, p.Field)
		web.Forget(form.More, p.Field)
	}
	for _, field := range append([]string{p.Field, p.Parameter}, blamed[p.Code]...) {
		switch {
		case field == "":
		case field == "signature", field == "key" && p.Parameter == "key":
			form.Field, form.SignWrong = field, sentence
			return
		case web.Blame(form.Fields, field, sentence), web.Blame(form.More, field, sentence):
			form.Field = field
			return
		}
	}
}

// meanwhile tells what was recorded since the form was read back, and lets the writer decide anew.
func (a *API) meanwhile(ctx context.Context, form *web.Form, stale *eventstore.StaleError, at projections.Point) {
	seen, _ := strconv.ParseUint(form.Expect, 10, 64)
	form.Stale, form.Expect = true, strconv.FormatUint(stale.Version, 10)
	form.CommandID = uuid.NewString()
	_ = a.queries.WaitFor(ctx, stale.Version)
	if now, err := a.queries.Resolve(ctx, projections.Clock{}); err == nil {
		at = now
	}
	items, err := pagesOf(2000, func(p projections.Paging) (projections.Page[projections.HistoryItem], error) {
		return a.queries.History(ctx, stale.Record, at, p)
	})
	if err != nil {
		return
	}
	items = slices.DeleteFunc(items, func(i projections.HistoryItem) bool { return i.Sequence <= seen })
	form.Meanwhile = a.chained(ctx, items, at)
	if stale.Record.Kind != domain.KindCeasefire {
		return
	}
	before := at
	before.Prefix = seen
	then, err := a.queries.Ceasefire(ctx, stale.Record.ID, before)
	now, later := a.queries.Ceasefire(ctx, stale.Record.ID, at)
	if err == nil && later == nil {
		form.Before, form.After, form.Diff = &then, &now, differences(then, now)
		names := a.namer(ctx, form.Frame, at)
		names.all(then)
		names.all(now)
	}
}

// whereTo is the page that shows what is now on the record.
func (a *API) whereTo(form *web.Form, result eventstore.Result) string {
	n := strconv.FormatUint(result.Entry.Sequence, 10)
	ref := result.Entry.Ref
	switch ref.Kind {
	case domain.KindCeasefire:
		return form.Link("/ceasefires/"+ref.ID, "min_sequence", n, "recorded", n)
	case domain.KindIncident:
		return form.Link("/incidents/"+ref.ID, "min_sequence", n, "recorded", n)
	}
	return form.Link("/act", "recorded", n)
}
