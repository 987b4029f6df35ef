package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"truceledger/api/access"
)

// speakers are who a line of a script speaks for, by its first letter.
var speakers = map[byte]access.Role{
	'-': "", 'n': access.Negotiator, 'm': access.Monitor, 'r': access.Recorder, 'a': access.Auditor, 'o': access.Observer, 'x': access.Operator,
}

// FuzzScripts sends whole sequences of requests, as anybody: one a line, such as `r register-actor {...}` or `n GET /v1/actors`.
// Nothing of it makes the server fail, and what is refused at the door stores nothing.
func FuzzScripts(f *testing.F) {
	f.Add("r register-actor {\"actor\":\"south\",\"name\":\"S\",\"kind\":\"state\"}\nn propose {\"ceasefire\":\"c\",\"by\":\"north\",\"parties\":[\"north\",\"south\"],\"from\":\"2016-05-05T00:00Z\",\"lasting\":\"PT48H\"}\n" +
		"n agree {\"ceasefire\":\"c\",\"by\":\"north\"}\nr agree {\"ceasefire\":\"c\",\"by\":\"south\"}\nn extend {\"ceasefire\":\"c\",\"by\":\"north\",\"lasting\":\"P1M\"}\no GET /v1/ceasefires/c")
	f.Add("n record-statement {\"statement\":\"s\",\"by\":\"north\",\"statement_kind\":\"denial\",\"text\":\"x\"}\nn correct {\"record\":\"statement/s\",\"sequence\":3,\"by\":\"north\",\"reason\":\"r\",\"replacement\":{\"command\":\"record-statement\",\"statement\":\"s\",\"by\":\"north\",\"statement_kind\":\"hope\",\"text\":\"y\"}}\nn retract {\"record\":\"statement/s\",\"sequence\":4,\"by\":\"north\",\"reason\":\"r\"}\na GET /v1/statements/s/history")
	f.Add("m violate {\"incident\":\"i\",\"by\":\"watch\",\"at\":\"2016\"}\nm open-inquiry {\"incident\":\"i\",\"by\":\"watch\"}\n- violate {\"by\":\"north\"}\nx POST /v1/tokens {\"name\":\"q\",\"roles\":[\"auditor\"]}\nx GET /v1/tokens\nx DELETE /v1/tokens/none\no POST /v1/admin/rebuild x")
	f.Add("- POST /login token=truce_x\n- POST /logout \n- GET /act\nr GET /act/propose?by=x\nr POST /act/agree do=send&by=north\n- GET /login?next=//x")
	g := gate(f)
	g.must("register-actor", `{"actor":"north","name":"North","kind":"state"}`, g.as(access.Recorder)...)
	f.Fuzz(func(t *testing.T, script string) {
		for i, line := range strings.Split(script, "\n") {
			if i == 24 {
				break
			}
			g.line(t, line)
		}
	})
}

// line sends one line of a script.
func (g *gated) line(t *testing.T, line string) {
	if len(line) < 3 || line[1] != ' ' {
		return
	}
	role, known := speakers[line[0]]
	verb, body, _ := strings.Cut(line[2:], " ")
	method, path := http.MethodPost, "/v1/commands/"+verb
	if verb == "GET" || verb == "POST" || verb == "DELETE" {
		method = verb
		path, body, _ = strings.Cut(body, " ")
	}
	if !known || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/v1/stream") || strings.Contains(path, "rebuild") && role == access.Operator {
		return
	}
	r, err := http.NewRequest(method, "http://localhost", strings.NewReader(body))
	if err != nil {
		return
	}
	path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.URL.Path = path
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/act") || strings.HasPrefix(path, "/log") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+g.tokens[role])
	}
	if strings.HasPrefix(path, "/v1/tokens/") && method == http.MethodDelete {
		r.URL.Path = "/v1/tokens/none" // the tokens of this test are needed
	}
	before, _ := g.log.Last(t.Context())
	answer := httptest.NewRecorder()
	g.api.ServeHTTP(answer, r)
	after, _ := g.log.Last(t.Context())
	switch status := answer.Code; {
	case status >= 500 && status != http.StatusServiceUnavailable:
		t.Errorf("%q: got %d %s", line, status, answer.Body)
	case (status == http.StatusUnauthorized || status == http.StatusForbidden) && after != before:
		t.Errorf("%q: refused with %d, and %d entries were stored", line, status, after-before)
	}
}
