package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"truceledger/api/interchange"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
)

const violence = "id,type_of_violence,side_a,side_b,source_article,where_prec,where_coordinates,adm_1,adm_2,latitude,longitude,country," +
	"event_clarity,date_prec,date_start,date_end,deaths_a,deaths_b,deaths_civilians,deaths_unknown,low,best,high\n" +
	"1,3,IS,Civilians,SOHR,1,Ford,North,,35.4,40.1,Syria,1,1,2016-04-01,2016-04-01,0,0,4,0,4,4,5\n" +
	"2,2,=cmd|' /C calc'!A0,SDF,SOHR,2,Mill,South,,35.4,41.1,Syria,1,2,2016-04-01,2016-04-03,1,0,0,0,1,1,1\n" +
	"3,1,A,B,SOHR,4,South,South,,,,Syria,1,1,2016-05-01,2016-05-01,1,0,0,0,2,1,1\n"

// load imports a table over HTTP and returns its reports.
func (w *world) load(path, table string, headers ...string) []interchange.Report {
	w.t.Helper()
	a := w.do(http.MethodPost, path, table, append([]string{"Content-Type", "text/csv"}, headers...)...)
	if a.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: got %d %s", path, a.StatusCode, a.body)
	}
	var told []interchange.Report
	for line := range bytes.Lines(a.body) {
		var r interchange.Report
		if err := json.Unmarshal(line, &r); err != nil {
			w.t.Fatalf("%s: %v", line, err)
		}
		told = append(told, r)
	}
	w.settle()
	return told
}

func total(t *testing.T, told []interchange.Report) interchange.Summary {
	t.Helper()
	last := told[len(told)-1]
	if last.Type != "done" {
		t.Fatalf("the import did not end well: %+v", last)
	}
	return *last.Summary
}

func TestImportOverHTTP(t *testing.T) {
	w := open(t)
	told := w.load("/v1/import/ucdp-ged?zone=Asia/Damascus", violence)
	if s := total(t, told); s.Stored != 2 || s.Quarantined != 1 || told[0].Type != "quarantined" || told[0].Code != "bounds-disordered" || told[0].Line != 4 {
		t.Fatalf("got %+v", told)
	}
	if s := total(t, w.load("/v1/import/ucdp-ged?zone=Asia/Damascus", violence)); s.Entries != 0 {
		t.Errorf("the second time stored %+v", s)
	}
	told = w.load("/v1/import/ucdp-ged?zone=Asia/Damascus&dry_run=true&retract_missing=true", strings.SplitAfterN(violence, "\n", 3)[0])
	if len(told) != 4 || told[1].Type != "would" || told[1].Action != "retracted" {
		t.Errorf("got %+v, want what would be retracted", told)
	}
	form := &bytes.Buffer{}
	m := multipart.NewWriter(form)
	_ = m.WriteField("mapping", "command: violate\nname: mine\nkey: \"{no}\"\nfields: {by: ucdp, at: \"{day}\", description: \"{text}\"}")
	f, _ := m.CreateFormFile("file", "mine.csv")
	_, _ = f.Write([]byte("no,day,text\n7,2016-05-04,At the ford\n"))
	_ = m.Close()
	if s := total(t, w.load("/v1/import/csv", form.String(), "Content-Type", m.FormDataContentType())); s.Stored != 1 {
		t.Errorf("got %+v, want one by the mapping", s)
	}
}

func TestImportsThatCannotBe(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		path, kind, code string
		status           int
	}{
		{"/v1/import/ucdp-ged", "application/json", "not-a-table", 415}, {"/v1/import/excel", "text/csv", "bad-import", 400},
		{"/v1/import/csv", "text/csv", "bad-import", 400}, {"/v1/import/ucdp-ged?dry_run=maybe", "text/csv", "bad-parameter", 400},
		{"/v1/import/ucdp-ged?dry=true", "text/csv", "unknown-parameter", 400},
	} {
		wantProblem(t, w.do(http.MethodPost, c.path, violence, "Content-Type", c.kind), c.status, c.code)
	}
	a := w.do(http.MethodPost, "/v1/import/acled", violence, "Content-Type", "text/csv")
	if !strings.Contains(string(a.body), `"type":"failed"`) || !strings.Contains(string(a.body), "event_id_cnty") {
		t.Errorf("got %s", a.body)
	}
	readOnly := open(t, func(o *Options) { o.ReadOnly = true })
	wantProblem(t, readOnly.do(http.MethodPost, "/v1/import/ucdp-ged", violence, "Content-Type", "text/csv"), 403, "read-only")
}

