package interchange

import (
	"strings"
	"testing"

	"truceledger/projections"
)

// Nothing that stands in a row ends an import of our own lines: what cannot be taken is set aside, what rests on it too, and
// what comes behind goes in. Run again, it comes to the same.
func TestOurOwnLinesAreSetAsideOneByOne(t *testing.T) {
	table := strings.Join([]string{
		`{"kind":"actor","actor":{"id":"river","name":"River","kind":"armed_group"}}`,
		`{"kind":"actor","actor":{"id":"nameless","kind":"armed_group"}}`,
		`{"kind":"place","place":{"id":"bank","name":"The Bank","parent":"nowhere"}}`,
		`{"kind":"incident","incident":{"id":"cites","by":"river","at":{"earliest":"2016-05-02T10:00:00Z","latest":"2016-05-02T10:00:00Z","precision":"minute","zone":"UTC"},"ceasefires":["mill-truce"],"count":1}}`,
		`{"kind":"incident","incident":{"id":"plain","by":"river","at":{"earliest":"2016-05-02T10:00:00Z","latest":"2016-05-02T10:00:00Z","precision":"minute","zone":"UTC"},"ceasefires":[],"count":1}}`,
		`{"kind":"incident","merged":{"incident":"cites","of":"plain","by":"river","at":"2016-05-03T10:00:00Z"}}`,
		`{"kind":"incident","merged":{"incident":"plain","of":"cites","by":"river","at":"2016-05-03T10:00:00Z"}}`,
	}, "\n") + "\n"
	w := newWorld(t)
	for run, change := range []func(*Importer){dry, func(*Importer) {}, func(*Importer) {}} {
		total, told := w.load("truce", table, Settings{}, change)
		var got []string
		for _, r := range told {
			if r.Type == "quarantined" {
				got = append(got, r.Key+" "+r.Code)
			}
		}
		want := "actor/nameless invalid-field, place/bank unknown-id, incident/cites unknown-id, merged/cites not-found, merged/plain unknown-id"
		if strings.Join(got, ", ") != want {
			t.Errorf("run %d: set aside %s\nwant %s", run, strings.Join(got, ", "), want)
		}
		if total.Rows != 7 || total.Quarantined != 5 {
			t.Errorf("run %d: got %+v, want 7 rows counted", run, total)
		}
	}
	if list := w.incidents(projections.IncidentFilter{}); len(list) != 1 || list[0].ID != "plain" {
		t.Errorf("got %+v, want the one plain incident", list)
	}
}
