package projections

import (
	"fmt"
	"testing"
)

// aleppo puts the core of the record of April and May 2016 into a book, and returns the sequences of some entries.
func aleppo(t testing.TB, b *book) map[string]uint64 {
	t.Helper()
	n := map[string]uint64{}
	for id, name := range map[string]string{
		"united-states": "United States", "russia": "Russia", "syrian-government": "Syrian government",
		"syrian-opposition": "Syrian opposition", "free-syrian-army": "Free Syrian Army", "nusra-front": "Nusra Front",
		"islamic-state": "Islamic State", "ap-senior-sources": "senior sources of AP", "msf": "MSF", "geneva-centre": "Geneva centre",
	} {
		b.do(t, `{"command":"register-actor","actor":%q,"name":%q,"kind":"organisation"}`, id, name)
	}
	b.do(t, `{"command":"register-place","place":"syria","name":"Syria"}`)
	b.do(t, `{"command":"register-place","place":"aleppo","name":"Aleppo","parent":"syria"}`)
	b.do(t, `{"command":"register-place","place":"al-zahra","name":"Al-Zahra","parent":"aleppo"}`)
	b.do(t, `{"command":"register-place","place":"ghouta","name":"Eastern Ghouta","parent":"syria"}`)
	b.do(t, `{"command":"register-place","place":"moscow","name":"Moscow"}`)
	for id, day := range map[string]string{"s0": "2016-05-09", "s1": "2016-05-04", "s2": "2016-05-01", "s3": "2016-05-10", "s4": "2016-05-03", "tass": "2016-05-06"} {
		b.do(t, `{"command":"register-source","source":%q,"title":"Report %s","publisher":"Agency %s","published":{"at":%q,"zone":"UTC"}}`, id, id, id, day)
	}
	n["sohr"] = b.do(t, `{"command":"register-source","source":"sohr","title":"Syrian Observatory for Human Rights"}`)
	n["propose cessation"] = b.do(t, `{"command":"propose","ceasefire":"syria-cessation","by":"united-states","title":"Cessation of hostilities","class":"cessation_of_hostilities",
		"area":["syria"],"guarantors":["united-states","russia"],"parties":["syrian-government","syrian-opposition","free-syrian-army"],"monitors":["geneva-centre"],
		"excluded":["islamic-state","nusra-front"],"from":{"at":"2016-02","zone":"Asia/Damascus","phrase":"late February"},"occurred":{"at":"2016-02","zone":"Asia/Damascus"},
		"obligations":[{"obligation":"stop-attacks","obligor":"syrian-government","text":"Stop all attacks"}]}`)
	for _, party := range []string{"syrian-government", "syrian-opposition", "free-syrian-army"} {
		b.do(t, `{"command":"agree","ceasefire":"syria-cessation","by":%q,"occurred":{"at":"2016-02","zone":"Asia/Damascus"}}`, party)
	}
	n["correct"] = b.do(t, `{"command":"correct","record":"ceasefire/syria-cessation","sequence":%d,"reason":"the day was missing","replacement":{"command":"propose","by":"united-states","title":"Cessation of hostilities","class":"cessation_of_hostilities",
		"area":["syria"],"guarantors":["united-states","russia"],"parties":["syrian-government","syrian-opposition","free-syrian-army"],"monitors":["geneva-centre"],
		"excluded":["islamic-state","nusra-front"],"from":{"at":"2016-02-27T00:00","zone":"Asia/Damascus"},
		"obligations":[{"obligation":"stop-attacks","obligor":"syrian-government","text":"Stop all attacks"}]}}`, n["propose cessation"])
	silence(t, b, "ghouta-silence", "ghouta", `"from":{"at":"2016-04-30T01:00","zone":"Asia/Damascus"},"lasting":"PT24H","occurred":{"at":"2016-04-29","zone":"Asia/Damascus"},"sources":[{"source":"s2"}]`, "2016-04-29")
	b.do(t, `{"command":"extend","ceasefire":"ghouta-silence","by":"russia","until":{"at":"2016-05-02","zone":"Asia/Damascus","phrase":"into Monday"},"occurred":{"at":"2016-05-01","zone":"Asia/Damascus"},"sources":[{"source":"s2"}]}`)
	n["plan"] = silence(t, b, "aleppo-plan-3-may", "aleppo", `"from":{"at":"2016-05-03","zone":"Asia/Damascus"},"lasting":"PT24H","planned_extensions":["P2D"],"occurred":{"at":"2016-05-02","zone":"Asia/Damascus"}`, "2016-05-02")
	n["violate"] = b.do(t, `{"command":"violate","incident":"nusra-attacks","by":"russia","ceasefires":["syria-cessation"],"at":{"at":"2016-05-03","zone":"Asia/Damascus"},"place":"al-zahra","type":"attack","accused":["nusra-front"],
		"casualties":[{"outcome":"killed","unit":"civilians","qualifier":"at_least","best":5}],"sources":[{"source":"s1","modality":"quotes","quote":"mass destruction"}]}`)
	b.do(t, `{"command":"thwart","ceasefire":"aleppo-plan-3-may","reason":"attacks by the Nusra Front","incidents":["nusra-attacks"],"occurred":{"at":"2016-05-03","zone":"Asia/Damascus"},"sources":[{"source":"s1"}]}`)
	aleppoSilence(t, b, n)
	for i, best := range []int{250, 290} {
		day, source, qualifier := []string{"2016-05-01", "2016-05-08"}[i], []string{"s2", "s0"}[i], []string{"nearly", "exact"}[i]
		b.do(t, `{"command":"record-tally","tally":"sohr-aleppo-civilians","source":"sohr","area":"aleppo","unit":"civilians","qualifier":%q,"best":%d,"about":["ceasefire/syria-cessation"],
			"period":{"from":{"at":"2016-04-22","zone":"Asia/Damascus"}},"as_of":{"at":%q,"zone":"Asia/Damascus"},"sources":[{"source":%q}]}`, qualifier, best, day, source)
	}
	n["statement"] = b.do(t, `{"command":"record-statement","statement":"lavrov-hope","by":"russia","statement_kind":"hope","about":["ceasefire/aleppo-silence"],"text":"In the coming hours","occurred":{"at":"2016-05-03","zone":"Europe/Moscow"},"sources":[{"source":"s4","modality":"hopes"}]}`)
	b.do(t, `{"command":"open-talks","talks":"geneva","track":"Intra-Syrian talks","participants":["syrian-government","syrian-opposition"],"status":"collapsed","about":["ceasefire/syria-cessation"],"sources":[{"source":"s0"}],"occurred":{"at":"2016-04","zone":"UTC"}}`)
	n["reserve"] = b.do(t, `{"command":"reserve-right","talks":"geneva","by":"free-syrian-army","right":"to leave the talks and to respond to any attack","condition":"the truce is not implemented in full","occurred":{"at":"2016-05-02","zone":"Asia/Damascus"},"sources":[{"source":"s4"}]}`)
	b.do(t, `{"command":"widen-area","ceasefire":"syria-cessation","area":"aleppo","occurred":{"at":"2016-05-04","zone":"Asia/Damascus"},"sources":[{"source":"s1"}]}`)
	return n
}

