package api

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"truceledger/api/access"
)

// wired serves a world with the limits of a real server, and returns what sends it bytes as they are and reads what comes back.
func wired(t *testing.T, w *world) (send func(request string) string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(w.api, w.api.log)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return func(request string) string {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(conn, request)
		answer, _ := io.ReadAll(conn) // what came before the connection was cut counts
		return string(answer)
	}
}

// What a request may try that no client of ours would send: refused plainly or harmless, and nothing is stored by it.
func TestHostileRequests(t *testing.T) {
	w := open(t)
	w.river()
	before, _ := w.log.Last(t.Context())
	send := wired(t, w)
	const head, end = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", "\r\n"
	const actor = `{"actor":"west","name":"West","kind":"state"}`
	post := func(body string, more ...string) string {
		return "POST /v1/commands/register-actor" + head + "Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n" + strings.Join(more, "") + end + body
	}
	deep := `{"actor":"west","kind":"state","name":` + strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_001)
	for name, try := range map[string]struct{ request, want string }{
		"two lengths":               {"POST /v1/commands/agree" + head + "Content-Length: 5\r\nContent-Length: 6\r\n" + end + "{}", "400"},
		"a negative length":         {"POST /v1/commands/agree" + head + "Content-Length: -1\r\n" + end, "400"},
		"a coding of its own":       {"POST /v1/commands/agree" + head + "Transfer-Encoding: xchunked\r\n" + end, "501"},
		"a coding behind a blank":   {"POST /v1/commands/agree" + head + "Transfer-Encoding : chunked\r\n" + end, "400"},
		"two hosts":                 {"GET /v1/actors HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n" + end, "400"},
		"a host in the target":      {"GET http://evil.example/v1/actors" + head + end, "403"},
		"a host with an account":    {"GET / HTTP/1.1\r\nHost: localhost@evil.example\r\nConnection: close\r\n" + end, "400"},
		"two slashes, posted":       {strings.Replace(post(actor), "/v1/commands", "/v1//commands", 1), "307"},
		"two slashes":               {"GET //evil.example/v1/actors" + head + end, "404"},
		"dots":                      {"GET /v1/%2e%2e/v1/tokens" + head + end, "404"},
		"dots in a name":            {"GET /v1/attachments/..%2f..%2flog.key" + head + end, "404"},
		"a zero byte":               {"GET /v1/actors/%00" + head + end, "404"},
		"a header of 64 KiB":        {"GET /v1/actors" + head + "X-A: " + strings.Repeat("b", 64<<10) + "\r\n" + end, "431"},
		"a query of 30 KiB":         {"GET /v1/actors?limit=" + strings.Repeat("1", 30<<10) + head + end, "400"},
		"a line's end in a query":   {"GET /v1/actors?limit=1%0d%0aSet-Cookie:x=1" + head + end, "400"},
		"another method, said":      {"POST /v1/actors" + head + "X-HTTP-Method-Override: DELETE\r\nContent-Length: 0\r\n" + end, "405"},
		"TRACE":                     {"TRACE /v1/actors" + head + end, "405"},
		"CONNECT":                   {"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + end, "403"},
		"a preflight":               {"OPTIONS /v1/commands/agree" + head + "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n" + end, "405"},
		"another site's command":    {post(actor, "Origin: https://evil.example\r\n"), "403"},
		"a command of no origin":    {post(actor, "Origin: null\r\n"), "403"},
		"nested 10,000 deep":        {post(deep), "400"},
		"a name twice, in disguise": {post(`{"actor":"west","name":"A","n\u0061me":"B","kind":"state"}`), "400"},
		"half a character":          {post(`{"actor":"west","name":"\ud800","kind":"state"}`), "400"},
		"no UTF-8":                  {post("{\"actor\":\"west\",\"name\":\"\xff\",\"kind\":\"state\"}"), "400"},
		"many aliases":              {post(`{"actor":"west","name":"A","kind":"state","aliases":["` + strings.Join(strings.Split(strings.Repeat("alias,", 20_000), ","), `","`) + `"]}`), "413"},
		"compressed":                {post(actor, "Content-Encoding: gzip\r\n"), "415"},
		"two types":                 {strings.Replace(post(actor), "application/json", "application/json, text/plain", 1), "415"},
	} {
		answer := send(try.request)
		status, _, _ := strings.Cut(strings.TrimPrefix(answer, "HTTP/1.1 "), " ")
		if status != try.want {
			t.Errorf("%s: got %.300s, want %s", name, answer, try.want)
		}
		if strings.Contains(answer, "Access-Control-") || strings.Contains(answer, "\r\nSet-Cookie") {
			t.Errorf("%s: got %s", name, answer)
		}
	}
	if after, _ := w.log.Last(t.Context()); after != before {
		t.Errorf("the log grew from %d to %d", before, after)
	}
}

// Nobody is signed in or out by a page of another site, and a session's cookie is sent by none.
func TestSigningInIsNotForgedByAnotherSite(t *testing.T) {
	g := gate(t)
	form := "token=" + g.tokens[access.Observer] + "&next=%2F%2Fevil.example"
	ask := func(path string, headers ...string) *http.Response {
		r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer := httptest.NewRecorder()
		g.api.ServeHTTP(answer, r)
		return answer.Result()
	}
	for _, path := range []string{"/login", "/logout"} {
		for _, headers := range [][]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "null"}} {
			if a := ask(path, headers...); a.StatusCode != http.StatusForbidden || len(a.Cookies()) != 0 {
				t.Errorf("%s with %v: got %d and %v", path, headers, a.StatusCode, a.Cookies())
			}
		}
	}
	a := ask("/login")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/" || len(a.Cookies()) != 1 {
		t.Fatalf("got %d to %s with %v", a.StatusCode, a.Header.Get("Location"), a.Cookies())
	}
	if c := a.Cookies()[0]; c.SameSite != http.SameSiteLaxMode || !c.HttpOnly {
		t.Errorf("got %v", c)
	}
}
