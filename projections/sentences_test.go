package projections

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
)

var update = flag.Bool("update", false, "write testdata/sentences.txt anew")

func TestEveryVerbHasWords(t *testing.T) {
	for _, verb := range eventstore.Verbs() {
		if phrases[verb] == nil {
			t.Errorf("%s has no words: add it to sentences_*.go", verb)
		}
	}
}

// course is a record on which every verb is used that the Aleppo record does not use.
func course(t *testing.T, b *book) {
	t.Helper()
	for _, body := range []string{
		`{"command":"propose","ceasefire":"river","by":"russia","title":"River truce","class":"local_truce","area":["aleppo","ghouta"],"parties":["syrian-government","syrian-opposition"],"guarantors":["russia"],"monitors":["geneva-centre"],"extension_rule":"all_consenting","accede_by":"2016-05-03T12:00:00Z","occurred":"2016-05-01T08:00:00Z"}`,
		`{"command":"amend","ceasefire":"river","by":"russia","mediators":["united-states"],"from":"2016-05-02T00:00:00Z","lasting":"P1DT12H","occurred":"2016-05-01T09:00:00Z"}`,
		`{"command":"agree","ceasefire":"river","by":"syrian-government","through":"russia","occurred":"2016-05-01T10:00:00Z"}`,
		`{"command":"withdraw","ceasefire":"river","by":"syrian-government","occurred":"2016-05-01T11:00:00Z","reason":"second thoughts"}`,
		`{"command":"agree","ceasefire":"river","by":"syrian-government","occurred":"2016-05-01T12:00:00Z"}`,
		`{"command":"agree","ceasefire":"river","by":"syrian-opposition","occurred":"2016-05-01T13:00:00Z"}`,
		`{"command":"accede","ceasefire":"river","by":"free-syrian-army","received_by":"russia","occurred":"2016-05-01T14:00:00Z"}`,
		`{"command":"enter-into-force","ceasefire":"river","by":"russia","occurred":"2016-05-01T15:00:00Z"}`,
		`{"command":"designate","ceasefire":"river","actor":"msf","role":"witness","basis":"a letter of 1 May","occurred":"2016-05-01T16:00:00Z"}`,
		`{"command":"exclude","ceasefire":"river","by":"russia","actor":"nusra-front","basis":"UNSCR 2268","occurred":"2016-05-01T17:00:00Z"}`,
		`{"command":"extend","ceasefire":"river","by":"syrian-government","lasting":"PT24H","occurred":"2016-05-02T08:00:00Z","sources":[{"source":"s2","modality":"demands","quote":"one more day"}]}`,
		`{"command":"extend","ceasefire":"river","by":"syrian-opposition","lasting":"PT24H","occurred":"2016-05-02T09:00:00Z"}`,
		`{"command":"extend","ceasefire":"river","by":"free-syrian-army","lasting":"PT24H","occurred":"2016-05-02T09:30:00Z"}`,
		`{"command":"suspend","ceasefire":"river","by":"russia","reason":"the road is closed","occurred":"2016-05-02T10:00:00Z"}`,
		`{"command":"resume","ceasefire":"river","by":"russia","occurred":"2016-05-02T12:00:00Z"}`,
		`{"command":"narrow-area","ceasefire":"river","by":"russia","area":"aleppo","occurred":"2016-05-02T12:30:00Z"}`,
		`{"command":"undertake","ceasefire":"river","by":"united-states","obligor":"russia","obligation":"press","modality":"demanded","text":"Press the government.","occurred":"2016-05-02T13:00:00Z"}`,
		`{"command":"report-performance","ceasefire":"river","by":"msf","obligation":"press","performance":"not_met","occurred":"2016-05-02T14:00:00Z"}`,
		`{"command":"attest","ceasefire":"river","by":"msf","in_force":false,"occurred":"2016-05-02T15:00:00Z"}`,
		`{"command":"violate","incident":"shots","ceasefires":["river"],"place":"ghouta","type":"shelling","weapon":"mortars","targets":["a market"],"count":3,"at":"2016-05-02T16:00:00Z","casualties":[{"outcome":"injured","low":2,"high":5}],"sources":[{"source":"s2"}]}`,
		`{"command":"corroborate","incident":"shots","by":"msf","description":"We received the wounded.","occurred":"2016-05-02T17:00:00Z"}`,
		`{"command":"dispute","incident":"shots","by":"russia","occurred":"2016-05-02T18:00:00Z"}`,
		`{"command":"attribute","incident":"shots","by":"msf","actor":"syrian-government","confidence":"moderate","occurred":"2016-05-02T19:00:00Z"}`,
		`{"command":"deny","incident":"shots","by":"syrian-government","occurred":"2016-05-02T20:00:00Z"}`,
		`{"command":"open-inquiry","incident":"shots","by":"geneva-centre","occurred":"2016-05-03T08:00:00Z"}`,
		`{"command":"suspend-inquiry","incident":"shots","by":"geneva-centre","reason":"access denied","occurred":"2016-05-03T09:00:00Z"}`,
		`{"command":"conclude-inquiry","incident":"shots","by":"geneva-centre","finding":"inconclusive","occurred":"2016-05-03T10:00:00Z"}`,
		`{"command":"violate","incident":"mortars","by":"msf","ceasefires":["river"],"at":"2016-05-02T16:05:00Z"}`,
		`{"command":"mark-duplicate","incident":"mortars","of":"shots","by":"geneva-centre","reason":"the same market","occurred":"2016-05-03T10:05:00Z"}`,
		`{"command":"record-talks-status","talks":"geneva","characterisation":"stalled","condition":"Aleppo is calm","about":["ceasefire/river"],"occurred":"2016-05-03T10:00:00Z","sources":[{"source":"s4"}]}`,
		`{"command":"propose","ceasefire":"lake","by":"russia","predecessor":"river","parties":["syrian-government","syrian-opposition"],"occurred":"2016-05-03T11:00:00Z"}`,
		`{"command":"reject","ceasefire":"lake","by":"syrian-government","reason":"too vague","occurred":"2016-05-03T12:00:00Z"}`,
		`{"command":"propose","ceasefire":"hill","by":"russia","parties":["syrian-government","syrian-opposition"],"occurred":"2016-05-03T11:00:00Z"}`,
		`{"command":"withdraw-proposal","ceasefire":"hill","by":"russia","occurred":"2016-05-03T12:00:00Z"}`,
		`{"command":"withdraw","ceasefire":"river","by":"free-syrian-army","occurred":"2016-05-03T13:00:00Z"}`,
		`{"command":"declare-collapsed","ceasefire":"river","by":"russia","occurred":"2016-05-03T14:00:00Z"}`,
		`{"command":"terminate","ceasefire":"ghouta-silence","by":"russia","occurred":"2016-05-01T14:00:00Z"}`,
		`{"command":"supersede","ceasefire":"aleppo-silence","by":"russia","successor":"syria-cessation","occurred":"2016-05-09T14:00:00Z"}`,
		`{"command":"register-key","actor":"russia","key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB","label":"the desk in Geneva"}`,
		`{"command":"rotate-key","actor":"russia","replaces":"SHA256:RXm/ruZ0eTzRXKwi1AQEDynB0VgHQ2ac9KPSFdf/YnA","key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"}`,
		`{"command":"revoke-key","actor":"russia","fingerprint":"SHA256:baqJQcVDEweKmw1OiZxGooCG2MGxYtwsQQzzOstxmiA","reason":"the laptop was stolen"}`,
	} {
		b.do(t, "%s", body)
	}
	photo, sealed := strings.Repeat("ab", 32), "hmac-sha256:"+strings.Repeat("cd", 32)
	for _, body := range []string{
		`{"command":"corroborate","incident":"shots","by":"msf","witness":"` + sealed + `","occurred":"2016-05-03T15:00:00Z"}`,
		`{"command":"attach-evidence","record":"incident/shots","by":"msf","sha256":"` + photo + `","bytes":4711,"media_type":"image/jpeg","name":"IMG_0001.jpg","collector":"a nurse","method":"taken with a telephone","occurred":"2016-05-03T16:00:00Z"}`,
		`{"command":"transfer-evidence","record":"incident/shots","by":"msf","to":"geneva-centre","sha256":"` + photo + `","act":"handover","reason":"for the inquiry","occurred":"2016-05-03T17:00:00Z"}`,
		`{"command":"transfer-evidence","record":"incident/shots","by":"geneva-centre","to":"russia","sha256":"` + photo + `","act":"examination","occurred":"2016-05-03T18:00:00Z"}`,
		`{"command":"read-secret","record":"incident/shots","secret":"` + sealed + `","reason":"to call the witness","occurred":"2016-05-03T19:00:00Z"}`,
		`{"command":"destroy-secret","record":"incident/shots","by":"msf","secret":"` + sealed + `","reason":"the witness asks for it","legal_basis":"Art. 17 GDPR","occurred":"2016-05-03T20:00:00Z"}`,
		`{"command":"record-statement","statement":"` + confided + `","restricted_to":["msf","russia"],"statement_kind":"warning","by":"msf","text":"They will shell the road.","occurred":"2016-05-03T21:00:00Z"}`,
		`{"command":"share","record":"statement/` + confided + `","by":"msf","with":["geneva-centre","russia","united-states"],"reason":"so that they can warn","occurred":"2016-05-03T22:00:00Z"}`,
		`{"command":"share","record":"statement/` + confided + `","with":["syrian-opposition"],"occurred":"2016-05-03T23:00:00Z"}`,
	} {
		b.do(t, "%s", body)
	}
	n := b.do(t, `{"command":"reaffirm","ceasefire":"syria-cessation","by":"russia","occurred":"2016-05-09T15:00:00Z"}`)
	b.do(t, `{"command":"retract","record":"ceasefire/syria-cessation","sequence":%d,"reason":"entered twice"}`, n)
}

