package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"truceledger/api/access"
	"truceledger/domain"
	"truceledger/eventstore"
)

// speakers are who a line of a script speaks for, by its first letter.
var speakers = map[byte]access.Role{
	'-': "", 'n': access.Negotiator, 'm': access.Monitor, 'r': access.Recorder, 'a': access.Auditor, 'o': access.Observer, 'x': access.Operator,
}

// scripts are the stories of testdata/scripts: together they send every command and take every route with success.
func scripts(t testing.TB) (all []string) {
	t.Helper()
	names, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// A telling is a world to which scripts are told.
type telling struct {
	*gated
	told                     atomic.Uint64
	commitment, token, alert string // what the script was given last
	restricted               string // the record that it began last of those
}

func tell(t testing.TB) *telling {
	outline, err := ParseLayer([]byte(`{"type":"FeatureCollection","title":"T","disclaimer":"D","features":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	tiles, err := OpenTiles(folderOfTiles(surveyed))
	if err != nil {
		t.Fatal(err)
	}
	w := &telling{gated: gate(t, func(o *Options) {
		o.Layers = []Layer{outline, tiles}
		o.Snapshots = map[string]func(io.Writer) error{"one": func(w io.Writer) error { _, err := io.WriteString(w, "copy"); return err }}
		o.Rates = access.Rates{}
	})}
	for _, actor := range []string{"north", "watch"} {
		w.must("register-actor", `{"actor":"`+actor+`","name":"X","kind":"state"}`, w.as(access.Recorder)...)
	}
	w.settle()
	w.sign(t)
	return w
}

// FuzzScripts sends whole sequences of requests, as anybody: one a line, such as `r register-actor {...}` or `n GET /v1/actors`.
// Nothing of it makes the server fail, and what is refused at the door stores nothing. A ~ is another number in each run, so that
// ids are new ones.
func FuzzScripts(f *testing.F) {
	for _, s := range scripts(f) {
		f.Add(s)
	}
	f.Add("m violate {\"incident\":\"i\",\"by\":\"watch\",\"at\":\"2016\"}\nm open-inquiry {\"incident\":\"i\",\"by\":\"watch\"}\n- violate {\"by\":\"north\"}\nx DELETE /v1/tokens/none\no POST /v1/admin/rebuild x")
	f.Add("- POST /login token=truce_x\n- POST /logout \n- GET /act\nr GET /act/propose?by=x\nr POST /act/agree do=send&by=north\n- GET /login?next=//x")
	w := tell(f)
	f.Fuzz(func(t *testing.T, script string) { w.tell(t, script, nil) })
}

// tell sends a script's lines. heard is told of each answer.
func (w *telling) tell(t *testing.T, script string, heard func(line, pattern string, a *httptest.ResponseRecorder)) {
	number := strconv.FormatUint(w.told.Add(1), 10)
	for i, line := range strings.Split(strings.ReplaceAll(script, "~", number), "\n") {
		if i == 80 {
			break
		}
		w.line(t, line, heard)
	}
}

// The seeds of the fuzzing reach all of it: each command is stored at least once, and each route answers 2xx at least once.
func TestTheScriptsReachEveryCommandAndRoute(t *testing.T) {
	w := tell(t)
	stored, answered := map[string]bool{}, map[string]bool{
		"GET /v1/stream":                true, // whoever takes it stays
		"POST /v1/admin/rebuild":        true, // the scripts leave it out, because it takes long
		"POST /v1/alerts/dead/{id}":     true, // needs a delivery that was given up: alerts_test.go
		"GET /log/policy":               true, // nobody asks a witness here: the story witness.txtar
		"POST /v1/statements/{command}": true, // the story sign.txtar
		"POST /login":                   true, // needs a token: session_test.go
	}
	for _, script := range scripts(t) {
		w.tell(t, script, func(line, pattern string, a *httptest.ResponseRecorder) {
			verb, _, _ := strings.Cut(line[2:], " ")
			if a.Code == http.StatusCreated {
				stored[verb] = true
			}
			if a.Code < 400 && a.Code != http.StatusSeeOther || pattern == "POST /logout" {
				answered[pattern] = true
			} else {
				t.Logf("%s: %d %s", line, a.Code, a.Body)
			}
		})
		w.settle()
	}
	for _, verb := range eventstore.Verbs() {
		if !stored[verb] {
			t.Errorf("no script gets %s onto the record", verb)
		}
	}
	for _, pattern := range w.api.mux.patterns {
		if !answered[pattern] {
			t.Errorf("no script is answered by %s", pattern)
		}
	}
}

// given puts what the script was given last in the place of its name.
func (w *telling) given(t *testing.T, line string) string {
	last, _ := w.log.Last(t.Context())
	return strings.NewReplacer("SEQ", strconv.FormatUint(last, 10), "COMMITMENT", w.commitment, "TOKEN", w.token, "ALERT", w.alert, "RESTRICTED", w.restricted).Replace(line)
}

// remember keeps what later lines need.
func (w *telling) remember(path string, answer *httptest.ResponseRecorder) {
	var got struct{ ID, Commitment, Record string }
	if answer.Code != http.StatusCreated || json.Unmarshal(answer.Body.Bytes(), &got) != nil {
		return
	}
	if ref, err := domain.ParseRef(got.Record); err == nil && ref.Restricted() {
		w.restricted = got.Record
	}
	switch path {
	case "/v1/secrets":
		w.commitment = got.Commitment
	case "/v1/tokens":
		w.token = got.ID
	case "/v1/alerts":
		w.alert = got.ID
	}
}

// contentTypes are those of bodies that are not JSON, by the beginning of their path.
var contentTypes = map[string]string{
	"/act": "application/x-www-form-urlencoded", "/login": "application/x-www-form-urlencoded", "/logout": "application/x-www-form-urlencoded",
	"/v1/attachments": "text/plain", "/v1/import": "application/x-ndjson",
}

// line sends one line of a script.
func (w *telling) line(t *testing.T, line string, heard func(line, pattern string, a *httptest.ResponseRecorder)) {
	if len(line) < 3 || line[1] != ' ' {
		return
	}
	role, known := speakers[line[0]]
	verb, body, _ := strings.Cut(w.given(t, line[2:]), " ")
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
	for begin, content := range contentTypes {
		if strings.HasPrefix(path, begin) {
			r.Header.Set("Content-Type", content)
		}
	}
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+w.tokens[role])
	}
	if id := strings.TrimPrefix(path, "/v1/tokens/"); method == http.MethodDelete && slices.Contains(w.own(), id) {
		return // the tokens of this test are needed
	}
	before, _ := w.log.Last(t.Context())
	answer := httptest.NewRecorder()
	w.api.ServeHTTP(answer, r)
	after, _ := w.log.Last(t.Context())
	w.remember(path, answer)
	switch status := answer.Code; {
	case status >= 500 && status != http.StatusServiceUnavailable:
		t.Errorf("%q: got %d %s", line, status, answer.Body)
	case (status == http.StatusUnauthorized || status == http.StatusForbidden) && after != before:
		t.Errorf("%q: refused with %d, and %d entries were stored", line, status, after-before)
	}
	if heard != nil {
		heard(line, r.Pattern, answer)
	}
}

// own are the ids of the tokens that this test goes by.
func (w *telling) own() (ids []string) {
	for _, id := range w.ids {
		ids = append(ids, id)
	}
	return ids
}
