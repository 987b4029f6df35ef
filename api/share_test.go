package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/projections"
)

// shareAll lets third know of everything that was planted.
func (p *planted) shareAll() {
	p.t.Helper()
	for kind, by := range map[domain.Kind]string{domain.KindCeasefire: "south", domain.KindIncident: "south", domain.KindTalks: "north", domain.KindTally: "north"} {
		p.must("share", `{"record":"`+string(kind)+`/`+p.records[kind]+`","by":"`+by+`","with":["third"],"reason":"zebra reasons"}`, "X-Caller", by)
	}
	// The desk has begun it, for an actor that cannot enter anything itself.
	p.must("share", `{"record":"statement/`+p.records[domain.KindStatement]+`","with":["third"]}`, "X-Caller", "desk")
	p.settle()
}

// Given restricted records of which third knows nothing, when they are shared with third, then it sees all of each, the past too,
// and everybody else sees as little as before.
func TestSharingLetsInWhoIsNamedAndNobodyElse(t *testing.T) {
	p := planting(t)
	heard, strange := p.listen("outsider", p.last()), p.listen("observer", 0)
	p.clean("what third sees before", p.get("/v1/entries", "X-Caller", "outsider").body)
	before := p.last()
	p.shareAll()
	for kind, id := range p.records {
		path := "/v1/" + wire.Collection(kind) + "/" + id
		for _, more := range []string{"", "/history", "/material", "?as_of_sequence=" + strconv.FormatUint(before, 10)} {
			if a := p.get(path+more, "X-Caller", "outsider"); a.StatusCode != 200 {
				t.Errorf("%s: got %d %s", path+more, a.StatusCode, a.body)
			}
		}
		if a := p.get("/v1/"+wire.Collection(kind), "X-Caller", "outsider"); !strings.Contains(string(a.body), id) {
			t.Errorf("the list of %s lacks it: %s", kind, a.body)
		}
		if a := p.get(path+"/history", "X-Caller", "outsider"); !strings.Contains(string(a.body), "with third") || !strings.Contains(string(a.body), "record-shared") {
			t.Errorf("the history of %s does not say who was let in: %s", kind, a.body)
		}
		v := into[projections.MaterialView](t, p.get(path+"/material", "X-Caller", "outsider"))
		if n := len(v.Audience); n < 2 || v.Audience[0].Sequence > before || v.Audience[n-1] != (domain.AudienceMember{Actor: "third", Sequence: v.Version}) {
			t.Errorf("who may know of %s: %+v", kind, v.Audience)
		}
		for _, caller := range []string{"observer", "operator", "nobody", "desk2"} {
			wantProblem(t, p.get(path, "X-Caller", caller), 404, "not-found")
		}
	}
	if a := p.get("/v1/attachments/"+p.file.SHA256, "X-Caller", "outsider"); string(a.body) != "the zebra photograph" {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	if a := p.get("/v1/entries", "X-Caller", "outsider"); strings.Contains(string(a.body), "withheld") {
		t.Errorf("something is kept back from who was let in: %s", a.body)
	}
	if a := p.get("/ceasefires/"+p.records[domain.KindCeasefire], "X-Caller", "outsider", "Accept", "text/html"); !strings.Contains(string(a.body), "Zebra draft") {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	p.endStreams()
	// A stream that was open tells from the sharing on, with how a ceasefire stands; the entries before it are read elsewhere.
	if told := heard(); strings.Count(told, `"type":"record-shared"`) != len(p.records) || strings.Contains(told, "ceasefire-proposed") {
		t.Errorf("who was let in heard: %s", told)
	}
	p.clean("a stranger's stream", []byte(strange()))
	for _, path := range p.questions() {
		if path == "/metrics" {
			continue
		}
		p.clean("observer "+path, withoutOwnWords(path, p.get(path, "X-Caller", "observer").body))
	}
	for _, path := range []string{"/v1/incidents.csv", "/v1/ceasefires.csv", "/v1/commands.jsonl", "/v1/calendar.ics"} {
		p.clean(path+" of who was let in", p.get(path, "X-Caller", "outsider").body)
	}
	p.clean("the server's log", []byte(p.logged.String()))
	replayed(t, p.house)
}

// Who may let others in: whoever may see the record, in the name of an actor of its beginning or of the one who began it; and who
// has entered it for an actor that enters nothing.
func TestWhoMayShare(t *testing.T) {
	p := planting(t)
	share := func(caller, by, with string, kind domain.Kind) answered {
		return p.send("share", `{"record":"`+string(kind)+`/`+p.records[kind]+`","by":"`+by+`","with":["`+with+`"]}`, "X-Caller", caller)
	}
	wantProblem(t, share("outsider", "third", "third", domain.KindIncident), 404, "not-found")
	wantProblem(t, share("desk2", "south", "third", domain.KindIncident), 404, "not-found")
	wantProblem(t, share("auditor", "", "third", domain.KindIncident), 403, "forbidden")
	wantProblem(t, share("operator", "", "third", domain.KindIncident), 403, "forbidden")
	wantProblem(t, share("observer", "", "third", domain.KindIncident), 403, "forbidden")
	wantProblem(t, share("south", "monitor", "third", domain.KindIncident), 403, "not-your-actor")
	wantProblem(t, share("south", "", "third", domain.KindIncident), 403, "not-your-actor")
	wantProblem(t, share("south", "south", "stranger", domain.KindIncident), 422, "unknown-id")
	wantProblem(t, p.send("share", `{"record":"incident/shots","by":"south","with":["third"]}`, "X-Caller", "south"), 422, "not-restricted")
	if a := share("monitor", "monitor", "third", domain.KindIncident); a.StatusCode != http.StatusCreated {
		t.Errorf("an actor of the beginning does not share: %d %s", a.StatusCode, a.body)
	}
	wantProblem(t, share("outsider", "third", "north", domain.KindIncident), 422, "not-yours-to-share")
	n := into[wire.Accepted](t, share("south", "south", "north", domain.KindIncident)).Sequence
	wantProblem(t, p.send("retract", `{"record":"incident/`+p.records[domain.KindIncident]+`","by":"south","sequence":`+strconv.FormatUint(n, 10)+`,"reason":"no"}`, "X-Caller", "south"), 422, "final")

	// A record that names another goes no further than that one.
	about := `"about":["incident/` + p.records[domain.KindIncident] + `"]`
	named := p.must("record-statement", `{"by":"south","restricted_to":["south"],"statement_kind":"hope","text":"zebra",`+about+`}`, "X-Caller", "south").Record
	p.must("share", `{"record":"`+named+`","by":"south","with":["third","north","monitor"]}`, "X-Caller", "south")
	other := p.must("record-statement", `{"by":"south","restricted_to":["south"],"statement_kind":"hope","text":"zebra","about":["ceasefire/`+p.records[domain.KindCeasefire]+`"]}`, "X-Caller", "south").Record
	a := p.send("share", `{"record":"`+other+`","by":"south","with":["monitor"]}`, "X-Caller", "south")
	wantProblem(t, a, 422, "names-what-is-kept")
	if !strings.Contains(string(a.body), "ceasefire/"+p.records[domain.KindCeasefire]) {
		t.Errorf("it does not say which record stands in the way: %s", a.body)
	}
	replayed(t, p.house)
}

// A recorder lets nobody know of what an actor began that can say so itself.
func TestARecorderSharesNothingForWhoSpeaksForItself(t *testing.T) {
	g := gate(t)
	recorder := g.as(access.Recorder)
	for _, id := range []string{"north", "south", "east"} {
		g.must("register-actor", `{"actor":"`+id+`","name":"X","kind":"state"}`, recorder...)
	}
	ref := g.must("record-statement", `{"by":"south","restricted_to":["south"],"statement_kind":"denial","text":"No."}`, recorder...).Record
	g.must("share", `{"record":"`+ref+`","with":["north"]}`, recorder...)
	if _, _, err := g.store.Create(access.Asked{Name: "south", Roles: []access.Role{access.Negotiator}, Actors: []string{"south"}}); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, g.send("share", `{"record":"`+ref+`","with":["east"]}`, recorder...), 403, "speaks-for-itself")
	wantProblem(t, g.send("share", `{"record":"`+ref+`","by":"south","with":["east"]}`, recorder...), 403, "speaks-for-itself")
}

// The page of a restricted record leads to the form that shares it, in the reader's language, for who may share.
func TestThePageOfARestrictedRecordIsShared(t *testing.T) {
	p := planting(t)
	for kind, page := range map[domain.Kind]string{domain.KindCeasefire: "/ceasefires/", domain.KindIncident: "/incidents/"} {
		ref := string(kind) + "%2F" + p.records[kind]
		if a := p.get(page+p.records[kind]+"?lang=fr", "X-Caller", "south", "Accept", "text/html"); !strings.Contains(string(a.body), "/act/share?") || !strings.Contains(string(a.body), ref) || !strings.Contains(string(a.body), "Partager avec d’autres acteurs") {
			t.Errorf("%s leads to no form: %s", page, a.body)
		}
		if a := p.get(page+p.records[kind], "X-Caller", "auditor", "Accept", "text/html"); strings.Contains(string(a.body), "/act/share") {
			t.Errorf("%s offers what an auditor may not", page)
		}
	}
	if a := p.get("/ceasefires/river", "X-Caller", "south", "Accept", "text/html"); strings.Contains(string(a.body), "/act/share") {
		t.Error("a public record is to be shared")
	}
	ref := "incident/" + p.records[domain.KindIncident]
	form := p.get("/act/share?record="+ref, "X-Caller", "south", "Accept", "text/html")
	if body := string(form.body); !strings.Contains(body, `value="`+ref+`"`) || !strings.Contains(body, "This is not taken back.") {
		t.Errorf("the form: %s", body)
	}
	for caller, by := range map[string]string{"south": "south", "outsider": "third"} {
		a := p.do(http.MethodPost, "/act/share", "do=read&by="+by+"&record="+ref+"&with=north", "X-Caller", caller, "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
		if told := strings.Contains(string(a.body), "South shared the incident") || strings.Contains(string(a.body), "south shared the incident"); told != (caller == "south") {
			t.Errorf("%s reads back: %d %s", caller, a.StatusCode, a.body)
		}
	}
}
