package projections

import (
	"fmt"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
)

// What is not found at the question's clocks says which of them hides it, or what took it back.
func TestWhatIsNotFoundSaysWhy(t *testing.T) {
	b := newBook(t)
	b.clock.Set(at("2016-05-12T00:00:00Z"))
	for _, id := range []string{"north", "south"} {
		b.do(t, `{"command":"register-actor","actor":"%s","name":"%s","kind":"armed_group"}`, id, id)
	}
	b.do(t, `{"command":"register-source","source":"paper","title":"P","published":"2016-05-09T12:00:00Z"}`)
	propose := func(id, more string) uint64 {
		return b.do(t, `{"command":"propose","ceasefire":"%s","by":"north","parties":["north","south"],"occurred":"2016-05-05T08:00:00Z"%s}`, id, more)
	}
	mill := propose("mill", `,"sources":[{"source":"paper"}]`)
	kite := propose("kite", "")
	propose("lake", "")
	b.clock.Set(at("2016-05-13T00:00:00Z"))
	taken := b.do(t, `{"command":"retract","record":"ceasefire/kite","sequence":%d,"reason":"twice"}`, kite)
	p := b.started(t, t.TempDir())
	early, long := at("2016-05-01T00:00:00Z"), at("2016-05-12T12:00:00Z")
	const begins = " is not on the record as asked: "
	begun := fmt.Sprintf("entry %d, which begins it, was recorded at 2016-05-12T00:00:00Z, after ", mill)
	published := "its first source had published it by 2016-05-09T12:00:00Z, after reported_by 2016-05-01T00:00:00Z"
	place := "it counts from 2016-05-05T08:00:00Z, after effective_at 2016-05-01T00:00:00Z"
	for _, x := range []struct {
		id   string
		c    Clock
		want string
	}{
		{"none", Clock{}, "ceasefire/none is not on the record"},
		{"none", Clock{KnownAt: &early}, "ceasefire/none is not on the record"},
		{"mill", Clock{KnownAt: &early}, "ceasefire/mill" + begins + begun + "known_at 2016-05-01T00:00:00Z"},
		{"mill", Clock{AsOfSequence: ptr(mill - 1)}, fmt.Sprintf("ceasefire/mill%s%sas_of_sequence %d", begins, begun, mill-1)},
		{"mill", Clock{ReportedBy: &early}, "ceasefire/mill" + begins + published},
		{"lake", Clock{ReportedBy: &early}, "ceasefire/lake" + begins + "no source says when it was published, so that it was when it was recorded, at 2016-05-12T00:00:00Z, after reported_by 2016-05-01T00:00:00Z"},
		{"mill", Clock{Effective: &early}, "ceasefire/mill" + begins + place},
		{"mill", Clock{Effective: &early, ReportedBy: &early}, "ceasefire/mill" + begins + published + "; and " + place},
		{"kite", Clock{}, fmt.Sprintf("ceasefire/kite%sentry %d, which began it, is taken back by entry %d; the record's history tells both", begins, kite, taken)},
		{"kite", Clock{Effective: &early, KnownAt: &long}, "ceasefire/kite" + begins + place},
	} {
		point := b.point(t, p, x.c)
		_, err := p.Ceasefire(t.Context(), x.id, point)
		if err == nil || err.Error() != x.want {
			t.Errorf("%s at %+v:\ngot  %v\nwant %s", x.id, x.c, err, x.want)
		}
		if _, _, raw := p.CeasefireJSON(t.Context(), x.id, point); raw == nil || raw.Error() != x.want {
			t.Errorf("in JSON: %s at %+v:\ngot  %v\nwant %s", x.id, x.c, raw, x.want)
		}
	}
	_, err := p.History(t.Context(), domain.Ref{Kind: domain.KindCeasefire, ID: "mill"}, b.point(t, p, Clock{KnownAt: &early}), Paging{})
	if want := "ceasefire/mill" + begins + begun + "known_at 2016-05-01T00:00:00Z"; err == nil || err.Error() != want {
		t.Errorf("history: got %v, want %s", err, want)
	}
}

// A restricted record that the reader may not know of is answered for like one that never was, whatever the clocks.
func TestWhatIsHiddenFromTheReaderSaysNothing(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"north","name":"N","kind":"armed_group"}`)
	c, err := eventstore.DecodeCommand("", []byte(`{"command":"propose","by":"north","parties":["north"],"restricted_to":["north"],"occurred":"2016-05-05T08:00:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Execute(t.Context(), eventstore.Request{Command: c, Principal: "desk"})
	if err != nil {
		t.Fatal(err)
	}
	draft := r.Entry.Ref
	p := b.started(t, t.TempDir())
	early, unknown := at("2016-05-01T00:00:00Z"), draft.String()+" is not on the record"
	for _, c := range []Clock{{}, {Effective: &early}, {KnownAt: &early}, {ReportedBy: &early}} {
		point := b.point(t, p, c)
		ask := func(id string, reader domain.Reader) string {
			point.Reader = reader
			_, err := p.Ceasefire(t.Context(), id, point)
			if err == nil {
				return ""
			}
			return err.Error()
		}
		public := domain.Reader{}
		if got := ask(draft.ID, public); got != unknown {
			t.Errorf("at %+v the public learns %q", c, got)
		}
		if got := ask(draft.ID, domain.Reader{All: true}); got == unknown {
			t.Errorf("at %+v who may know of it is not told why: %q", c, got)
		}
	}
}
