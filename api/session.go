package api

import (
	"net/http"
	"net/url"
	"strings"

	"truceledger/api/web"
)

// mostLogin bounds the form to sign in, which nobody needs a token to send.
const mostLogin = 8 << 10

// sessionRoutes let people sign in with a browser: the token is typed once, and a cookie stands for it from then on, which no
// script can read and no other site can use.
func (a *API) sessionRoutes() {
	a.mux.HandleFunc("GET /login", a.loginForm)
	a.mux.HandleFunc("POST /login", a.login)
	a.mux.HandleFunc("POST /logout", a.logout)
}

// loginPage is the form, in the words of the browser's language.
func (a *API) loginPage(r *http.Request, form url.Values) web.Login {
	lang := web.ChooseLanguage(form.Get("lang"), r.Header.Get("Accept-Language"))
	f := web.Frame{Lang: lang, Path: "/login", Here: "login", Title: web.Say(lang, "login.title"), Query: url.Values{"lang": {lang}}, Names: web.Names{}}
	a.greet(r.Context(), &f)
	page := web.Login{Frame: f, Next: localPath(form.Get("next"))}
	if a.Access != nil && a.Access.Issuer != nil {
		page.Org, page.Begin = a.Access.Issuer.SignIn.Name, a.beginAddress(page.Next)
	}
	return page
}

func (a *API) loginForm(w http.ResponseWriter, r *http.Request) {
	a.send(w, r, a.loginPage(r, r.URL.Query()), http.StatusOK, nil)
}

// login opens a session for the bearer of a token. What was typed is not shown again, right or wrong.
func (a *API) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostLogin)
	if err := r.ParseForm(); err != nil {
		a.send(w, r, nil, 0, problem(http.StatusBadRequest, "unreadable", "the form cannot be read: go back and send it again"))
		return
	}
	page := a.loginPage(r, r.PostForm)
	if a.Access == nil || a.Access.Store == nil {
		a.send(w, r, nil, 0, problem(http.StatusForbidden, "forbidden", "this server keeps no tokens"))
		return
	}
	cookie, until, ok, err := a.Access.Store.Open(strings.TrimSpace(r.PostForm.Get("token")))
	switch {
	case err != nil:
		a.send(w, r, nil, 0, err)
	case !ok:
		p := a.unknown(r)
		a.noteCode(r, p.Code)
		page.Wrong = p.Detail
		if after := p.Header.Get("Retry-After"); after != "" {
			w.Header().Set("Retry-After", after)
		}
		a.send(w, r, page, p.Status, nil)
	default:
		http.SetCookie(w, a.Access.Cookie(cookie, until))
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, page.Next, http.StatusSeeOther)
	}
}

// logout ends the session.
func (a *API) logout(w http.ResponseWriter, r *http.Request) {
	if a.Access != nil && a.Access.Store != nil {
		if c, err := r.Cookie(a.Access.CookieName()); err == nil {
			if err := a.Access.Store.Leave(c.Value); err != nil {
				a.send(w, r, nil, 0, err)
				return
			}
		}
		http.SetCookie(w, a.Access.Cookie("", a.Clock()))
	}
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func (a *API) noteCode(r *http.Request, code string) {
	if n := attemptOf(r.Context()); n != nil {
		n.code = code
	}
}

// localPath is where to go after signing in: a path of this server, whatever a link said.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n") {
		return "/"
	}
	return u.RequestURI()
}
