package projections

import (
	"strings"
	"testing"

	"truceledger/domain"
)

// What a source says of talks is told in its own words: neither bent into "if", nor with a full stop in mid-sentence, nor
// with a capital letter there.
func TestTalksAreToldInTheirOwnWords(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"hnc","name":"HNC","kind":"coalition"}`)
	b.do(t, `{"command":"open-talks","talks":"geneva","by":"hnc","track":"Intra-Syrian talks.","occurred":"2016-04-01T00:00Z"}`)
	b.do(t, `{"command":"record-talks-status","talks":"geneva","by":"hnc","characterisation":"Stalled over Aleppo.","condition":"An end to all attacks on Aleppo.","occurred":"2016-04-02T00:00Z"}`)
	b.do(t, `{"command":"reserve-right","talks":"geneva","by":"hnc","right":"To leave the talks over Aleppo.","condition":"UN to confirm","occurred":"2016-04-03T00:00Z"}`)
	b.do(t, `{"command":"reserve-right","talks":"geneva","by":"hnc","right":"to wait...","occurred":"2016-04-04T00:00Z"}`)
	p := b.started(t, t.TempDir())
	h, err := p.History(t.Context(), domain.Ref{Kind: domain.KindTalks, ID: "geneva"}, b.point(t, p, Clock{}), Paging{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"A record of the talks “Intra-Syrian talks” was opened",
		"HNC said of the talks: “Stalled over Aleppo” at 2 April 2016 00:00 UTC — condition: An end to all attacks on Aleppo.",
		"HNC reserved the right “To leave the talks over Aleppo” at 3 April 2016 00:00 UTC — condition: UN to confirm; nobody has left.",
		"HNC reserved the right to wait... at 4 April",
	} {
		if got := h.Items[i].Sentence; !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
