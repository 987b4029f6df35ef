package interchange

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"truceledger/eventstore"
	"truceledger/projections"
)

const ucdpHeader = "id,type_of_violence,side_a,side_b,source_article,where_prec,where_coordinates,adm_1,adm_2,latitude,longitude,country," +
	"event_clarity,date_prec,date_start,date_end,deaths_a,deaths_b,deaths_civilians,deaths_unknown,low,best,high\n"

// event is a row of UCDP's; what is given as column=value differs from the usual one.
func event(id string, change ...string) string {
	columns := strings.Split(strings.TrimSpace(ucdpHeader), ",")
	values := strings.Split(id+",3,IS,Civilians,SOHR 2016,1,Al Hissan,Aleppo Governorate,Jebel Saman,35.4,40.1,Syria,1,1,2016-04-01,2016-04-01,0,0,4,0,4,4,5", ",")
	for _, c := range change {
		name, v, _ := strings.Cut(c, "=")
		for i := range columns {
			if columns[i] == name {
				values[i] = v
			}
		}
	}
	return strings.Join(values, ",") + "\n"
}

func TestAChangedRowBecomesACorrection(t *testing.T) {
	w := newWorld(t)
	w.load("ucdp-ged", ucdpHeader+event("1")+event("2"), Settings{})
	for i, step := range []struct {
		change   string
		entries  int
		wantBest int
	}{
		{"best=5", 1, 5}, {"best=5", 0, 5}, {"best=4", 1, 4}, {"best=4", 0, 4}, {"best=5", 1, 5},
	} {
		total, _ := w.load("ucdp-ged", ucdpHeader+event("1", step.change)+event("2"), Settings{})
		if total.Entries != step.entries || total.Corrected != step.entries || total.Unchanged != 2-step.entries {
			t.Fatalf("step %d (%s): got %+v, want %d entries", i, step.change, total, step.entries)
		}
		v, err := w.views.Incident(t.Context(), "ucdp-ged-1", w.now())
		if err != nil || *v.Casualties[0].Best != step.wantBest {
			t.Fatalf("step %d: got %+v %v, want best %d", i, v.Casualties, err, step.wantBest)
		}
	}
}

func TestAVanishedRowIsRetractedOnlyOnRequestAndComesBack(t *testing.T) {
	w := newWorld(t)
	both, one := ucdpHeader+event("1")+event("2"), ucdpHeader+event("1")
	w.load("ucdp-ged", both, Settings{})
	w.send(`{"command":"violate","incident":"ucdp-ged-other","by":"ucdp","at":"2016-04-02","place":"syria"}`)
	if total, _ := w.load("ucdp-ged", one, Settings{}); total.Retracted != 0 || len(w.incidents(projections.IncidentFilter{})) != 3 {
		t.Fatalf("retracted without being asked: %+v", total)
	}
	total, told := w.load("ucdp-ged", one, Settings{}, missing)
	if total.Retracted != 1 || len(told) != 1 || told[0].Record != "incident/ucdp-ged-2" {
		t.Fatalf("got %+v %+v, want ucdp-ged-2 retracted and nothing of anybody else's", total, told)
	}
	if total, _ := w.load("ucdp-ged", one, Settings{}, missing); total.Entries != 0 {
		t.Errorf("retracted twice: %+v", total)
	}
	if total, _ := w.load("ucdp-ged", both, Settings{}); total.Reinstated != 1 || len(w.incidents(projections.IncidentFilter{})) != 3 {
		t.Errorf("got %+v, want the row reinstated", total)
	}
	if total, _ := w.load("ucdp-ged", both, Settings{}); total.Entries != 0 {
		t.Errorf("reinstated twice: %+v", total)
	}
}