// confided is the id of a restricted record.
const confided = "restricted-3f0a1c52-9d5b-4c1e-8f5a-0123456789ab"

// The words of every verb, held against testdata/sentences.txt.
func TestSentences(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	course(t, b)
	p := b.started(t, t.TempDir())
	var out strings.Builder
	used := map[string]bool{}
	for _, s := range []string{
		"actor/russia", "place/aleppo", "source/s0", "ceasefire/syria-cessation", "ceasefire/aleppo-silence", "ceasefire/ghouta-silence",
		"ceasefire/aleppo-plan-3-may", "ceasefire/river", "ceasefire/lake", "ceasefire/hill", "incident/shots", "incident/mortars", "talks/geneva",
		"statement/lavrov-hope", "statement/" + confided, "tally/sohr-aleppo-civilians",
	} {
		ref, err := domain.ParseRef(s)
		if err != nil {
			t.Fatal(err)
		}
		now := b.point(t, p, Clock{})
		now.Reader.All = true
		h, err := p.History(t.Context(), ref, now, Paging{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n", s)
		for _, i := range h.Items {
			used[i.Command] = true
			fmt.Fprintf(&out, "  %s%s\n", i.Sentence, marks(i))
		}
	}
	for _, verb := range eventstore.Verbs() {
		if !used[verb] {
			t.Errorf("no history here tells a %s", verb)
		}
	}
	golden(t, "testdata/sentences.txt", out.String())
}

func marks(i HistoryItem) (text string) {
	if i.CorrectedBy != 0 {
		text += " <corrected>"
	}
	if i.RetractedBy != 0 {
		text += " <retracted>"
	}
	if len(i.Flags) > 0 {
		text += fmt.Sprint(" ", i.Flags)
	}
	return text
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test -update writes it anew. Got:\n%s", path, got)
	}
}
