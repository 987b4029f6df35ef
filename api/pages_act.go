package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"truceledger/api/access"
	"truceledger/api/schema"
	"truceledger/api/web"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// actRoutes are the forms with which people put things on the record. They work without a script: what is typed is read
// back in words first, and sent when it was read.
func (a *API) actRoutes() {
	a.mux.HandleFunc("GET /act", a.actIndex)
	a.mux.HandleFunc("GET /act/{verb}", a.actForm)
	a.mux.HandleFunc("POST /act/{verb}", a.actForm)
}

// verbGroups are the commands by the kind of record that they address.
func verbGroups() (groups []web.VerbGroup) {
	by := map[domain.Kind][]string{}
	for _, verb := range eventstore.Verbs() {
		c, _ := eventstore.NewCommand(verb)
		kind := c.Target().Kind
		if verb == "correct" || verb == "retract" {
			kind = domain.KindLedger
		}
		by[kind] = append(by[kind], verb)
	}
	for _, kind := range append(slices.Clone(domain.Kinds), domain.KindLedger) {
		if len(by[kind]) > 0 {
			groups = append(groups, web.VerbGroup{Kind: string(kind), Verbs: by[kind]})
		}
	}
	return groups
}

// actFrame is the frame of a form: it is always about now.
func (a *API) actFrame(r *http.Request, form url.Values) (web.Frame, projections.Point, error) {
	in := PageInput{Lang: form.Get("lang"), Content: form.Get("content"), Zone: form.Get("zone-of-page")}
	query := url.Values{}
	for _, name := range []string{"lang", "content"} {
		if v := form.Get(name); v != "" {
			query.Set(name, v)
		}
	}
	in.Request = pageRequest{languages: r.Header.Get("Accept-Language"), query: query, path: r.URL.Path}
	if p := a.readiness.check(r.Context(), a); p != nil {
		return web.Frame{}, projections.Point{}, p
	}
	f, at, err := a.frame(r.Context(), "act", in)
	f.Span = nil
	return f, at, err
}

func (a *API) actIndex(w http.ResponseWriter, r *http.Request) {
	f, _, err := a.actFrame(r, r.URL.Query())
	a.send(w, r, web.Act{Frame: f, Groups: verbGroups(), Recorded: r.URL.Query().Get("recorded")}, http.StatusOK, err)
}

