package api

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"truceledger/api/access"
	"truceledger/api/web"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/domain/when"
	"truceledger/projections"
)

// PageInput are the parameters of a page for people: a form sends them all, empty where nothing was typed.
type PageInput struct {
	Clocks
	Cursor  string `query:"cursor"`
	Lang    string `query:"lang"`
	Content string `query:"content"`
	Zone    string `query:"zone"`
	Request pageRequest
}

// pageRequest is what a page needs of the request besides its parameters.
type pageRequest struct {
	html, packs bool
	languages   string
	query       url.Values
	path        string
}

// Resolve implements huma.Resolver.
func (p *pageRequest) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	*p = pageRequest{
		html: wantsHTML(ctx), packs: web.Packs(r), languages: r.Header.Get("Accept-Language"), query: r.URL.Query(), path: r.URL.Path,
	}
	return nil
}

// htmlOutput is a page.
type htmlOutput struct {
	Status          int
	ContentType     string `header:"Content-Type"`
	ContentEncoding string `header:"Content-Encoding"`
	CacheControl    string `header:"Cache-Control"`
	Vary            string `header:"Vary"`
	Body            []byte
}

// A rendered page can be written.
type rendered interface{ Render(io.Writer) error }

// isForm marks the routes whose empty parameters count as not given.
const isForm = "form"

func (a *API) pageRoutes() {
	page(a, "/{$}", func(ctx context.Context, in *overviewInput) (rendered, error) { return a.overviewPage(ctx, in) }, func(in *overviewInput) pageRequest { return in.Request })
	page(a, "/ceasefires/{id}", func(ctx context.Context, in *recordPageInput) (rendered, error) { return a.ceasefirePage(ctx, in) }, func(in *recordPageInput) pageRequest { return in.Request })
	page(a, "/incidents", func(ctx context.Context, in *incidentsPageInput) (rendered, error) { return a.incidentsPage(ctx, in) }, func(in *incidentsPageInput) pageRequest { return in.Request })
	page(a, "/incidents/{id}", func(ctx context.Context, in *recordPageInput) (rendered, error) { return a.incidentPage(ctx, in) }, func(in *recordPageInput) pageRequest { return in.Request })
	page(a, "/sources", func(ctx context.Context, in *plainPageInput) (rendered, error) { return a.sourcesPage(ctx, in) }, func(in *plainPageInput) pageRequest { return in.Request })
	a.mux.HandleFunc("GET /assets/{name}", asset)
	a.mux.HandleFunc("GET /layers/{n}", a.layer)
	a.mux.HandleFunc("GET /layers/{n}/{z}/{x}/{y}", a.tilePicture)
	a.mux.HandleFunc("GET /ceasefires/{id}/badge.svg", a.badge)
	a.actRoutes()
}

// page registers a page. It is rendered before anything is sent, so that a failure can still be said; people get their
// problems as a page.
func page[I any](a *API, path string, make func(context.Context, *I) (rendered, error), request func(*I) pageRequest) {
	op := huma.Operation{Path: path, Hidden: true, Metadata: map[string]any{isForm: true}}
	get(a, op, func(ctx context.Context, in *I) (*htmlOutput, error) {
		r := request(in)
		made, err := make(ctx, in)
		if err == nil {
			return output(made, http.StatusOK, r.packs)
		}
		p := a.fail(ctx, err)
		if !r.html {
			return nil, p
		}
		return output(problemPage(p, web.ChooseLanguage(r.query.Get("lang"), r.languages)), p.Status, r.packs)
	})
}

// output renders a page, compressed where the browser takes that.
func output(p rendered, status int, packs bool) (*htmlOutput, error) {
	out := &htmlOutput{Status: status, ContentType: "text/html; charset=utf-8", CacheControl: noCache, Vary: "Accept-Encoding, Accept-Language, Authorization, Cookie"}
	var b bytes.Buffer
	if !packs {
		err := p.Render(&b)
		out.Body = b.Bytes()
		return out, err
	}
	out.ContentEncoding = "gzip"
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // the level is a valid one
	err := p.Render(z)
	if closed := z.Close(); err == nil {
		err = closed
	}
	out.Body = b.Bytes()
	return out, err
}

func problemPage(p *wire.Problem, lang string) web.Problem {
	title, _ := web.Translated(lang, p.Title)
	return web.Problem{Frame: web.Frame{Title: cmp.Or(title, p.Title), Lang: lang, Path: "/", Query: url.Values{"lang": {lang}}}, Status: p.Status, Reason: p.Title, Detail: p.Detail}
}

// wantsHTML reports whether a browser asks.
func wantsHTML(ctx huma.Context) bool { return strings.Contains(ctx.Header("Accept"), "text/html") }

// refuseOn answers a problem, as a page where a browser asks for one.
func refuseOn(ctx huma.Context, p *wire.Problem) {
	if ctx.Operation().Metadata[isForm] == nil || !wantsHTML(ctx) {
		refuse(ctx, p)
		return
	}
	r, w := humago.Unwrap(ctx)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	_ = problemPage(p, web.ChooseLanguage(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))).Render(w)
}

// frame fixes the clocks and the words of a page.
func (a *API) frame(ctx context.Context, here string, in PageInput) (web.Frame, projections.Point, error) {
	if err := firstError(oneOf("lang", in.Lang, web.Languages), oneOf("content", in.Content, web.Languages), zoneParameter(in.Zone)); err != nil {
		return web.Frame{}, projections.Point{}, err
	}
	at, err := a.at(ctx, in.Clocks)
	if err != nil {
		return web.Frame{}, at, err
	}
	f := web.Frame{
		Lang: web.ChooseLanguage(in.Lang, in.Request.languages), Content: in.Content, Zone: in.Zone,
		Path: in.Request.path, Query: in.Request.query, Here: here, Names: web.Names{},
		Effective: at.Effective, Prefix: at.Prefix, Applied: at.Applied,
		Past: in.KnownAt != "" || in.ReportedBy != "" || in.AsOfSequence != "",
	}
	a.greet(ctx, &f)
	f.Live = !f.Past && in.EffectiveAt == ""
	f.Title = web.Say(f.Lang, here+".title")
	f.Span, err = a.span(ctx)
	return f, at, err
}

// greet says on a page who is signed in, and what that lets them do.
func (a *API) greet(ctx context.Context, f *web.Frame) {
	c := access.From(ctx)
	f.Caller, f.MaySignIn = c.Name, a.Access != nil && a.Access.Store != nil
	if a.Access != nil && a.Access.Everyone != nil && c.Name == a.Access.Everyone.Name {
		f.Caller = "" // everybody is let in under that name: nobody has signed in
	}
	f.MaySend = c.May(access.Send) != access.No || f.Caller == "" && f.MaySignIn
}

func zoneParameter(name string) error {
	if name == "" {
		return nil
	}
	if _, err := when.LoadZone(name); err != nil {
		return badParameter("zone", "zone: %q is not a zone: write it like Asia/Damascus or +03:00", clip(name))
	}
	return nil
}

// known returns the point at which everything applied is known and everything published is told, at the same effective
// time: what "as we know now" is.
func known(at projections.Point) projections.Point {
	return projections.Point{Clocks: domain.Clocks{Effective: at.Effective, Prefix: at.Applied}, Applied: at.Applied}
}

// asset sends a file that the pages refer to.
func asset(w http.ResponseWriter, r *http.Request) {
	f, ok := web.Asset(r.PathValue("name"))
	if !ok {
		answerProblem(w, problem(http.StatusNotFound, "not-found", "there is no file %q", clip(r.PathValue("name"))))
		return
	}
	f.ServeHTTP(w, r)
}