func TestRowsThatCannotBeTakenAreNamedWithTheReason(t *testing.T) {
	w := newWorld(t)
	table := ucdpHeader + event("low", "low=9") + event("place", "where_prec=9") + event("land", "country=") + event("point", "latitude=95") +
		event("date", "date_start=2016-13-01") + event("order", "date_end=2016-03-01") + event("ahead", "date_start=2216-01-01", "date_end=2216-01-01") +
		event("type", "type_of_violence=7") + event("count", "best=many") + event("twice") + event("twice", "best=5") + event("") +
		"short,1,2\n" + event("fine") + `broken,"a"b,` + "\n" + event("fine too")
	total, told := w.load("ucdp-ged", table, Settings{})
	want := []string{
		"bounds-disordered", "no-place", "no-place", "no-place", "bad-date", "bad-date", "in-the-future", "bad-type", "bad-number",
		"duplicate-key", "no-key", "wrong-width", "not-csv",
	}
	var got []string
	for _, r := range told {
		got = append(got, r.Code)
		if r.Reason == "" || r.Row == 0 || r.Line == 0 {
			t.Errorf("without a reason or a place in the file: %+v", r)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if total.Stored != 3 || total.Rows != 16 || total.Quarantined != 13 {
		t.Errorf("got %+v, want 3 of 16 stored", total)
	}
}

// A stray character of another encoding, in a name that is to be registered or in a text, is its own row's fault.
func TestARowWithAControlCharacterIsNamed(t *testing.T) {
	w := newWorld(t)
	total, told := w.load("ucdp-ged", ucdpHeader+event("1", "side_a=IS\u0092s")+event("2", "where_coordinates=A\x00")+event("3"), Settings{})
	if total.Stored != 1 || total.Quarantined != 2 || len(told) != 2 || !strings.HasPrefix(told[0].Reason, "side_a: holds the control character U+0092") {
		t.Errorf("got %+v, %+v", total, told)
	}
	lines := `{"kind":"actor","actor":{"id":"x","name":"X\u001b[2J","kind":"state"}}` + "\n" + `{"kind":"actor","actor":{"id":"y","name":"Y","kind":"state"}}` + "\n"
	total, told = w.load("truce", lines, Settings{})
	if total.Registered != 1 || total.Quarantined != 1 || len(told) != 1 || !strings.HasPrefix(told[0].Reason, "actor.name: holds the control character U+001B") {
		t.Errorf("got %+v, %+v", total, told)
	}
}

func TestADryRunShowsAndStoresNothing(t *testing.T) {
	w := newWorld(t)
	before := w.last()
	total, told := w.load("ucdp-ged", ucdpHeader+event("1")+event("2", "low=9"), Settings{}, dry)
	if w.last() != before || total.Stored != 1 || total.Quarantined != 1 {
		t.Errorf("got %+v and %d entries, want 1 that would be stored", total, w.last()-before)
	}
	if len(told) != 2 || told[0].Type != "would" || !strings.HasPrefix(string(told[0].Command), `{"command":"violate"`) || told[0].Record != "incident/ucdp-ged-1" {
		t.Errorf("got %+v", told)
	}
}

// TestADryRunComesToWhatTheRunComesTo rehearses tables in which the rules of other records and of the row itself say no,
// rows that are there already, that have changed, and that are new, and then imports them.
func TestADryRunComesToWhatTheRunComesTo(t *testing.T) {
	w := newWorld(t)
	w.load("ucdp-ged", ucdpHeader+event("old")+event("changes"), Settings{})
	table := ucdpHeader + event("old") + event("changes", "best=5") + event("new") + event("elsewhere", "adm_2=Al Bab", "where_coordinates=Bzaa") +
		event("ahead", "date_start=2216-01-01", "date_end=2216-01-01") + event("low", "low=9")
	for _, s := range []Settings{{}, {Ceasefires: []string{"nowhere"}}} {
		before := w.last()
		planned, shown := w.load("ucdp-ged", table, s, dry)
		if w.last() != before {
			t.Fatalf("a dry run stored %d entries", w.last()-before)
		}
		done, told := w.load("ucdp-ged", table, s)
		if planned != done {
			t.Errorf("%v: planned %+v, done %+v", s.Ceasefires, planned, done)
		}
		if d := cmp.Diff(refusals(told), refusals(shown)); d != "" {
			t.Errorf("%v (-refused +rehearsed):\n%s", s.Ceasefires, d)
		}
	}
	if _, told := w.load("ucdp-ged", ucdpHeader+event("next"), Settings{Ceasefires: []string{"nowhere"}}, dry); len(told) != 1 || told[0].Code != "unknown-id" {
		t.Errorf("got %+v, want the unknown ceasefire refused", told)
	}
}

func refusals(told []Report) (list []string) {
	for _, r := range told {
		if r.Type == "quarantined" {
			list = append(list, fmt.Sprint(r.Row, " ", r.Code, " ", r.Reason))
		}
	}
	return list
}

// breaking is a ledger that fails after some commands.
type breaking struct {
	Ledger
	left chan struct{}
}

var errBroken = errors.New("the server went away")

func (b breaking) Execute(ctx context.Context, r eventstore.Request) (eventstore.Result, error) {
	select {
	case <-b.left:
		return b.Ledger.Execute(ctx, r)
	default:
		return eventstore.Result{}, errBroken
	}
}

func TestAnInterruptedImportGoesOnWhereItStopped(t *testing.T) {
	w := newWorld(t)
	var table strings.Builder
	table.WriteString(ucdpHeader)
	for i := range 2000 {
		table.WriteString(event("e" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26)[:i/26%50] + slug(strings.Repeat("z", i))))
	}
	left := make(chan struct{}, 900)
	for range 900 {
		left <- struct{}{}
	}
	f, _ := NewFormat("ucdp-ged", Settings{})
	im := &Importer{Ledger: breaking{w.ledger, left}, Models: w.views, Principal: "test", Format: f, Tell: func(Report) {}}
	if _, err := im.Run(t.Context(), strings.NewReader(table.String())); !errors.Is(err, errBroken) {
		t.Fatalf("got %v, want the server's failure", err)
	}
	w.settle()
	stored := int(w.last()) - 1
	total, _ := w.load("ucdp-ged", table.String(), Settings{})
	if stored < 800 || total.Entries+stored != int(w.last())-1 || total.Entries == 0 {
		t.Errorf("got %d entries first and %d then, %d in all", stored, total.Entries, w.last()-1)
	}
	if again, _ := w.load("ucdp-ged", table.String(), Settings{}); again.Entries != 0 {
		t.Errorf("the third run stored %d entries", again.Entries)
	}
}

func TestAWrongTableIsRefusedBeforeItsFirstRow(t *testing.T) {
	w := newWorld(t)
	f, _ := NewFormat("acled", Settings{})
	im := &Importer{Ledger: w.ledger, Models: w.views, Format: f, Tell: func(Report) {}}
	_, err := im.Run(t.Context(), strings.NewReader(ucdpHeader+event("1")))
	if err == nil || !strings.Contains(err.Error(), "event_id_cnty") {
		t.Errorf("got %v, want the missing columns named", err)
	}
}