// send writes a page that no route of huma's makes.
func (a *API) send(w http.ResponseWriter, r *http.Request, page rendered, status int, err error) {
	if err != nil {
		p := a.fail(r.Context(), err)
		page, status = problemPage(p, web.ChooseLanguage(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))), p.Status
	}
	out, err := output(page, status, web.Packs(r))
	if err != nil {
		answerProblem(w, a.fail(r.Context(), err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", out.ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", out.Vary)
	if out.ContentEncoding != "" {
		h.Set("Content-Encoding", out.ContentEncoding)
	}
	w.WriteHeader(status)
	_, _ = w.Write(out.Body)
}

// actForm shows a form, reads it back, or sends it.
func (a *API) actForm(w http.ResponseWriter, r *http.Request) {
	verb := r.PathValue("verb")
	s, ok := schema.Command(verb)
	if !ok {
		a.send(w, r, nil, 0, unknownCommand(verb))
		return
	}
	if p := mayVerb(r.Context(), verb); p != nil {
		a.send(w, r, nil, 0, p)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, a.limits.body)
	if err := r.ParseForm(); err != nil {
		a.send(w, r, nil, 0, err)
		return
	}
	f, at, err := a.actFrame(r, r.Form)
	if err != nil {
		a.send(w, r, nil, 0, err)
		return
	}
	form := a.newForm(r.Context(), f, at, verb, s, r.Form)
	if r.Method == http.MethodPost && r.Form.Get("do") != "edit" {
		if to := a.act(r.Context(), &form, r, at); to != "" {
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
	}
	status := http.StatusOK
	if form.Refusal != "" {
		status = http.StatusUnprocessableEntity
	}
	a.send(w, r, form, status, nil)
}

// newForm fills in a form with what was typed, and with what there is to choose from.
func (a *API) newForm(ctx context.Context, f web.Frame, at projections.Point, verb string, s schema.Object, typed url.Values) web.Form {
	f.Title = web.Say(f.Lang, "verb."+verb)
	form := web.Form{Frame: f, Verb: verb, Lists: map[string][]web.Choice{}, CommandID: typed.Get("command_id"), Expect: typed.Get("expect"), ReadOnly: a.ReadOnly}
	now, more := web.FieldsOf(s)
	form.Fields, form.More = web.Fill(now, typed), web.Fill(more, typed)
	if form.CommandID == "" {
		form.CommandID = uuid.NewString() // sent twice by a nervous hand, it is stored once
	}
	names := a.namer(ctx, f, at)
	for _, kind := range []string{"actor", "place", "source", "ceasefire", "incident"} {
		ids, _ := names.register(kind)
		form.Lists[kind] = choices(ids)
	}
	return form
}

// act reads the form back, or sends it. It returns where to go when the command is on the record.
func (a *API) act(ctx context.Context, form *web.Form, r *http.Request, at projections.Point) (to string) {
	body := web.Body(slices.Concat(form.Fields, form.More))
	body["command_id"] = form.CommandID
	if n, err := strconv.ParseUint(form.Expect, 10, 64); err == nil {
		body["expect"] = n
	}
	raw, err := json.Marshal(body)
	if err != nil {
		a.refused(ctx, form, err, at)
		return ""
	}
	c, err := eventstore.DecodeCommand(form.Verb, raw)
	if err != nil {
		a.refused(ctx, form, err, at)
		return ""
	}
	if err := a.authorise(ctx, c, false); err != nil {
		a.refused(ctx, form, err, at)
		return ""
	}
	a.meet(ctx, form, c)
	if r.Form.Get("do") != "send" {
		form.Preview = readBack(form, body)
		return ""
	}
	if a.ReadOnly {
		a.refused(ctx, form, a.readOnly(), at)
		return ""
	}
	ctx, cancel := context.WithTimeoutCause(ctx, a.limits.command, context.DeadlineExceeded)
	defer cancel()
	result, err := a.ledger.Execute(ctx, eventstore.Request{Command: c, Principal: access.From(ctx).Principal()})
	if err != nil {
		form.Preview = readBack(form, body)
		a.refused(ctx, form, err, at)
		return ""
	}
	return a.whereTo(form, result)
}

// meet notes the version of the record that the command addresses, as it is when the command is read back: whoever sends
// it after somebody else has changed the record learns so.
func (a *API) meet(ctx context.Context, form *web.Form, c domain.Command) {
	target := c.Target()
	if c.Creates() || target.ID == "" {
		form.Expect = ""
		return
	}
	form.Target = target.String()
	if form.Expect != "" {
		return
	}
	if record, err := a.ledger.Record(ctx, target); err == nil && record.Version() > 0 {
		form.Expect = strconv.FormatUint(record.Version(), 10)
	}
}

// blamed says which field a rule's no is about, where its code tells.
var blamed = map[string]string{
	"excluded": "by", "no-standing": "by", "already-consented": "by", "not-consented": "by", "not-the-proposer": "by", "already-leaving": "by", "already-party": "by",
	"not-a-guarantor": "waived_by", "not-current": "version", "not-later": "until", "lapsed": "occurred", "retroactive": "from", "too-late-to-accede": "occurred",
	"not-in-area": "area", "area-empty": "area", "outside-parent": "area", "parent-cycle": "parent", "exists": "ceasefire", "not-a-monitor": "by", "has-role": "actor",
}

// refused puts a refusal's own sentence next to the field that it is about; where the record has changed meanwhile, with
// what changed.
func (a *API) refused(ctx context.Context, form *web.Form, err error, at projections.Point) {
	p := a.fail(ctx, err)
	form.Refusal, form.Code, form.Field = p.Detail, p.Code, p.Field
	sentence := strings.TrimPrefix(p.Detail, p.Field+": ")
	var stale *eventstore.StaleError
	if errors.As(err, &stale) {
		a.meanwhile(ctx, form, stale, at)
		return
	}
	for _, field := range []string{p.Field, blamed[p.Code]} {
		if field != "" && (web.Blame(form.Fields, field, sentence) || web.Blame(form.More, field, sentence)) {
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

// readBack tells a command in words, field by field, with the names of what it names.
func readBack(form *web.Form, body map[string]any) []web.Sentence {
	all := []web.Sentence{{Label: "verb." + form.Verb}}
	for _, f := range slices.Concat(form.Fields, form.More) {
		name := f.Name
		if v, ok := body[name]; ok {
			all = append(all, web.Sentence{Label: "field." + f.Label, Text: inWords(f, v)})
		}
	}
	return all
}

func inWords(f web.Field, v any) (parts []web.Part) {
	switch v := v.(type) {
	case []string:
		for _, id := range v {
			parts = append(parts, web.Part{Kind: f.Ref, ID: id, Text: id})
		}
	case []any:
		for _, row := range v {
			parts = append(parts, inWords(f, row)...)
		}
	case map[string]any:
		var words []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			raw, _ := json.Marshal(v[name])
			words = append(words, strings.ReplaceAll(name, "_", " ")+" "+strings.Trim(string(raw), `"`))
		}
		parts = append(parts, web.Part{Text: strings.Join(words, ", ")})
	case string:
		kind := f.Ref
		if f.Kind == "select" {
			kind = "word"
		}
		parts = append(parts, web.Part{Kind: kind, ID: v, Text: v})
	default:
		raw, _ := json.Marshal(v)
		parts = append(parts, web.Part{Text: string(raw)})
	}
	return parts
}