// silence proposes a child of the cessation, agreed by its guarantors on a day.
func silence(t testing.TB, b *book, id, place, terms, day string) uint64 {
	t.Helper()
	n := b.do(t, `{"command":"propose","ceasefire":%q,"by":"russia","title":%q,"class":"silence_regime","area":[%q],"parent":"syria-cessation",
		"parties":["syrian-government","syrian-opposition"],"guarantors":["united-states","russia"],"consent":["united-states","russia"],%s}`, id, id, place, terms)
	for _, g := range []string{"united-states", "russia"} {
		b.do(t, `{"command":"agree","ceasefire":%q,"by":%q,"occurred":{"at":%q,"zone":"Asia/Damascus"}}`, id, g, day)
	}
	return n
}

func aleppoSilence(t testing.TB, b *book, n map[string]uint64) {
	t.Helper()
	n["propose"] = b.do(t, `{"command":"propose","ceasefire":"aleppo-silence","by":"russia","title":"Regime of silence in Aleppo","class":"silence_regime","area":["aleppo"],"parent":"syria-cessation",
		"parties":["syrian-government","syrian-opposition"],"guarantors":["united-states","russia"],"consent":["united-states","russia"],"occurred":{"at":"2016-05-01","zone":"Asia/Damascus"},"sources":[{"source":"s2"}]}`)
	for _, g := range []string{"united-states", "russia"} {
		b.do(t, `{"command":"agree","ceasefire":"aleppo-silence","by":%q,"occurred":{"at":"2016-05-03T18:00/2016-05-04T00:00","zone":"Asia/Damascus"},"sources":[{"source":"s1"}]}`, g)
	}
	b.do(t, `{"command":"enter-into-force","ceasefire":"aleppo-silence","by":"russia","from":{"at":"2016-05-05T01:00","zone":"Asia/Damascus"},"lasting":"PT48H","occurred":{"at":"2016-05-04","zone":"Asia/Damascus"},"sources":[{"source":"s1"}]}`)
	n["extend"] = b.do(t, `{"command":"extend","ceasefire":"aleppo-silence","by":"russia","from":{"at":"2016-05-07T00:01","zone":"Asia/Damascus"},"lasting":"PT72H","occurred":{"at":"2016-05-06","zone":"Asia/Damascus"},"sources":[{"source":"tass"}]}`)
	b.do(t, `{"command":"reaffirm","ceasefire":"aleppo-silence","by":"russia","occurred":{"at":"2016-05-09","zone":"Asia/Damascus"},"sources":[{"source":"s3"}]}`)
	n["attest"] = b.do(t, `{"command":"attest","ceasefire":"aleppo-silence","by":"united-states","from":{"at":"2016-05-04T00:01","zone":"Asia/Damascus"},"occurred":{"at":"2016-05-04","zone":"Asia/Damascus"},"sources":[{"source":"s1"}]}`)
	b.do(t, `{"command":"attest","ceasefire":"aleppo-silence","by":"ap-senior-sources","from":{"at":"2016-05-04T00:00","zone":"Europe/Moscow"},"occurred":{"at":"2016-05-04","zone":"Asia/Damascus"},"sources":[{"source":"s1"}]}`)
}

