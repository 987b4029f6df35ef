package api

import (
	"strings"
	"testing"

	"truceledger/projections"
)

func TestIncidentsStandInTheQueueOfTheirInquiry(t *testing.T) {
	w := open(t)
	w.furnish()
	w.must("suspend-inquiry", `{"incident":"asked1","by":"monitor","reason":"access denied"}`)
	w.must("conclude-inquiry", `{"incident":"asked2","by":"monitor","finding":"verified"}`)
	w.settle()
	for queue, want := range map[string]string{"alleged": "shot", "inquiry_suspended": "asked1", "concluded": "asked2"} {
		page := into[projections.Page[queued]](t, w.get("/v1/inquiries?queue="+queue))
		if len(page.Items) != 1 || page.Items[0].Incident != want || page.Items[0].Alleged.IsZero() {
			t.Errorf("%s: got %+v, want %s", queue, page.Items, want)
			continue
		}
		switch q := page.Items[0]; queue {
		case "concluded":
			if q.ToFinding == nil || q.Finding != "verified" || q.Monitor != "monitor" {
				t.Errorf("got %+v", q)
			}
		case "inquiry_suspended":
			if q.Reason != "access denied" || q.Suspended == nil {
				t.Errorf("got %+v", q)
			}
		}
	}
	if page := into[projections.Page[queued]](t, w.get("/v1/inquiries?ceasefire=force1")); len(page.Items) != 3 {
		t.Errorf("got %+v", page.Items)
	}
	w.must("violate", `{"incident":"again","by":"south","ceasefires":["force1"]}`)
	w.must("mark-duplicate", `{"incident":"again","of":"shot","by":"monitor"}`)
	w.must("mark-duplicate", `{"incident":"asked2","of":"shot","by":"monitor"}`)
	w.settle()
	if page := into[projections.Page[queued]](t, w.get("/v1/inquiries?queue=alleged")); len(page.Items) != 1 || page.Items[0].Incident != "shot" || strings.Join(page.Items[0].Duplicates, " ") != "again asked2" {
		t.Errorf("got %+v: a second report waits in no queue", page.Items)
	}
	if page := into[projections.Page[queued]](t, w.get("/v1/inquiries?queue=concluded")); len(page.Items) != 1 || page.Items[0].DuplicateOf != "shot" || page.Items[0].ToFinding == nil {
		t.Errorf("got %+v: what was found on a second report stays", page.Items)
	}
	wantProblem(t, w.get("/v1/inquiries?queue=lost"), 400, "bad-parameter")
}
