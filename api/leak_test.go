package api

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
)

// planted is what an outsider must find no trace of.
type planted struct {
	*house
	records map[domain.Kind]string // the ids of the restricted records
	secret  wire.Sealed            // of a witness whose commitment is public
	file    wire.Attachment        // of a restricted record
	from    uint64                 // the first entry that was planted
	soon    string                 // when the restricted ceasefire begins
}

// plant puts one restricted record of each kind on the record, with everything that can hang on one, and a secret.
func plant(t *testing.T, h *house, s wire.Sealed) *planted {
	t.Helper()
	p := &planted{house: h, records: map[domain.Kind]string{}, secret: s, from: h.last() + 1}
	begin := func(caller, verb, body string) string {
		ref, err := domain.ParseRef(h.must(verb, body, "X-Caller", caller).Record)
		if err != nil || !ref.Restricted() {
			t.Fatalf("%s: got %v, %v", verb, ref, err)
		}
		p.records[ref.Kind] = ref.ID
		return ref.ID
	}
	p.soon = time.Now().Add(77 * time.Hour).UTC().Format(time.RFC3339)
	c := begin("north", "propose", `{"by":"north","title":"Zebra draft","restricted_to":["north","south"],"parent":"river","predecessor":"river","parties":["north","south"],"area":["town"],"monitors":["monitor"],"from":"`+p.soon+`","lasting":"PT77H","zone":"Asia/Damascus","terms":"zebra terms"}`)
	h.must("agree", `{"ceasefire":"`+c+`","by":"north"}`, "X-Caller", "north")
	h.must("agree", `{"ceasefire":"`+c+`","by":"south"}`, "X-Caller", "south")
	i := begin("south", "violate", `{"by":"south","restricted_to":["south","monitor"],"ceasefires":["river"],"place":"town","type":"zebra","weapon":"zebra","accused":["third"],"at":"2016-05-06T07:07Z","count":7,"description":"zebra","casualties":[{"outcome":"killed","best":77}]}`)
	begin("north", "open-talks", `{"by":"north","restricted_to":["north","south"],"track":"zebra caucus","participants":["north"],"about":["ceasefire/river"]}`)
	begin("desk", "record-statement", `{"by":"third","restricted_to":["north"],"statement_kind":"warning","text":"zebra","about":["incident/shots","ceasefire/river"]}`)
	begin("desk", "record-tally", `{"source":"paper","restricted_to":["north"],"unit":"people","best":7777777,"about":["ceasefire/river"],"as_of":"2016-05-06"}`)
	p.file = h.attach("the zebra photograph")
	h.must("attach-evidence", `{"record":"incident/`+i+`","by":"south","sha256":"`+p.file.SHA256+`","bytes":20,"media_type":"text/plain","name":"zebra.txt"}`, "X-Caller", "south")
	h.settle()
	return p
}

func planting(t *testing.T) *planted {
	h := private(t)
	return plant(t, h, testify(h))
}

// testify puts a witness's commitment on a public record, and a reading of it.
func testify(h *house) wire.Sealed {
	h.t.Helper()
	s := h.seal(name)
	h.must("corroborate", `{"incident":"shots","by":"monitor","witness":"`+s.Commitment+`"}`, "X-Caller", "monitor")
	if a := h.do(http.MethodPost, "/v1/secrets/"+s.Commitment+"/read", `{"record":"incident/shots","reason":"to call"}`, "X-Caller", "auditor"); a.StatusCode != 200 {
		h.t.Fatalf("got %d %s", a.StatusCode, a.body)
	}
	h.settle()
	return s
}

// traces are what must stand nowhere.
func (p *planted) traces() []string {
	list := []string{"zebra", "Zebra", "restricted-", "7777777", "PT77H", "2016-05-06T07:07", p.file.SHA256, "Amal", "Haddad", p.secret.Key, p.soon[:16]}
	for _, id := range p.records {
		list = append(list, id)
	}
	return list
}

