package projections

import (
	"fmt"
	"strings"
	"testing"

	"truceledger/domain"
)

// A correction is told by what differs, what fell away first of all: nobody notices two injured who are not repeated.
func TestACorrectionTellsWhatDiffers(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"river","name":"River","kind":"armed_group"}`)
	b.do(t, `{"command":"register-actor","actor":"hill","name":"Hill","kind":"armed_group"}`)
	b.do(t, `{"command":"register-place","place":"ford","name":"The Ford"}`)
	root := b.do(t, `{"command":"violate","incident":"i","by":"river","place":"ford","type":"small_arms","accused":["hill"],"at":{"at":"2016-05-02T21:30","zone":"Asia/Damascus","phrase":"at night"},"casualties":[{"unit":"people","outcome":"injured","best":2}]}`)
	correct := func(by string, replacement string) {
		t.Helper()
		b.do(t, `{"command":"correct","record":"incident/i","by":"%s","sequence":%d,"reason":"r","replacement":{"command":"violate",%s}}`, by, root, replacement)
	}
	const same = `"by":"river","place":"ford","type":"small_arms"`
	correct("hill", same+`,"accused":["hill"],"at":{"at":"2016-05-02T22:30","zone":"Asia/Damascus"}`)
	correct("river", same+`,"accused":["river","hill"],"weapon":"a rifle","at":{"at":"2016-05-02T22:30","zone":"Asia/Damascus"}`)
	correct("river", same+`,"accused":["river","hill"],"weapon":"a rifle","at":{"at":"2016-05-02T22:30","zone":"Asia/Damascus"}`)
	p := b.started(t, t.TempDir())
	said := func(c Clock) (list []string) {
		h, err := p.History(t.Context(), domain.Ref{Kind: domain.KindIncident, ID: "i"}, b.point(t, p, c), Paging{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range h.Items {
			list = append(list, x.Sentence)
		}
		return list[len(list)-min(3, len(list)):]
	}
	want := []string{
		fmt.Sprintf("Hill corrected entry %d of River: r; at: was 2 May 2016 21:30 Asia/Damascus (“at night”), now 2 May 2016 22:30 Asia/Damascus; casualties: dropped, was 2 people injured.", root),
		fmt.Sprintf("River corrected entry %d: r; weapon: added, “a rifle”; accused: was Hill, now River and Hill.", root),
		fmt.Sprintf("River corrected entry %d: r; it reads as it did.", root),
	}
	for i, got := range said(Clock{}) {
		if got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	}
}

// Where the clocks keep the correction and not what it corrects, there is nothing to differ from: the whole is told.
func TestACorrectionAloneTellsTheWhole(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-source","source":"early","title":"E","published":"2016-05-03"}`)
	b.do(t, `{"command":"register-source","source":"late","title":"L","published":"2016-05-09"}`)
	root := b.do(t, `{"command":"violate","incident":"i","type":"clash","at":"2016-05-02T10:00:00Z","sources":[{"source":"late"}]}`)
	b.do(t, `{"command":"correct","record":"incident/i","sequence":%d,"reason":"r","sources":[{"source":"early"}],"replacement":{"command":"violate","type":"shelling","at":"2016-05-02T10:00:00Z","sources":[{"source":"early"}]}}`, root)
	p := b.started(t, t.TempDir())
	reported := at("2016-05-05T00:00:00Z")
	h, err := p.History(t.Context(), domain.Ref{Kind: domain.KindIncident, ID: "i"}, b.point(t, p, Clock{ReportedBy: &reported}), Paging{})
	if err != nil || len(h.Items) != 1 || !strings.Contains(h.Items[0].Sentence, "it is to be read: An incident (shelling) was alleged") {
		t.Fatalf("got %+v %v, want the whole of what is to be read", h.Items, err)
	}
}
