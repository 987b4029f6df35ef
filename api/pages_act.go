package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

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

// verbGroups are the commands that the caller may send, by the kind of record that they address.
func verbGroups(ctx context.Context) (groups []web.VerbGroup) {
	by := map[domain.Kind][]string{}
	for _, verb := range eventstore.Verbs() {
		if mayVerb(ctx, verb) != nil {
			continue
		}
		c, _ := eventstore.NewCommand(verb)
		kind := c.Target().Kind
		if kind == "" { // one for records of any kind
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
	a.send(w, r, web.Act{Frame: f, Groups: verbGroups(r.Context()), Recorded: r.URL.Query().Get("recorded")}, http.StatusOK, err)
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
		a.send(w, r, nil, 0, unreadableForm(err))
		return
	}
	f, at, err := a.actFrame(r, r.Form)
	if err != nil {
		a.send(w, r, nil, 0, err)
		return
	}
	form := a.newForm(r.Context(), f, at, verb, s, r.Form)
	if r.Method == http.MethodPost && r.Form.Get("do") == "file" {
		sendStatement(w, r.Form)
		return
	}
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

// unreadableForm says what is wrong with a form that no page of ours has sent.
func unreadableForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return problem(http.StatusBadRequest, "unreadable", "the form cannot be read: send it as application/x-www-form-urlencoded, with %%25 for a percent sign")
}

// newForm fills in a form with what was typed, and with what there is to choose from.
func (a *API) newForm(ctx context.Context, f web.Frame, at projections.Point, verb string, s schema.Object, typed url.Values) web.Form {
	f.Title = web.Say(f.Lang, "verb."+verb)
	form := web.Form{
		Frame: f, Verb: verb, Lists: map[string][]web.Choice{}, CommandID: typed.Get("command_id"), Expect: typed.Get("expect"), ReadOnly: a.ReadOnly,
		CanSign: a.Proof != nil, SignKey: typed.Get("sign_key"), Signature: typed.Get("signature"),
	}
	now, more := web.FieldsOf(s)
	form.Fields, form.More = web.Fill(now, typed), web.Fill(more, typed)
	if form.CommandID == "" {
		form.CommandID = uuid.NewString() // sent twice by a nervous hand, it is stored once
	}
	names := a.namer(ctx, f, at)
	if id := typed.Get("ceasefire"); domain.IsSlug(id) {
		if v, err := a.queries.Ceasefire(ctx, id, at); err == nil {
			form.Now = &v
			names.all(v)
			names.ceasefires(id)
		}
	}
	for _, kind := range []string{"actor", "place", "source", "ceasefire", "incident"} {
		ids, _ := names.register(kind)
		form.Lists[kind] = choices(ids)
	}
	return form
}