func (p *planted) clean(what string, body []byte) {
	p.t.Helper()
	for _, trace := range p.traces() {
		if i := strings.Index(string(body), trace); i >= 0 {
			p.t.Errorf("%s betrays %q: …%s…", what, trace, body[max(0, i-80):min(len(body), i+80)])
		}
	}
}

// questions are all that an outsider can ask: every documented GET, the pages, with every id and every sequence.
func (p *planted) questions() (paths []string) {
	document := into[struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}](p.t, p.get("/openapi.json", "X-Caller", "outsider"))
	patterns := []string{
		"/", "/?lang=ar", "/incidents", "/sources", "/act", "/ceasefires/river", "/incidents/shots", "/ceasefires/river/badge.svg",
		"/ceasefires/{rid}", "/incidents/{rid}", "/ceasefires/{rid}/badge.svg", "/act/agree", "/act/agree?ceasefire={rid}", "/act/correct?record=ceasefire/{rid}",
		"/log/tile/entries/000", "/log/tile/0/000", "/v1/attachments/" + p.file.SHA256,
		"/v1/calendar?actor=north", "/v1/ceasefires?actor=south", "/v1/ceasefires?area=town", "/v1/incidents?place=town", "/v1/incidents?ceasefire=river",
		"/v1/incidents?ceasefire={rid}", "/v1/bulletin?lang=fr", "/v1/calendar.ics?area=town", "/v1/keys?format=allowed_signers",
		"/v1/incidents/counts?by=day,place,type,status,accused", "/v1/entries?after=0", "/v1/calendar?effective_at=2016-05-01T00:00:00Z",
	}
	for path, methods := range document.Paths {
		if methods["get"] != nil && path != "/v1/stream" {
			patterns = append(patterns, path)
		}
	}
	slices.Sort(patterns)
	for _, path := range patterns {
		switch {
		case strings.Contains(path, "{rid}"):
			for _, id := range p.records {
				paths = append(paths, strings.ReplaceAll(path, "{rid}", id))
			}
		case strings.Contains(path, "{id}"):
			for _, id := range p.records {
				paths = append(paths, strings.ReplaceAll(path, "{id}", id))
			}
			for _, id := range []string{"river", "shots", "town", "paper", "north", "third"} {
				paths = append(paths, strings.ReplaceAll(path, "{id}", id))
			}
		case strings.Contains(path, "{sequence}"):
			for n := range p.last() {
				paths = append(paths, strings.ReplaceAll(path, "{sequence}", strconv.FormatUint(n+1, 10)))
			}
		case strings.Contains(path, "{"):
			for _, value := range []string{"propose", "violate", "ceasefire-proposed", p.file.SHA256} {
				at := strings.IndexByte(path, '{')
				paths = append(paths, path[:at]+value+path[strings.IndexByte(path, '}')+1:])
			}
		default:
			paths = append(paths, path)
		}
	}
	return paths
}

// Those who may not know of a record: another party, the press, the operator, and nobody at all.
var outsiders = []string{"outsider", "observer", "operator", "nobody"}

func TestNothingBetraysARestrictedRecordOrASecret(t *testing.T) {
	h := private(t)
	s := testify(h) // public: what it seals is not
	// What the ledger says before, it says after: no count, no calendar, no list is different.
	same := map[string]string{}
	for _, path := range samePaths {
		same[path] = string(h.get(path, "X-Caller", "outsider").body)
	}
	p := plant(t, h, s)
	p.sign(t) // so that there is a proof of what was planted
	for _, path := range samePaths {
		if got := string(p.get(path, "X-Caller", "outsider").body); got != same[path] {
			t.Errorf("%s is different:\n before %s\n after  %s", path, same[path], got)
		}
	}
	questions := p.questions()
	if len(questions) < 300 {
		t.Fatalf("only %d questions: the list of routes is not what it was", len(questions))
	}
	for _, path := range questions { // whatever is kept for the next one who asks is kept from somebody who sees everything
		p.get(path, "X-Caller", "auditor", "Accept", "text/html")
	}
	for _, caller := range outsiders {
		for _, path := range questions {
			for _, accept := range []string{"", "text/html"} {
				if accept != "" && strings.HasPrefix(path, "/v1/") {
					continue
				}
				a := p.get(path, "X-Caller", caller, "Accept", accept)
				if a.StatusCode >= 500 {
					t.Errorf("%s: got %d %s", path, a.StatusCode, a.body)
				}
				p.clean(caller+" "+path, withoutOwnWords(path, a.body))
				for header, values := range a.Header {
					p.clean(caller+" "+path+" "+header, withoutOwnWords(path, []byte(strings.Join(values, " "))))
				}
			}
		}
	}
	p.clean("the figures", p.get("/metrics", "X-Caller", "operator").body)
	p.clean("the server's log", []byte(p.logged.String()))
}

