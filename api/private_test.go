package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/eventstore/blobs"
	"truceledger/eventstore/logtest"
	"truceledger/projections"
)

// callers are who asks in these tests, by the header X-Caller.
var callers = map[string]access.Caller{
	"desk":     {Name: "desk", Roles: []access.Role{access.Recorder}},
	"desk2":    {Name: "desk2", Roles: []access.Role{access.Recorder}},
	"north":    {Name: "north-delegation", Roles: []access.Role{access.Negotiator}, Actors: []string{"north"}},
	"south":    {Name: "south-delegation", Roles: []access.Role{access.Negotiator}, Actors: []string{"south"}},
	"outsider": {Name: "third-delegation", Roles: []access.Role{access.Negotiator}, Actors: []string{"third"}},
	"monitor":  {Name: "mission", Roles: []access.Role{access.Monitor}, Actors: []string{"monitor"}},
	"auditor":  {Name: "audit", Roles: []access.Role{access.Auditor}},
	"observer": {Name: "press", Roles: []access.Role{access.Observer}},
	"operator": {Name: "ops", Roles: []access.Role{access.Operator}},
}

// A house is a world with files and a vault, in which everybody has a role.
type house struct {
	*world
	notary
	files *blobs.Files
	vault *blobs.Vault
	dir   string
}

// openBesides opens the files and the vault in a folder.
func openBesides(t testing.TB, dir string) (*blobs.Files, *blobs.Vault) {
	t.Helper()
	files, err := blobs.OpenFiles(filepath.Join(dir, "attachments"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	vault, err := blobs.OpenVault(filepath.Join(dir, "vault"), "")
	if err != nil {
		t.Fatal(err)
	}
	return files, vault
}

func private(t testing.TB) *house {
	t.Helper()
	h := &house{dir: t.TempDir()}
	h.files, h.vault = openBesides(t, h.dir)
	h.world = open(t, h.provable(t), func(o *Options) {
		o.Files, o.Vault, o.Access = h.files, h.vault, &access.Desk{Everyone: &access.Reader}
	})
	h.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.api.ServeHTTP(w, r.WithContext(access.With(r.Context(), callers[r.Header.Get("X-Caller")])))
	})
	for _, a := range []string{"north", "south", "third", "monitor"} {
		h.must("register-actor", `{"actor":"`+a+`","name":"`+a+`","kind":"state"}`, "X-Caller", "desk")
	}
	h.must("register-place", `{"place":"town","name":"Town","point":[37.16,36.2]}`, "X-Caller", "desk")
	h.must("register-source", `{"source":"paper","title":"Paper","published":"2016-05-01"}`, "X-Caller", "desk")
	h.must("propose", `{"ceasefire":"river","by":"north","title":"River","class":"local_truce","area":"town","occurred":"2016-05-01T10:00Z","monitors":["monitor"],"parties":["north","south"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H"}`, "X-Caller", "desk")
	h.must("violate", `{"incident":"shots","by":"north","ceasefires":["river"],"place":"town","at":"2016-05-05T10:00Z","type":"shelling"}`, "X-Caller", "desk")
	h.settle()
	return h
}

// seal sends a value to the vault.
func (h *house) seal(value string, headers ...string) wire.Sealed {
	h.t.Helper()
	body, _ := json.Marshal(map[string]string{"value": value})
	a := h.do(http.MethodPost, "/v1/secrets", string(body), append([]string{"X-Caller", "desk"}, headers...)...)
	if a.StatusCode != http.StatusCreated {
		h.t.Fatalf("got %d %s", a.StatusCode, a.body)
	}
	return into[wire.Sealed](h.t, a)
}

// attach sends a file.
func (h *house) attach(content string) wire.Attachment {
	h.t.Helper()
	a := h.do(http.MethodPost, "/v1/attachments", content, "Content-Type", "text/plain", "X-Caller", "desk")
	if a.StatusCode != http.StatusCreated {
		h.t.Fatalf("got %d %s", a.StatusCode, a.body)
	}
	return into[wire.Attachment](h.t, a)
}