func TestTablesHoldWhatWasFilteredAndNoFormulas(t *testing.T) {
	w := open(t)
	w.load("/v1/import/ucdp-ged", violence)
	read := func(path string) [][]string {
		a := w.get(path)
		if a.StatusCode != 200 {
			t.Fatalf("%s: %d %s", path, a.StatusCode, a.body)
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(a.body, []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	if rows := read("/v1/incidents.csv?place=syria-north"); len(rows) != 2 || rows[1][0] != "ucdp-ged-1" {
		t.Errorf("got %v, want what the filter keeps", rows)
	}
	if rows := read("/v1/incidents.csv?effective_at=2016-03-01T00:00:00Z"); len(rows) != 1 {
		t.Errorf("got %v, want nothing before it happened", rows)
	}
	for _, row := range read("/v1/incidents.csv")[1:] {
		for i, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@") {
				t.Errorf("column %d can run as a formula: %q", i, cell)
			}
		}
	}
	if a := w.get("/v1/incidents.csv?bom=true&hxl=true"); !bytes.HasPrefix(a.body, []byte("\ufeffid,")) || !bytes.Contains(a.body, []byte("\r\n#event+code,")) {
		t.Errorf("got %.80q", a.body)
	}
	book, err := excelize.OpenReader(bytes.NewReader(w.get("/v1/incidents.xlsx").body))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("incidents")
	if err != nil || len(rows) != 3 || rows[1][0] != "ucdp-ged-1" {
		t.Errorf("got %v %v", rows, err)
	}
	for i := range rows[2] {
		name, _ := excelize.CoordinatesToCellName(i+1, 3)
		if formula, _ := book.GetCellFormula("incidents", name); formula != "" {
			t.Errorf("%s is a formula: %s", name, formula)
		}
	}
}

func TestMapCalendarAndFeed(t *testing.T) {
	w := open(t)
	w.river()
	w.load("/v1/import/ucdp-ged?ceasefires=river", violence)
	var collection struct {
		Type     string
		Features []struct {
			Geometry *struct{ Coordinates []float64 }
		}
	}
	if err := json.Unmarshal(w.get("/v1/map.geojson").body, &collection); err != nil || len(collection.Features) != 2 || collection.Features[0].Geometry.Coordinates[0] != 40.1 {
		t.Errorf("got %+v %v", collection, err)
	}
	if a := w.get("/v1/map.geojson?type=none"); json.Unmarshal(a.body, &collection) != nil {
		t.Errorf("an empty map is no JSON: %s", a.body)
	}
	a := w.get("/v1/calendar.ics?effective_at=2016-05-04T00:00:00Z")
	if bytes.Count(a.body, []byte("\n")) != bytes.Count(a.body, []byte("\r\n")) {
		t.Error("iCalendar lines end with CRLF")
	}
	c, err := ics.ParseCalendar(bytes.NewReader(a.body))
	if err != nil || len(c.Events()) == 0 || c.Events()[0].GetProperty(ics.ComponentPropertyDtstamp) == nil {
		t.Errorf("got %s %v", a.body, err)
	}
	if a := w.get("/v1/ceasefires.csv?status=lapsed"); !bytes.Contains(a.body, []byte("\r\nriver,River,local_truce,lapsed,")) {
		t.Errorf("got %s", a.body)
	}
	wantProblem(t, w.get("/v1/incidents.csv?limit=3"), 400, "unknown-parameter")
	wantProblem(t, w.get("/v1/incidents.csv?since=yesterday"), 400, "bad-clock")
}

// TestTheFeedTellsEveryEntryNewestFirst has a clock that moves on with every look at it, so that no two entries share a time.
func TestTheFeedTellsEveryEntryNewestFirst(t *testing.T) {
	var ticks atomic.Int64
	began := time.Now()
	w := open(t, func(o *Options) {
		o.Clock = func() time.Time { return began.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
	})
	w.river()
	w.must("violate", `{"incident":"shot","by":"north","ceasefires":["river"]}`)
	w.must("record-statement", `{"statement":"word","by":"south","statement_kind":"denial","about":["ceasefire/river"],"text":"not us"}`)
	w.must("dispute", `{"incident":"shot","by":"south"}`)
	w.must("register-actor", `{"actor":"west","name":"West","kind":"state"}`) // touches no ceasefire
	w.settle()
	var feed struct {
		Updated time.Time `xml:"updated"`
		Entries []struct {
			ID      string    `xml:"id"`
			Updated time.Time `xml:"updated"`
			Link    struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(w.get("/v1/ceasefires.atom").body, &feed); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for sequence := uint64(10); sequence >= 5; sequence-- { // from the proposal to the dispute
		want = append(want, fmt.Sprintf("/v1/entries/%d", sequence))
	}
	seen := map[string]bool{}
	for i, e := range feed.Entries {
		got = append(got, e.Link.Href)
		if i > 0 && !feed.Entries[i-1].Updated.After(e.Updated) || !strings.HasPrefix(e.ID, "urn:uuid:") || seen[e.ID] {
			t.Errorf("entry %d: %+v after %+v", i, e, feed.Entries[max(0, i-1)])
		}
		seen[e.ID] = true
	}
	if d := cmp.Diff(want, got); d != "" || !feed.Updated.Equal(feed.Entries[0].Updated) {
		t.Errorf("updated %s (-want +got):\n%s", feed.Updated, d)
	}
}

// TestExportThenImportGivesTheSameAnswers carries incidents and then whole ledgers over.
func TestExportThenImportGivesTheSameAnswers(t *testing.T) {
	from := open(t)
	from.river()
	from.load("/v1/import/ucdp-ged?zone=Asia/Damascus", violence)
	from.must("attribute", `{"incident":"ucdp-ged-2","by":"north","actor":"south","confidence":"high","occurred":"2016-04-05T10:00Z"}`)
	from.must("deny", `{"incident":"ucdp-ged-2","by":"south","occurred":"2016-04-06T10:00Z"}`)
	from.must("violate", `{"incident":"again","by":"north","at":{"at":"2016-04-01","zone":"Asia/Damascus"},"type":"one_sided"}`)
	from.must("mark-duplicate", `{"incident":"again","of":"ucdp-ged-1","by":"north","occurred":"2016-04-07T10:00Z","reason":"the same"}`)
	from.settle()
	lines := from.get("/v1/incidents.jsonl")
	if alone := from.get("/v1/incidents.jsonl?by=north"); strings.Contains(string(alone.body), `"merged"`) {
		t.Errorf("a merge is told without the other report: %s", alone.body)
	}

	to := open(t)
	if s := total(t, to.load("/v1/import/truce", string(lines.body), "Content-Type", "application/x-ndjson")); s.Quarantined != 0 || s.Stored != 4 {
		t.Fatalf("got %+v", s)
	}
	for _, path := range []string{"/v1/incidents", "/v1/incidents?place=syria-south", "/v1/incidents/counts?by=day,type,accused"} {
		sameAnswer(t, from, to, path)
	}
	if s := total(t, to.load("/v1/import/truce", string(lines.body), "Content-Type", "application/x-ndjson")); s.Entries != 0 {
		t.Errorf("the second time stored %+v", s)
	}

}

// TestACarriedLedgerGivesTheSameAnswers carries a ledger on which every verb was used to a fresh one, as commands, and asks both
// every question that there is.
func TestACarriedLedgerGivesTheSameAnswers(t *testing.T) {
	from := open(t)
	from.furnish()
	stayBehind := []string{"attach-evidence", "transfer-evidence", "read-secret", "destroy-secret", "share"} // with the files, the values and what is restricted
	for _, verb := range eventstore.Verbs() {
		if !slices.Contains(stayBehind, verb) {
			from.must(verb, string(from.requestFor(verb)))
		}
	}
	from.must("mark-duplicate", `{"incident":"asked2","of":"asked1","by":"monitor"}`)
	from.settle()
	whole := open(t)
	for line := range bytes.Lines(from.get("/v1/commands.jsonl").body) {
		var c struct{ Command string }
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		whole.must(c.Command, string(line))
	}
	whole.settle()
	const then = "effective_at=2016-05-06T00:00:00Z"
	asked := []string{
		"/v1/incidents/counts?by=place,status", "/v1/incidents/counts?by=day,type,accused", "/v1/inquiries", "/v1/calendar?" + then, "/v1/incidents?duplicate=true",
		"/v1/bulletin?date=2016-05-05&zone=Asia/Damascus&compare=north,south", "/v1/ceasefires?contested=true", "/v1/ceasefires?area=town&" + then,
		"/v1/ceasefires?reported_by=2016-05-06T00:00:00Z",
	}
	for _, kind := range domain.Kinds {
		collection := "/v1/" + wire.Collection(kind)
		asked = append(asked, collection, collection+"?"+then)
		for _, item := range into[struct{ Items []struct{ ID string } }](t, from.get(collection)).Items {
			asked = append(asked, collection+"/"+item.ID)
			if !strings.HasSuffix(item.ID, "ourth") && item.ID != "fifth" && item.ID != "third" { // whose history tells of keys, which stay behind
				asked = append(asked, collection+"/"+item.ID+"/history")
			}
		}
	}
	for _, path := range asked {
		sameAnswer(t, from, whole, path)
	}
	if len(asked) < 60 {
		t.Errorf("only %d questions were asked", len(asked))
	}
}

// sameAnswer compares what two ledgers say, apart from their own sequences and clocks.
func sameAnswer(t *testing.T, a, b *world, path string) {
	t.Helper()
	x, y := into[any](t, a.get(path)), into[any](t, b.get(path))
	strip(x)
	strip(y)
	if d := cmp.Diff(x, y); d != "" {
		t.Errorf("%s differs (-from +to):\n%s", path, d)
	}
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		// What each ledger says of itself and of its own clock and count.
		for _, name := range []string{"version", "sequence", "recorded_at", "alleged_at", "seconds_to_finding", "effective_at", "sentence", "corrects", "corrected_by", "retracted_by", "party_sequence"} {
			delete(v, name)
		}
		for _, inner := range v {
			strip(inner)
		}
	case []any:
		for _, inner := range v {
			strip(inner)
		}
	}
}
