package api

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"truceledger/api/access"
	"truceledger/api/wire"
)

// The addresses at which a sign-in with an account begins. It is a link and no form: a form that leads to another site would
// need a wider policy for every page.
const beginPath = "/login/oidc"

// accountRoutes let people sign in with an account that an issuer keeps, where the operator has named one.
func (a *API) accountRoutes() {
	if a.Access == nil || a.Access.Store == nil || a.Access.Issuer == nil {
		return
	}
	a.mux.HandleFunc("GET "+beginPath, a.beginSignIn)
	a.mux.HandleFunc("GET "+access.CallbackPath, a.finishSignIn)
}

// beginAddress is where a sign-in begins that leads back to next. It names this server as the issuer knows it: begun under
// another of its names, the cookie would not come back.
func (a *API) beginAddress(next string) string {
	return a.Access.Issuer.Origin() + beginPath + "?" + url.Values{"next": {next}}.Encode()
}

// beginSignIn sends the browser to the issuer.
func (a *API) beginSignIn(w http.ResponseWriter, r *http.Request) {
	address, state, err := a.Access.Issuer.Begin(localPath(r.URL.Query().Get("next")))
	if err != nil {
		a.notSignedIn(w, r, err, access.Caller{})
		return
	}
	http.SetCookie(w, a.Access.StateCookie(state))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// finishSignIn takes the browser back from the issuer, and opens a session for whom the issuer names.
func (a *API) finishSignIn(w http.ResponseWriter, r *http.Request) {
	state := a.Access.StateOf(r)
	http.SetCookie(w, a.Access.StateCookie(""))
	if wait, ok := a.throttles.accounts.Allow(a.address(r), time.Now()); !ok {
		a.refuseSignIn(w, r, tooMany(wait, "too many people sign in from your address"))
		return
	}
	who, caller, next, err := a.Access.Issuer.Finish(r.Context(), state, r.URL.Query())
	if err != nil {
		a.notSignedIn(w, r, err, caller)
		return
	}
	cookie, until, err := a.Access.Store.OpenFor(who, a.Access.Issuer.Length())
	if err != nil {
		a.send(w, r, nil, 0, err)
		return
	}
	a.log.InfoContext(r.Context(), "signed in", "caller", caller.Name, "roles", rolesOf(caller), "address", a.address(r))
	http.SetCookie(w, a.Access.Cookie(cookie, until))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// notSignedIn shows the form again, with the reason.
func (a *API) notSignedIn(w http.ResponseWriter, r *http.Request, err error, c access.Caller) {
	if n := attemptOf(r.Context()); n != nil && c.Known() {
		n.caller = c // the issuer knows the person, and so does the line of the refusal
	}
	a.refuseSignIn(w, r, signInProblem(err, c))
}

func (a *API) refuseSignIn(w http.ResponseWriter, r *http.Request, p *wire.Problem) {
	a.noteCode(r, p.Code)
	for name, values := range p.Header {
		w.Header()[name] = values
	}
	page := a.loginPage(r, url.Values{})
	page.Wrong = p.Detail
	a.send(w, r, page, p.Status, nil)
}

// signInProblem says why somebody is not signed in. What came back from the issuer is not repeated: anybody can write such an
// address. The name is what the operator needs to give the person a role.
func signInProblem(err error, c access.Caller) *wire.Problem {
	switch {
	case errors.Is(err, access.ErrIssuerAway):
		return later("issuer-away", "%s", err)
	case errors.Is(err, access.ErrNotBegun):
		return problem(http.StatusForbidden, "sign-in-not-begun", "%s", err)
	case errors.Is(err, access.ErrNoRole):
		return problem(http.StatusForbidden, "no-role", "%s: ask the operator, and tell this name: %s", err, c.Name)
	case errors.Is(err, access.ErrTwoRoles):
		return problem(http.StatusForbidden, "two-roles", "%s; tell this name: %s", err, c.Name)
	}
	return problem(http.StatusForbidden, "sign-in-refused", "%s", err)
}