// logHolds reports whether a text stands anywhere in the log.
func (h *house) logHolds(text string) bool {
	h.t.Helper()
	for m, err := range h.log.Read(context.Background(), 0) {
		if err != nil {
			h.t.Fatal(err)
		}
		if strings.Contains(string(m.Payload), text) {
			return true
		}
	}
	return false
}

const name = "Amal Haddad"

// The way of a witness's name: sealed, on the record as a commitment, read with a trace, destroyed; and the log verifies.
func TestTheWayOfASecret(t *testing.T) {
	h := private(t)
	s := h.seal(name)
	h.must("corroborate", `{"incident":"shots","by":"monitor","witness":"`+s.Commitment+`"}`, "X-Caller", "monitor")
	h.settle()
	if h.logHolds("Amal") || strings.Contains(h.logged.String(), "Amal") || strings.Contains(h.logged.String(), s.Key) {
		t.Fatal("the name stands in the log, or in the server's log")
	}
	read := func(caller, record, body string) answered {
		return h.do(http.MethodPost, "/v1/secrets/"+s.Commitment+"/read", `{"record":"`+record+`","reason":"to call"`+body+`}`, "X-Caller", caller)
	}
	wantProblem(t, read("south", "incident/shots", ""), 403, "forbidden")
	wantProblem(t, read("observer", "incident/shots", ""), 403, "forbidden")
	wantProblem(t, read("auditor", "incident/none", ""), 404, "not-found")
	wantProblem(t, read("auditor", "ceasefire/river", ""), 404, "not-found")
	wantProblem(t, read("auditor", "incident/shots", `,"by":"south"`), 403, "forbidden")
	before := h.get("/v1/incidents/shots/material", "X-Caller", "observer")
	if strings.Contains(string(before.body), `"read"`) {
		t.Errorf("a refusal left a reading behind: %s", before.body)
	}
	for _, caller := range []string{"auditor", "monitor"} {
		a := read(caller, "incident/shots", "")
		opened := into[wire.Opened](t, a)
		key, _ := hex.DecodeString(opened.Key)
		if a.StatusCode != 200 || opened.Value != name || !blobs.Opens(s.Commitment, key, []byte(name)) || a.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: got %d %s", caller, a.StatusCode, a.body)
		}
	}
	h.settle()
	history := string(h.get("/v1/incidents/shots/history", "X-Caller", "observer").body)
	if strings.Count(history, "read the sealed value") != 2 || !strings.Contains(history, "auditor:audit") || strings.Contains(history, "Amal") {
		t.Errorf("the readings are not on the record: %s", history)
	}
	wantProblem(t, h.send("destroy-secret", `{"record":"incident/shots","secret":"`+s.Commitment+`","reason":"asked for"}`, "X-Caller", "operator"), 422, "invalid-field")
	h.must("destroy-secret", `{"record":"incident/shots","secret":"`+s.Commitment+`","reason":"asked for","legal_basis":"Art. 17"}`, "X-Caller", "operator")
	if h.vault.HasSecret(s.Commitment) {
		t.Fatal("the key is still there")
	}
	h.settle()
	wantProblem(t, read("auditor", "incident/shots", ""), 422, "secret-destroyed")
	wantProblem(t, h.send("retract", `{"record":"incident/shots","sequence":`+fmt.Sprint(h.last())+`,"reason":"no"}`, "X-Caller", "desk"), 422, "final")
	key, _ := hex.DecodeString(s.Key)
	if !blobs.Opens(s.Commitment, key, []byte(name)) {
		t.Error("who kept value and key cannot open the commitment any more")
	}
	replayed(t, h)
}

// replayed decides the whole log again: what was destroyed or kept back changes nothing about it.
func replayed(t *testing.T, h *house) {
	t.Helper()
	var payloads [][]byte
	for m, err := range h.log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, m.Payload)
	}
	if err := logtest.Replay(t.Context(), payloads, 0); err != nil {
		t.Fatalf("the log does not verify any more: %v", err)
	}
}