// samePaths are answers that may not change at all when something restricted comes: they do not say how long the log is.
var samePaths = []string{
	"/v1/ceasefires?effective_at=2016-05-06T08:00:00Z", "/v1/incidents?effective_at=2016-05-06T08:00:00Z", "/v1/talks", "/v1/tallies", "/v1/statements", "/v1/inquiries",
	"/v1/incidents/counts?by=day,place,type,status,accused", "/v1/calendar?effective_at=2016-05-01T00:00:00Z", "/v1/ceasefires/river?effective_at=2016-05-06T08:00:00Z",
	"/v1/ceasefires/river/history", "/v1/actors", "/v1/places", "/v1/sources", "/v1/actors/north/history", "/v1/places/town/history", "/v1/sources/paper/history",
	"/v1/ceasefires.csv?effective_at=2016-05-06T08:00:00Z", "/v1/map.geojson?effective_at=2016-05-05T08:00:00Z",
	"/v1/calendar.ics?effective_at=2016-05-01T00:00:00Z", "/ceasefires/river/badge.svg?effective_at=2016-05-06T08:00:00Z",
}

// withoutOwnWords takes out of an answer what the question itself said.
func withoutOwnWords(path string, body []byte) []byte {
	text := string(unpacked(body))
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return strings.ContainsRune("/?=&", r) }) {
		if len(part) > 20 {
			text = strings.ReplaceAll(text, part, "")
		}
	}
	if strings.HasPrefix(path, "/schemas/") || path == "/openapi.json" || path == "/asyncapi.json" {
		text = strings.ReplaceAll(text, domain.RestrictedPrefix, "")
	}
	return []byte(text)
}

// unpacked is what a spreadsheet's parts say.
func unpacked(body []byte) []byte {
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return body
	}
	var all []byte
	for _, f := range archive.File {
		part, err := f.Open()
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(part)
		_ = part.Close()
		all = append(all, text...)
	}
	return all
}