func TestAleppoAnswers(t *testing.T) {
	b := newBook(t)
	n := aleppo(t, b)
	p := b.started(t, t.TempDir())
	before := n["correct"] - 1
	for _, x := range []struct {
		id, effective, reported string
		asOf                    *uint64
		want                    string // status, contested, until in UTC
	}{
		{"aleppo-silence", "2016-05-04T12:00:00+03:00", "", nil, "scheduled true 2016-05-06T22:00:00Z"},
		{"aleppo-silence", "2016-05-06T12:00:00+03:00", "", nil, "in_force false 2016-05-09T21:01:00Z"},
		{"aleppo-silence", "2016-05-06T12:00:00+03:00", "2016-05-06T00:00:00Z", nil, "in_force false 2016-05-06T22:00:00Z"},
		{"aleppo-silence", "2016-05-09T21:00:59Z", "", nil, "in_force false 2016-05-09T21:01:00Z"},
		{"aleppo-silence", "2016-05-09T21:01:00Z", "", nil, "lapsed false 2016-05-09T21:01:00Z"},
		{"aleppo-silence", "2016-05-06T12:00:00+03:00", "2016-05-02T00:00:00Z", nil, "proposed false -"},
		{"ghouta-silence", "2016-05-01T12:00:00+03:00", "", nil, "in_force false 2016-05-02T21:00:00Z"},
		{"ghouta-silence", "2016-05-02T12:00:00+03:00", "", nil, "indeterminate[in_force lapsed] false 2016-05-02T21:00:00Z"},
		{"ghouta-silence", "2016-05-03T00:30:00+03:00", "", nil, "lapsed false 2016-05-02T21:00:00Z"},
		{"aleppo-plan-3-may", "2016-05-03T12:00:00+03:00", "", nil, "thwarted false 2016-05-04T21:00:00Z"},
		{"syria-cessation", "2016-02-20T12:00:00Z", "", nil, "scheduled false -"},
		{"syria-cessation", "2016-02-20T12:00:00Z", "", &before, "indeterminate[scheduled in_force] false -"},
		{"syria-cessation", "2016-05-10T12:00:00Z", "", nil, "in_force false -"},
	} {
		c := clockAt(x.effective, "", x.reported)
		c.AsOfSequence = x.asOf
		v, err := p.Ceasefire(t.Context(), x.id, b.point(t, p, c))
		if err != nil {
			t.Errorf("%s at %s: %v", x.id, x.effective, err)
			continue
		}
		if got := brief(v); got != x.want {
			t.Errorf("%s at %s, reported by %q: got %s, want %s", x.id, x.effective, x.reported, got, x.want)
		}
	}
}

func brief(v CeasefireView) string {
	status, until := v.Status, "-"
	if len(v.CouldBe) > 0 {
		status += fmt.Sprint(v.CouldBe)
	}
	if v.Until != nil {
		until = v.Until.Latest.Format("2006-01-02T15:04:05Z07:00")
	}
	return fmt.Sprintf("%s %t %s", status, v.Contested, until)
}