func (h *house) last() uint64 {
	n, err := h.log.Last(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// Whatever is put where a commitment belongs: refused, and repeated nowhere.
func TestClearTextIsRefusedWithoutEcho(t *testing.T) {
	h := private(t)
	before := h.last()
	for _, body := range []string{
		`"witness":"Amal Haddad"`, `"contact":"+963112223333"`, `"contact":963112223333`, `"contact":-963112223333.5e3`, `"exact_place":[37.123456,36.98765]`,
		`"witness":{"Amal Haddad":1}`, `"witness":{"Amal Haddad":1,"Amal Haddad":2}`, `"witness":{"Amal Haddad":null}`, `"witness":["Amal Haddad"]`, `"witness":"Amal Haddad`, `"witness":true`,
		`"witness":"hmac-sha256:` + strings.Repeat("0", 63) + `A"`, `"near":{"point":[37.123456,36.98765],"within_km":10}`, `"near":{"point":[37.123456,36.98765],"within_km":963}`,
	} {
		for _, headers := range [][]string{nil, {"Idempotency-Key", "0190a1b2-0000-7000-8000-00000000000b"}} {
			a := h.send("corroborate", `{"incident":"shots","by":"south",`+body+`}`, append(headers, "X-Caller", "south")...)
			if strings.Contains(body, "near") {
				a = h.send("violate", `{"by":"south",`+body+`}`, append(headers, "X-Caller", "south")...)
			}
			if a.StatusCode != 422 && a.StatusCode != 400 {
				t.Errorf("%s: got %d %s", body, a.StatusCode, a.body)
			}
			if a.StatusCode == 422 && !strings.Contains(body, "near") && !strings.Contains(body, `{"Amal Haddad":null}`) && !strings.Contains(string(a.body), "truce secret put") {
				t.Errorf("%s: it is not said where the value belongs: %s", body, a.body)
			}
			for _, trace := range []string{"Amal", "Haddad", "96311", "37.12", "36.98"} {
				if strings.Contains(string(a.body), trace) || strings.Contains(h.logged.String(), trace) {
					t.Errorf("%s is repeated: %s", body, a.body)
				}
			}
		}
	}
	a := h.send("corroborate", `{"incident":"shots","by":"south","witness":"hmac-sha256:`+strings.Repeat("0", 64)+`"}`, "X-Caller", "south")
	wantProblem(t, a, 422, "unknown-secret")
	for _, body := range []string{`{"value":"Amal Haddad","x":1}`, `{"value":963112223333}`, `{"value":"Amal Haddad"`, `"Amal Haddad"`, `{"value":""}`, `{"point":[37.123456,936.98765],"within_km":10}`, `{"Amal Haddad":1,"Amal Haddad":1}`} {
		a := h.do(http.MethodPost, "/v1/secrets", body, "X-Caller", "desk")
		if p := wantProblem(t, a, 422, "secret-unreadable"); strings.Contains(p.Detail, "Amal") || strings.Contains(p.Detail, "96") || strings.Contains(p.Detail, "37.1") {
			t.Errorf("%s is repeated: %s", body, a.body)
		}
	}
	if strings.Contains(h.logged.String(), "Amal") || h.last() != before {
		t.Error("something was logged or stored")
	}
}

func TestARepeatedReportKeepsItsCommitment(t *testing.T) {
	h := private(t)
	key := []string{"Idempotency-Key", "0190a1b2-0000-7000-8000-00000000000b"}
	s := h.seal(name, key...)
	if again := h.seal(name, key...); again.Commitment != s.Commitment {
		t.Error("the same upload made a second commitment")
	}
	body := `{"incident":"shots","by":"south","witness":"` + s.Commitment + `"}`
	first := h.must("corroborate", body, append(key, "X-Caller", "south")...)
	again := h.send("corroborate", body, append(key, "X-Caller", "south")...)
	if again.StatusCode != 200 || into[wire.Accepted](t, again).Sequence != first.Sequence {
		t.Errorf("got %d %s", again.StatusCode, again.body)
	}
	h.must("destroy-secret", `{"record":"incident/shots","secret":"`+s.Commitment+`","reason":"asked for","legal_basis":"Art. 17"}`, "X-Caller", "operator")
	if again := h.send("corroborate", body, append(key, "X-Caller", "south")...); again.StatusCode != 200 {
		t.Errorf("after the destruction: got %d %s", again.StatusCode, again.body)
	}
	wantProblem(t, h.do(http.MethodPost, "/v1/secrets", `{"value":"another"}`, append(key, "X-Caller", "desk")...), 422, "command-id-used")
}

func TestAPointIsPublishedAsCoarselyAsItsReporterSays(t *testing.T) {
	h := private(t)
	a := h.do(http.MethodPost, "/v1/secrets", `{"point":[37.123456,36.98765],"within_km":10}`, "X-Caller", "south")
	s := into[wire.Sealed](t, a)
	if a.StatusCode != 201 || s.Near == nil {
		t.Fatalf("got %d %s", a.StatusCode, a.body)
	}
	near, _ := json.Marshal(s.Near)
	h.must("violate", `{"incident":"well","by":"south","at":"2016-05-06T10:00Z","exact_place":"`+s.Commitment+`","near":`+string(near)+`}`, "X-Caller", "south")
	h.settle()
	point, _ := json.Marshal(s.Near.Point)
	for _, path := range []string{"/v1/map.geojson", "/v1/incidents/well", "/v1/incidents.csv"} {
		body := string(h.get(path, "X-Caller", "observer").body)
		if strings.Contains(body, "37.12") || strings.Contains(body, "36.98") {
			t.Errorf("%s shows the exact place: %s", path, body)
		}
		if path != "/v1/incidents.csv" && !strings.Contains(body, string(point)) {
			t.Errorf("%s lacks %s: %s", path, point, body)
		}
	}
}

// The way of a file: sent, named by a record with its custody, found damaged.
func TestTheWayOfAFile(t *testing.T) {
	h := private(t)
	f := h.attach("a photograph")
	path := "/v1/attachments/" + f.SHA256
	wantProblem(t, h.get(path, "X-Caller", "auditor"), 404, "not-found") // no record names it yet
	attach := `{"record":"incident/shots","by":"monitor","sha256":"` + f.SHA256 + `","bytes":12,"media_type":"text/plain","name":"../../IMG 1.txt","collector":"a nurse"}`
	wantProblem(t, h.send("attach-evidence", strings.Replace(attach, `:12`, `:13`, 1), "X-Caller", "monitor"), 422, "no-such-file")
	h.must("attach-evidence", attach, "X-Caller", "monitor")
	wantProblem(t, h.send("attach-evidence", attach, "X-Caller", "monitor"), 422, "evidence-held")
	transfer := func(by, to, act string) string {
		return `{"record":"incident/shots","by":"` + by + `","to":"` + to + `","act":"` + act + `","sha256":"` + f.SHA256 + `"}`
	}
	wantProblem(t, h.send("transfer-evidence", transfer("south", "north", "handover"), "X-Caller", "south"), 422, "not-custodian")
	h.must("transfer-evidence", transfer("monitor", "north", "copy"), "X-Caller", "monitor")
	h.must("transfer-evidence", transfer("monitor", "south", "handover"), "X-Caller", "monitor")
	wantProblem(t, h.send("transfer-evidence", transfer("monitor", "north", "handover"), "X-Caller", "monitor"), 422, "not-custodian")
	h.settle()
	m := into[projections.MaterialView](t, h.get("/v1/incidents/shots/material", "X-Caller", "observer"))
	if len(m.Evidence) != 1 || m.Evidence[0].Custodian != "south" || len(m.Evidence[0].Chain) != 3 {
		t.Errorf("got %+v", m)
	}
	a := h.get(path, "X-Caller", "observer")
	if a.StatusCode != 200 || string(a.body) != "a photograph" || a.Header.Get("Content-Disposition") != `attachment; filename="IMG 1.txt"` || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("got %d %s %v", a.StatusCode, a.body, a.Header)
	}
	if part := h.get(path, "X-Caller", "observer", "Range", "bytes=2-6"); part.StatusCode != 206 || string(part.body) != "photo" {
		t.Errorf("got %d %s", part.StatusCode, part.body)
	}
	for _, headers := range [][]string{{"Range", "bytes=100-"}, {"Range", "bytes=x"}, {"If-Match", `"another"`}, {"If-Match", `W/"` + f.SHA256 + `"`}} {
		no := h.get(path, append(headers, "X-Caller", "observer")...)
		if p := wantProblem(t, no, map[string]int{"Range": 416, "If-Match": 412}[headers[0]], "bad-header"); !strings.HasPrefix(p.Detail, headers[0]) || no.Header.Get("Content-Disposition") != "" {
			t.Errorf("%v: got %s %v", headers, no.body, no.Header)
		}
	}
	if whole := h.get(path, "X-Caller", "observer", "Range", "lines=1-2"); whole.StatusCode != 200 || string(whole.body) != "a photograph" {
		t.Errorf("a range in a unit that is not known: got %d %s", whole.StatusCode, whole.body)
	}
	file := filepath.Join(h.dir, "attachments", "sha256", f.SHA256[:2], f.SHA256[2:4], f.SHA256)
	if err := os.WriteFile(file, []byte("a photograpH"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := wantProblem(t, h.get(path, "X-Caller", "observer"), 500, "attachment-damaged")
	if !strings.Contains(p.Detail, f.SHA256) || strings.Contains(p.Detail, h.dir) || !strings.Contains(h.logged.String(), file) {
		t.Errorf("the damage is not named: %s", p.Detail)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, h.get(path, "X-Caller", "observer"), 404, "not-there")
	h.attach("a photograph")
	if a := h.get(path, "X-Caller", "observer"); a.StatusCode != 200 {
		t.Errorf("sending it again does not mend it: %d", a.StatusCode)
	}
	replayed(t, h)
}

func TestFilesThatAreNotTaken(t *testing.T) {
	h := private(t)
	for _, c := range []struct {
		kind, body, code string
		status           int
	}{
		{"text/html", "<p>", "not-this-type", 415}, {"", "x", "not-this-type", 415}, {"image/png", "no picture", "not-this-type", 422},
		{"text/plain", "", "not-this-type", 422}, {"text/plain", strings.Repeat("x", 1<<20+1), "body-too-large", 413},
	} {
		wantProblem(t, h.do(http.MethodPost, "/v1/attachments", c.body, "Content-Type", c.kind, "X-Caller", "desk"), c.status, c.code)
	}
	// Without a stated length the limit holds too.
	r := httptest.NewRequest(http.MethodPost, "/v1/attachments", strings.NewReader(strings.Repeat("x", 1<<20+1)))
	r.ContentLength, r.Host = -1, "localhost"
	r.Header.Set("Content-Type", "text/plain")
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r.WithContext(access.With(r.Context(), callers["desk"])))
	if w.Code != 413 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// A page may be kept in a browser's history: what was typed in the wrong place does not stand in the answer.
func TestAFormDoesNotRepeatAName(t *testing.T) {
	h := private(t)
	for _, do := range []string{"read", "send"} {
		for verb, form := range map[string]string{
			"corroborate": "incident=shots&by=south&witness=Amal+Haddad&do=" + do,
			"correct":     "record=incident/shots&by=south&sequence=9&reason=x&replacement=" + `{"command":"violate","incident":"shots","by":"south","witness":"Amal Haddad"}&do=` + do,
		} {
			a := h.do(http.MethodPost, "/act/"+verb, form, "Content-Type", "application/x-www-form-urlencoded", "X-Caller", "desk", "Accept", "text/html")
			if strings.Contains(string(a.body), "Amal") || !strings.Contains(string(a.body), "truce secret put") {
				t.Errorf("%s %s: got %d %s", do, verb, a.StatusCode, a.body)
			}
		}
	}
	if h.logHolds("Amal") || strings.Contains(h.logged.String(), "Amal") {
		t.Error("the name was stored or logged")
	}
}