// A command that names a restricted record is answered as if there were none: in every field, in every verb.
func TestCommandsTellNothingOfRestrictedRecords(t *testing.T) {
	p := planting(t)
	nowhere := domain.RestrictedPrefix + "0190a1b2-0000-5000-8000-00000000000a"
	ask := func(verb, body string, headers ...string) string {
		a := p.send(verb, body, append(headers, "X-Caller", "outsider")...)
		return strconv.Itoa(a.StatusCode) + " " + string(a.body) + " " + a.Header.Get("ETag")
	}
	compare := func(kind domain.Kind, verb, format string, headers ...string) {
		t.Helper()
		id := p.records[kind]
		real := strings.ReplaceAll(ask(verb, strings.ReplaceAll(format, "ID", id), headers...), id, "ID")
		none := strings.ReplaceAll(ask(verb, strings.ReplaceAll(format, "ID", nowhere), headers...), nowhere, "ID")
		if real != none || strings.HasPrefix(real, "2") {
			t.Errorf("%s %s:\n of one that is there  %s\n of one that is not    %s", verb, format, real, none)
		}
	}
	n := strconv.FormatUint(p.from, 10)
	for _, f := range []string{
		`{"ceasefire":"ID","by":"third"}`, `{"ceasefire":"ID","by":"third","expect":1}`, `{"ceasefire":"ID","by":"third","expect":` + n + `}`,
		`{"ceasefire":"ID","by":"third","version":9}`, `{"ceasefire":"ID","by":"nobody"}`, `{"ceasefire":"ID","by":"third","sources":[{"source":"nope"}]}`,
	} {
		compare(domain.KindCeasefire, "agree", f)
		compare(domain.KindCeasefire, "agree", f, "If-Match", `"`+n+`"`)
		compare(domain.KindCeasefire, "agree", f, "If-Match", "*")
	}
	compare(domain.KindCeasefire, "propose", `{"ceasefire":"ID","by":"third"}`)
	compare(domain.KindCeasefire, "propose", `{"ceasefire":"ID","by":"third","restricted_to":["third"]}`)
	compare(domain.KindCeasefire, "propose", `{"ceasefire":"x","by":"third","parent":"ID"}`)
	compare(domain.KindCeasefire, "propose", `{"ceasefire":"x","by":"third","predecessor":"ID"}`)
	compare(domain.KindCeasefire, "propose", `{"by":"third","parent":"ID","restricted_to":["third"]}`)
	compare(domain.KindCeasefire, "supersede", `{"ceasefire":"river","by":"third","successor":"ID"}`)
	compare(domain.KindIncident, "thwart", `{"ceasefire":"river","by":"third","reason":"x","incidents":["ID"]}`)
	compare(domain.KindCeasefire, "violate", `{"by":"third","ceasefires":["ID"]}`)
	compare(domain.KindIncident, "violate", `{"incident":"ID","by":"third"}`)
	compare(domain.KindIncident, "deny", `{"incident":"ID","by":"third"}`)
	compare(domain.KindStatement, "record-statement", `{"by":"third","statement_kind":"hope","text":"x","about":["statement/ID"]}`)
	compare(domain.KindTalks, "record-talks-status", `{"talks":"ID","by":"third","status":"concluded"}`)
	compare(domain.KindTally, "record-tally", `{"tally":"ID","source":"paper","by":"third","unit":"people","best":1}`)
	compare(domain.KindTally, "record-tally", `{"tally":"ID","source":"paper","by":"third","unit":"people","best":1,"restricted_to":["third"]}`)
	compare(domain.KindIncident, "correct", `{"record":"incident/ID","by":"third","sequence":`+n+`,"reason":"x","replacement":{"command":"violate","by":"third"}}`)
	compare(domain.KindIncident, "retract", `{"record":"incident/ID","by":"third","sequence":`+n+`,"reason":"x"}`)
	compare(domain.KindIncident, "attach-evidence", `{"record":"incident/ID","by":"third","sha256":"`+p.file.SHA256+`","bytes":20,"media_type":"text/plain"}`)
	compare(domain.KindIncident, "transfer-evidence", `{"record":"incident/ID","by":"third","to":"north","act":"copy","sha256":"`+p.file.SHA256+`"}`)
	compare(domain.KindIncident, "share", `{"record":"incident/ID","by":"third","with":["third"]}`)
	compare(domain.KindIncident, "share", `{"record":"incident/ID","by":"third","with":["nobody"],"expect":`+n+`}`)
	compare(domain.KindIncident, "read-secret", `{"record":"incident/ID","secret":"`+p.secret.Commitment+`","reason":"x"}`)
	p.clean("the server's log", []byte(p.logged.String()))
}

