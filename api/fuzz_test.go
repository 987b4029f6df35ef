package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"truceledger/api/wire"
	"truceledger/eventstore"
)

// FuzzCommands sends anything as any command: the server never fails, and a no stores nothing.
func FuzzCommands(f *testing.F) {
	f.Add("register-actor", `{"actor":"west","name":"West","kind":"state"}`, "", "")
	f.Add("propose", `{"ceasefire":"river","area":"town","parties":["north"],"from":{"at":"2016-05-05","zone":"Asia/Damascus"},"lasting":"PT48H"}`, `"7"`, uuid1)
	f.Add("extend", `{"ceasefire":"river","by":"north","lasting":"P1M","occurred":"2016-05-06/2016-05-07"}`, "*", "")
	f.Add("correct", `{"record":"ceasefire/river","sequence":5,"reason":"r","replacement":{"command":"propose","ceasefire":"river"}}`, "W/\"1\"", "")
	f.Add("violate", `{"by":"north","casualties":[{"outcome":"killed","best":-1}],"at":"2016"}`, "", "x")
	f.Add("record-tally", `{"tally":"t","source":"north","unit":"civilians","best":1e400,"period":{"from":"24:00"}}`, "12", "")
	f.Add("register-place", `{"name":"P","point":[1,2,3],"geometry":{"type":"Polygon","coordinates":[[[[]]]]}}`, "", "")
	w := open(f)
	w.river()
	f.Fuzz(func(t *testing.T, verb, body, match, key string) {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/v1/commands/"+url.PathEscape(verb), strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if match != "" {
			r.Header["If-Match"] = []string{match}
		}
		if key != "" {
			r.Header["Idempotency-Key"] = []string{key}
		}
		before, _ := w.log.Last(t.Context())
		answer := httptest.NewRecorder()
		w.api.ServeHTTP(answer, r)
		after, _ := w.log.Last(t.Context())
		switch status := answer.Code; {
		case status == http.StatusCreated:
			if after != before+1 {
				t.Errorf("201 and %d entries", after-before)
			}
		case status == http.StatusOK || status >= 300 && status < 400: // a replay; a path that the mux cleans
		case status >= 400 && status < 500 || status == http.StatusServiceUnavailable:
			var p wire.Problem
			if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil || p.Code == "" || p.Detail == "" || after != before {
				t.Errorf("%s %q: got %d %s, %v, %d entries", verb, body, status, answer.Body, err, after-before)
			}
		default:
			t.Errorf("%s %q: got %d %s", verb, body, status, answer.Body)
		}
	})
}

// FuzzQueries asks any question.
func FuzzQueries(f *testing.F) {
	for _, path := range []string{
		"/v1/ceasefires?effective_at=2016-05-04T12:00:00Z", "/v1/incidents/counts?by=day", "/v1/entries?after=1&limit=2", "/?lang=ar", "/v1/entries/1",
		"/v1/ceasefires/river/history?limit=1&cursor=AAAA", "/v1/actors/../actors", "/schemas/commands/%2e%2e.json", "/v1/ceasefires?a=%zz&&;=", "//",
	} {
		f.Add(path)
	}
	w := open(f)
	w.everything()
	w.api.limits.wait = 1
	verbs := strings.Join(eventstore.Verbs(), " ")
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse(path)
		if err != nil || strings.HasPrefix(u.Path, "/v1/stream") || !strings.HasPrefix(u.Path, "/") || strings.Contains(verbs, u.Path) {
			return
		}
		r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
		r.URL.Path, r.URL.RawPath, r.URL.RawQuery = u.Path, u.RawPath, u.RawQuery
		answer := httptest.NewRecorder()
		w.api.ServeHTTP(answer, r)
		if answer.Code >= 500 && answer.Code != http.StatusServiceUnavailable {
			t.Errorf("%q: got %d %s", path, answer.Code, answer.Body)
		}
	})
}
