package api

import (
	"encoding/json"
	"strings"
	"testing"

	"truceledger/api/bulletin"
)

// TestBulletinCountsItsWindow puts incidents on every side of the edges.
func TestBulletinCountsItsWindow(t *testing.T) {
	w := open(t)
	w.river()
	w.must("register-place", `{"place":"quarter","name":"Quarter | <b>","parent":"town"}`)
	w.must("propose", `{"ceasefire":"watched","by":"north","class":"local_truce","area":"town","occurred":"2016-05-01T10:00Z","parties":["north","south"],"monitors":["north"]}`)
	for id, at := range map[string]string{
		"before": "2016-05-03T23:59:59+03:00", "first": "2016-05-04T00:00:00+03:00", "last": "2016-05-04T23:59:59+03:00", "after": "2016-05-05T00:00:00+03:00", "vague": "2016-05",
	} {
		w.must("violate", `{"incident":"`+id+`","by":"north","type":"shelling","place":"quarter","ceasefires":["watched"],"at":{"at":"`+at+`"}}`)
	}
	w.must("violate", `{"incident":"other","by":"south","type":"shelling","place":"quarter","at":"2016-05-04T10:00+03:00"}`)
	w.must("open-inquiry", `{"incident":"first","by":"north","occurred":"2016-05-04T12:00+03:00"}`)
	w.must("conclude-inquiry", `{"incident":"first","by":"north","finding":"verified","occurred":"2016-05-04T13:00+03:00"}`)
	w.settle()
	b := into[bulletin.Bulletin](t, w.get("/v1/bulletin?date=2016-05-04&zone=Asia/Damascus&compare=north,south"))
	if b.Total.Window != 3 || b.Total.Previous != 1 || b.Total.Possible != 1 || b.Recommitment == nil {
		t.Errorf("got %+v", b.Total)
	}
	if len(b.Opened) != 1 || len(b.Closed) != 1 || b.Closed[0].Finding != "verified" {
		t.Errorf("got inquiries %+v %+v", b.Opened, b.Closed)
	}
	if b.Compared[0].Total != 2 || b.Compared[1].Total != 1 {
		t.Errorf("got %+v: each body's own count", b.Compared)
	}
	if b.Incidents[0].Area != "quarter" {
		t.Errorf("got the area %q", b.Incidents[0].Area)
	}
	w.must("violate", `{"incident":"again","by":"north","type":"shelling","place":"quarter","at":"2016-05-04T10:05+03:00"}`)
	w.must("violate", `{"incident":"heard","by":"south","type":"shelling","place":"quarter","at":"2016-05-04T10:06+03:00"}`)
	for id, of := range map[string]string{"again": "first", "heard": "first"} {
		w.must("mark-duplicate", `{"incident":"`+id+`","of":"`+of+`","by":"north","occurred":"2016-05-04T11:00+03:00"}`)
	}
	w.settle()
	merged := into[bulletin.Bulletin](t, w.get("/v1/bulletin?date=2016-05-04&zone=Asia/Damascus&compare=north,south"))
	if merged.Total.Window != 3 || merged.Compared[0].Total != 2 || merged.Compared[1].Total != 2 {
		t.Errorf("got %+v and %+v: a second report counts once in all, and once for each body that made it", merged.Total, merged.Compared)
	}
	closing := into[bulletin.Bulletin](t, w.get("/v1/bulletin?date=2016-05-04&zone=Asia/Damascus&close=10:00"))
	if closing.Total.Window != 2 || closing.Total.Previous != 0 {
		t.Errorf("got %+v for the window that closes at 10:00", closing.Total)
	}
	page := string(w.get("/v1/bulletin?date=2016-05-04&zone=Asia/Damascus&format=html&lang=ar").body)
	if !strings.Contains(page, `dir="rtl"`) || strings.Contains(page, "<b>") {
		t.Errorf("a name broke out of its cell, or the page runs the wrong way:\n%s", page)
	}
}

func TestBulletinsThatCannotBe(t *testing.T) {
	w := open(t)
	for _, q := range []string{"", "date=2016-05-04", "date=4.5.2016&zone=UTC", "date=2016-05-04&zone=Nowhere", "date=2016-05-04&zone=UTC&close=25:00", "date=2016-05-04&zone=UTC&lang=de", "date=2016-05-04&zone=UTC&compare=a"} {
		wantProblem(t, w.get("/v1/bulletin?"+q), 400, "bad-parameter")
	}
}

// A name stays in its place: in a cell, in a heading, in the lead, in a sentence, in a badge. The record itself keeps it as it is.
func TestANameRulesNothingAroundIt(t *testing.T) {
	w := open(t)
	const name = "N\u202eorth \u2067\\| [x](y)"
	quoted, _ := json.Marshal(name)
	w.must("register-actor", `{"actor":"north","name":`+string(quoted)+`,"kind":"state"}`)
	w.must("register-place", `{"place":"town","name":`+string(quoted)+`}`)
	w.must("propose", `{"ceasefire":"river","by":"north","title":`+string(quoted)+`,"class":"local_truce","area":"town","occurred":"2016-05-01T10:00Z","parties":["north"],"consent":["north"],"from":"2016-05-02T00:00Z","lasting":"PT480H"}`)
	w.must("agree", `{"ceasefire":"river","by":"north","occurred":"2016-05-01T11:00Z"}`)
	w.must("violate", `{"incident":"i","by":"north","type":"shelling","place":"town","ceasefires":["river"],"at":"2016-05-04T10:00Z","description":`+string(quoted)+`}`)
	w.settle()
	const turns = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
	bulletin := "/v1/bulletin?date=2016-05-04&zone=UTC&compare=north,north&format="
	for _, path := range []string{bulletin + "md", "/ceasefires/river/badge.svg", "/v1/ceasefires.atom"} {
		body := string(w.get(path).body)
		if strings.ContainsAny(body, turns) || !strings.Contains(body, "North") {
			t.Errorf("%s turns, or lacks the name: %s", path, body)
		}
		bars := 0 // of the row before
		for line := range strings.SplitSeq(body, "\n") {
			plain := strings.NewReplacer(`\\`, "", `\|`, "", `\[`, "").Replace(line)
			if n := strings.Count(plain, "|"); strings.HasPrefix(path, bulletin) && (strings.Contains(plain, "[x") || n > 0 && bars > 0 && n != bars) {
				t.Errorf("a name is a link, or leaves its cell: %s", line)
			} else {
				bars = n
			}
		}
	}
	for _, path := range []string{"/v1/ceasefires/river/history", "/v1/calendar?effective_at=2016-05-01T12:00:00Z"} {
		for _, item := range into[struct{ Items []struct{ Sentence string } }](t, w.get(path)).Items {
			if strings.ContainsAny(item.Sentence, turns) || item.Sentence == "" {
				t.Errorf("%s: got %q", path, item.Sentence)
			}
		}
	}
	if got := into[struct{ Name string }](t, w.get("/v1/actors/north")).Name; got != name {
		t.Errorf("the record has %q, want %q", got, name)
	}
}