// The audience sees what is its own, and only that; what it says there stays there.
func TestTheAudienceSeesWhatIsRestrictedToIt(t *testing.T) {
	p := planting(t)
	sees := map[domain.Kind][]string{
		domain.KindCeasefire: {"north", "south", "auditor"}, domain.KindIncident: {"south", "monitor", "auditor"}, domain.KindTalks: {"north", "south", "auditor"},
		domain.KindStatement: {"north", "desk", "auditor"}, domain.KindTally: {"north", "desk", "auditor"}, // desk has begun them
	}
	for kind, who := range sees {
		for caller := range callers {
			for _, more := range []string{"", "/history", "/material"} {
				path := "/v1/" + wire.Collection(kind) + "/" + p.records[kind] + more
				if a := p.get(path, "X-Caller", caller); (a.StatusCode == 200) != slices.Contains(who, caller) || a.StatusCode != 200 && a.StatusCode != 404 {
					t.Errorf("%s asks for %s: got %d %s", caller, path, a.StatusCode, a.body)
				}
			}
			list := p.get("/v1/"+wire.Collection(kind), "X-Caller", caller)
			if strings.Contains(string(list.body), p.records[kind]) != slices.Contains(who, caller) {
				t.Errorf("the list of %s for %s: %s", wire.Collection(kind), caller, list.body)
			}
		}
	}
	if a := p.get("/v1/attachments/"+p.file.SHA256, "X-Caller", "monitor"); string(a.body) != "the zebra photograph" {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	if a := p.get("/v1/calendar", "X-Caller", "south"); !strings.Contains(string(a.body), "Zebra draft") {
		t.Errorf("the calendar of a party lacks its own draft: %s", a.body)
	}
	for _, path := range []string{
		"/v1/incidents.csv", "/v1/incidents.xlsx", "/v1/incidents.jsonl", "/v1/map.geojson", "/v1/ceasefires.csv", "/v1/ceasefires.atom", "/v1/calendar.ics", "/v1/commands.jsonl",
		"/v1/bulletin?date=2016-05-06&zone=Europe/Berlin", "/v1/bulletin?date=2016-05-06&zone=Europe/Berlin&format=html", "/ceasefires/" + p.records[domain.KindCeasefire] + "/badge.svg",
	} { // whoever hands them on hands on nothing that is not public
		for _, caller := range []string{"south", "auditor"} {
			a := p.get(path, "X-Caller", caller)
			if a.StatusCode != 200 && !strings.HasSuffix(path, "badge.svg") {
				t.Errorf("%s: got %d %s", path, a.StatusCode, a.body)
			}
			p.clean(path+" of "+caller, withoutOwnWords(path, a.body))
		}
	}
	i := p.records[domain.KindIncident]
	p.must("corroborate", `{"incident":"`+i+`","by":"monitor"}`, "X-Caller", "monitor")
	p.must("record-statement", `{"by":"monitor","restricted_to":["monitor"],"statement_kind":"hope","text":"zebra","about":["incident/`+i+`"]}`, "X-Caller", "monitor")
	// A record must not name another whose readers are fewer than its own.
	wantProblem(t, p.send("record-statement", `{"by":"south","restricted_to":["south","north"],"statement_kind":"hope","text":"zebra","about":["incident/`+i+`"]}`, "X-Caller", "south"), 422, "unknown-id")
	wantProblem(t, p.send("violate", `{"by":"south","ceasefires":["`+p.records[domain.KindCeasefire]+`"]}`, "X-Caller", "south"), 422, "unknown-id")
	wantProblem(t, p.send("violate", `{"incident":"mine","by":"south","restricted_to":["south"]}`, "X-Caller", "south"), 422, "invalid-field")
	wantProblem(t, p.send("correct", `{"record":"incident/`+i+`","by":"south","corrects":"`+uuid1+`","reason":"x","replacement":{"command":"violate","by":"south"}}`, "X-Caller", "south"), 422, "not-an-entry")
	replayed(t, p.house)
}

func TestARestrictedRecordIsBegunOnce(t *testing.T) {
	h := private(t)
	body := `{"by":"south","restricted_to":["south"],"type":"zebra","command_id":"` + uuid1 + `"}`
	first := h.must("violate", body, "X-Caller", "south")
	again := h.send("violate", body, "X-Caller", "south")
	if again.StatusCode != 200 || into[wire.Accepted](t, again).Record != first.Record {
		t.Errorf("got %d %s", again.StatusCode, again.body)
	}
	if other := h.must("violate", strings.Replace(body, "south", "north", 1), "X-Caller", "north"); other.Record == first.Record {
		t.Error("another caller's key led to the same record")
	}
	own := domain.RestrictedPrefix + "3f0a1c52-9d5b-4c1e-8f5a-0123456789ab" // a random UUID: as who signs has to bring one
	h.must("violate", `{"incident":"`+own+`","by":"south","restricted_to":["south"]}`, "X-Caller", "south")
	wantProblem(t, h.send("violate", `{"incident":"`+own+`","by":"south"}`, "X-Caller", "south"), 422, "invalid-field")
}

// The log itself: the hashes of what is kept back, and never more; for the audience all of it.
func TestEntriesThatAreKeptBack(t *testing.T) {
	p := planting(t)
	var lines, kept int
	for line := range strings.Lines(string(p.get("/v1/entries", "X-Caller", "outsider").body)) {
		lines++
		if strings.HasPrefix(line, `{"withheld":`+strconv.Itoa(lines)+`,"leaf":"`) {
			kept++
		}
	}
	if lines != int(p.last()) || kept != 8 {
		t.Errorf("got %d lines, %d of them kept back, of %d entries", lines, kept, p.last())
	}
	wantProblem(t, p.get("/v1/entries/"+strconv.FormatUint(p.from, 10), "X-Caller", "outsider"), 404, "not-found")
	if a := p.get("/v1/entries/"+strconv.FormatUint(p.from, 10), "X-Caller", "south"); a.StatusCode != 200 || !strings.Contains(string(a.body), "Zebra") {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	if a := p.get("/v1/entries", "X-Caller", "auditor"); strings.Contains(string(a.body), "withheld") || !strings.Contains(string(a.body), "Zebra") {
		t.Error("something is kept back from the auditor")
	}
}

// The stream: what comes while it is open, and what a reader catches up with.
func TestTheStreamTellsNothingOfRestrictedRecords(t *testing.T) {
	h := private(t)
	live, party := h.listen("outsider", 0), h.listen("south", 0)
	p := plant(t, h, testify(h))
	h.endStreams()
	p.clean("a stream", []byte(live()))
	if heard := party(); !strings.Contains(heard, "Zebra draft") || !strings.Contains(heard, "event: ceasefire\ndata: {\"id\":\"restricted-") {
		t.Error("a party was not told of its own draft")
	}
	p.clean("a stream that catches up", []byte(h.listen("outsider", p.from-1)()))
}

// listen opens a caller's stream after an entry. What it returns waits for endStreams and tells what was heard.
func (h *house) listen(caller string, after uint64) func() string {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/v1/stream?after="+strconv.FormatUint(after, 10), nil)
	r.Header.Set("X-Caller", caller)
	response, err := h.server.Client().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	text, done := strings.Builder{}, make(chan struct{})
	go func() { // ends with the public entry that comes last
		defer close(done)
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			text.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), endOfStreams) {
				return
			}
		}
	}()
	return func() string {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			h.t.Error(caller + " never heard the end")
		}
		cancel()
		_ = response.Body.Close()
		<-done
		return text.String()
	}
}

const endOfStreams = "the end of it"

// endStreams puts on the record what everybody who listens waits for.
func (h *house) endStreams() {
	h.t.Helper()
	h.must("record-statement", `{"by":"north","statement_kind":"hope","text":"`+endOfStreams+`"}`, "X-Caller", "north")
}

// Every message that stands for a restricted record says so by its subject alone: that is what the bus and the readers of
// the log go by.
func TestTheSubjectTellsWhatIsRestricted(t *testing.T) {
	p := planting(t)
	for m, err := range p.log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		ref := eventstore.SubjectRef(m.Subject)
		if eventstore.Subject(ref) != m.Subject || ref.Restricted() != strings.Contains(m.Subject, "restricted-") {
			t.Errorf("%s reads as %s", m.Subject, ref)
		}
	}
}

func TestWhoMaySeeWhat(t *testing.T) {
	for name, c := range callers {
		r := readerOf(c)
		if all := name == "auditor"; r.All != all {
			t.Errorf("%s sees everything: %v", name, r.All)
		}
		if public := name == "observer" || name == "operator"; (r.Name == "") != public {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	if r := readerOf(access.Caller{}); r.All || r.Name != "" || r.Actors != nil {
		t.Errorf("nobody: got %+v", r)
	}
}
