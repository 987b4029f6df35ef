package api

import (
	"fmt"
	"html"
	"net/http"
	"unicode/utf8"

	"truceledger/api/web"
	"truceledger/domain"
	"truceledger/projections"
)

// badgeColours are by status; they have enough contrast with the white text on them.
var badgeColours = map[string]string{
	"in_force": "#1a6b3c", "scheduled": "#1d5a8a", "agreed": "#1d5a8a", "proposed": "#5b4a8a", "indeterminate": "#7a5c00", "suspended": "#8a4b08",
}

// badge is a picture of a ceasefire's status that other pages can show. It says when it was drawn: a copy may be old.
func (a *API) badge(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(inPublic(r.Context()))
	q := r.URL.Query()
	clocks := Clocks{EffectiveAt: instant(q.Get("effective_at")), KnownAt: instant(q.Get("known_at")), ReportedBy: instant(q.Get("reported_by")), AsOfSequence: count(q.Get("as_of_sequence"))}
	if p := a.readiness.check(r.Context(), a); p != nil {
		answerProblem(w, p)
		return
	}
	_, err := recordRef("ceasefire", r.PathValue("id"))
	var at projections.Point
	if err == nil {
		at, err = a.at(r.Context(), clocks)
	}
	var view projections.CeasefireView
	if err == nil {
		view, err = a.queries.Ceasefire(r.Context(), r.PathValue("id"), at)
	}
	if err != nil {
		answerProblem(w, a.fail(r.Context(), err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "no-cache, max-age=60")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // it is made to be shown elsewhere
	_, _ = w.Write(drawBadge(titleOf(view), web.ChooseLanguage(q.Get("lang"), "en"), view))
}

func drawBadge(title, lang string, v projections.CeasefireView) []byte {
	title = domain.InOrder(title) // else a title could turn the status that is read out after it
	if runes := []rune(title); len(runes) > 48 {
		title = string(runes[:47]) + "…"
	}
	status := web.Word(lang, v.Status)
	if v.Contested {
		status += " · " + web.Say(lang, "contested")
	}
	left, right := 16+utf8.RuneCountInString(title)*7, 16+utf8.RuneCountInString(status)*7
	colour := badgeColours[v.Status]
	if colour == "" {
		colour = "#555"
	}
	label := html.EscapeString(title + ": " + status + ", " + v.Effective.UTC().Format("2006-01-02 15:04 UTC"))
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="22" role="img" aria-label="%[2]s"><title>%[2]s</title>`+
		`<rect width="%[1]d" height="22" rx="3" fill="#333"/><path d="M%[3]d 0h%[4]da3 3 0 0 1 3 3v16a3 3 0 0 1-3 3h-%[4]dz" fill="%[5]s"/>`+
		`<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="8" y="15" textLength="%[6]d">%[7]s</text><text x="%[8]d" y="15" textLength="%[9]d">%[10]s</text></g></svg>`,
		left+right, label, left, right-3, colour, left-16, html.EscapeString(title), left+8, right-16, html.EscapeString(status))
}
