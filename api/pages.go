package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"truceledger/api/web"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/projections"
)

// PageInput are the parameters of a page for people: a form sends them all, empty where nothing was typed.
type PageInput struct {
	Clocks
	Cursor string `query:"cursor"`
	Lang   string `query:"lang"`
}

type pageAccept struct{ html bool }

// Resolve implements huma.Resolver.
func (p *pageAccept) Resolve(ctx huma.Context) []error {
	p.html = wantsHTML(ctx)
	return nil
}

type listPageInput struct {
	PageInput
	Accept pageAccept
}

type ceasefirePageInput struct {
	ID string `path:"id"`
	PageInput
	Accept pageAccept
}

// htmlOutput is a page.
type htmlOutput struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

// A rendered page can be written.
type rendered interface{ Render(io.Writer) error }

// isForm marks the routes whose empty parameters count as not given.
const isForm = "form"

func (a *API) pageRoutes() {
	form := map[string]any{isForm: true}
	get(a, huma.Operation{Path: "/{$}", Hidden: true, Metadata: form}, func(ctx context.Context, in *listPageInput) (*htmlOutput, error) {
		page, err := a.listPage(ctx, in.PageInput)
		return a.show(ctx, page, err, in.Accept.html)
	})
	get(a, huma.Operation{Path: "/ceasefires/{id}", Hidden: true, Metadata: form}, func(ctx context.Context, in *ceasefirePageInput) (*htmlOutput, error) {
		page, err := a.ceasefirePage(ctx, in.ID, in.PageInput)
		return a.show(ctx, page, err, in.Accept.html)
	})
	type file struct {
		Name string `path:"name"`
	}
	raw[file](a, huma.Operation{Path: "/assets/{name}", Hidden: true}, "", asset)
}

// show renders a page before anything is sent, so that a failure can still be said. People get their problems as a page.
func (a *API) show(ctx context.Context, page rendered, err error, html bool) (*htmlOutput, error) {
	out := &htmlOutput{Status: http.StatusOK, ContentType: "text/html; charset=utf-8", CacheControl: noCache}
	if err != nil {
		p := a.fail(ctx, err)
		if !html {
			return nil, p
		}
		out.Status, page = p.Status, problemPage(p)
	}
	var b bytes.Buffer
	err = page.Render(&b)
	out.Body = b.Bytes()
	return out, err
}

func problemPage(p *wire.Problem) web.Problem {
	return web.Problem{Frame: web.Frame{Title: p.Title}, Status: p.Status, Reason: p.Title, Detail: p.Detail}
}

// wantsHTML reports whether a browser asks.
func wantsHTML(ctx huma.Context) bool { return strings.Contains(ctx.Header("Accept"), "text/html") }

// refuseOn answers a problem, as a page where a browser asks for one.
func refuseOn(ctx huma.Context, p *wire.Problem) {
	if ctx.Operation().Metadata[isForm] == nil || !wantsHTML(ctx) {
		refuse(ctx, p)
		return
	}
	_, w := humago.Unwrap(ctx)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	_ = problemPage(p).Render(w)
}

// frame fixes the clocks of a page.
func (a *API) frame(ctx context.Context, title string, in PageInput) (web.Frame, projections.Point, error) {
	if err := oneOf("lang", in.Lang, []string{"en", "ar", "fr", "ru"}); err != nil {
		return web.Frame{}, projections.Point{}, err
	}
	at, err := a.at(ctx, in.Clocks)
	return web.Frame{
		Title: title, Effective: at.Effective, Applied: at.Prefix, Names: web.Names{},
		Clocks: web.Clocks{
			EffectiveAt: string(in.EffectiveAt), KnownAt: string(in.KnownAt), ReportedBy: string(in.ReportedBy), AsOfSequence: string(in.AsOfSequence),
		},
	}, at, err
}

func (a *API) listPage(ctx context.Context, in PageInput) (rendered, error) {
	frame, at, err := a.frame(ctx, "Ceasefires", in)
	if err != nil {
		return nil, err
	}
	page, err := a.queries.Ceasefires(ctx, projections.CeasefireFilter{}, at, projections.Paging{Cursor: in.Cursor})
	for _, view := range page.Items {
		a.name(ctx, frame.Names, at, view)
	}
	return web.List{Frame: frame, Ceasefires: page.Items, NextCursor: page.NextCursor}, err
}

func (a *API) ceasefirePage(ctx context.Context, id string, in PageInput) (rendered, error) {
	ref := domain.Ref{Kind: domain.KindCeasefire, ID: clip(id)}
	if !domain.IsSlug(id) {
		return nil, &domain.NotFound{Record: ref}
	}
	frame, at, err := a.frame(ctx, id, in)
	if err != nil {
		return nil, err
	}
	view, err := a.queries.Ceasefire(ctx, id, at)
	if err != nil {
		return nil, err
	}
	if view.Title != "" {
		frame.Title = view.Title
	}
	history, err := a.queries.History(ctx, ref, at, projections.Paging{Cursor: in.Cursor})
	a.name(ctx, frame.Names, at, view)
	return web.Ceasefire{Frame: frame, View: view, History: history.Items, NextCursor: history.NextCursor}, err
}

// name looks up what people call the records that a view names. What is not on the record at these clocks is shown by its
// id.
func (a *API) name(ctx context.Context, names web.Names, at projections.Point, v projections.CeasefireView) {
	look := func(kind domain.Kind, ids []string, called func(id string) string) {
		for _, id := range ids {
			ref := domain.Ref{Kind: kind, ID: id}.String()
			if _, known := names[ref]; !known && id != "" {
				names[ref] = called(id)
			}
		}
	}
	look(domain.KindPlace, slices.Concat(v.Area, v.CarvedOut), func(id string) string {
		place, _ := a.queries.Place(ctx, id, at)
		return place.Name
	})
	look(domain.KindActor, actorsOf(v), func(id string) string {
		actor, _ := a.queries.Actor(ctx, id, at)
		return actor.Name
	})
	look(domain.KindCeasefire, []string{v.Parent, v.Predecessor, v.Successor}, func(id string) string {
		other, _ := a.queries.Ceasefire(ctx, id, at)
		return other.Title
	})
}

func actorsOf(v projections.CeasefireView) []string {
	ids := slices.Concat(v.Parties, v.Guarantors, v.Mediators, v.Monitors, v.Excluded, v.Consent)
	for _, c := range v.Consents {
		ids = append(ids, c.Actor, c.Through)
	}
	for _, x := range v.Views {
		ids = append(ids, x.By)
	}
	for _, x := range v.Extensions {
		ids = append(ids, x.By...)
	}
	for _, x := range v.Ends {
		ids = append(ids, x.By)
	}
	for _, x := range v.Obligations {
		ids = append(ids, x.Obligor)
		for _, p := range x.Performance {
			ids = append(ids, p.By)
		}
	}
	return ids
}

// asset sends a file that the pages refer to.
func asset(w http.ResponseWriter, r *http.Request) {
	content, mediaType, ok := web.Asset(r.PathValue("name"))
	if !ok {
		answerProblem(w, problem(http.StatusNotFound, "not-found", "there is no file %q", clip(r.PathValue("name"))))
		return
	}
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", noCache)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	_, _ = w.Write(content)
}
