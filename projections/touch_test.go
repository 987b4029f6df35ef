package projections

import (
	"slices"
	"strings"
	"testing"

	"truceledger/domain"
)

// A sequence may hold any byte, that of a slash too (47, 303, 559, 12032...), and is never taken for a record's name, nor
// the name of a record that is as long as a sequence (talks/ab) for a sequence.
func TestHistoryAtEverySequence(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"msf","name":"MSF","kind":"organisation"}`)
	b.do(t, `{"command":"register-place","place":"town","name":"Town"}`)
	proposed := b.do(t, `{"command":"propose","ceasefire":"c","by":"msf","class":"local_truce","area":["town"],"parties":["msf"],"occurred":"2016-01-01T00:00:00Z"}`)
	b.do(t, `{"command":"open-talks","talks":"ab","by":"msf","about":["ceasefire/c"],"occurred":"2016-01-01T00:00:00Z"}`)
	want := map[string][]uint64{}
	records := []string{"i", "j", "k"}
	for i := range 640 {
		id, verb := records[i%3], "corroborate"
		if i < 3 {
			verb = "violate"
		}
		var n uint64
		if verb == "violate" {
			n = b.do(t, `{"command":"violate","incident":%q,"by":"msf","at":"2016-01-02T00:00:00Z","ceasefires":["c"]}`, id)
		} else {
			n = b.do(t, `{"command":"corroborate","incident":%q,"by":"msf","occurred":"2016-01-03T00:00:00Z"}`, id)
		}
		want["incident/"+id] = append(want["incident/"+id], n)
		want["ceasefire/c"] = append(want["ceasefire/c"], n)
	}
	last := b.do(t, `{"command":"record-talks-status","talks":"ab","by":"msf","status":"under_way","occurred":"2016-01-03T00:00:00Z"}`)
	want["ceasefire/c"] = append([]uint64{proposed, proposed + 1}, append(want["ceasefire/c"], last)...)
	p := b.started(t, t.TempDir())
	for name, sequences := range want {
		ref, err := domain.ParseRef(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for page := (Paging{Limit: 7}); ; {
			h, err := p.History(t.Context(), ref, b.point(t, p, Clock{}), page)
			if err != nil {
				t.Fatalf("history of %s after %d: %v", name, len(got), err)
			}
			for _, item := range h.Items {
				got = append(got, item.Sequence)
			}
			if page.Cursor = h.NextCursor; page.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, sequences) {
			t.Errorf("%s: got %v, want %v", name, got, sequences)
		}
	}
}

func TestTouchesAreReadBack(t *testing.T) {
	for n := uint64(1); n < 1<<20; n += 3 {
		if got := readTouch(appendOwn(nil, n+1, n)); got != (touch{since: n + 1, before: n}) {
			t.Fatalf("%d: got %+v", n, got)
		}
		if got := readTouch(touchValue(n, "talks/ab")); got != (touch{since: n, own: "talks/ab"}) {
			t.Fatalf("%d: got %+v", n, got)
		}
	}
	for _, junk := range []string{"", "12345678", strings.Repeat("\x00", 17)} {
		if got := readTouch([]byte(junk)); got != (touch{}) {
			t.Errorf("%q: got %+v", junk, got)
		}
	}
}

// A zero byte in a text, as an old log may hold it, neither hides a record from a filter nor joins two rows of counts.
func TestZeroBytesInTexts(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"msf","name":"MSF","kind":"organisation"}`)
	for i, kind := range []string{"aZEROa:0", "b", "zzZEROb:msf"} {
		b.do(t, `{"command":"violate","incident":"i%d","by":"msf","at":"2016-01-02T00:00:00Z","type":"`+kind+`"}`, i)
	}
	b.reword(t, "ZERO", `\u0000`)
	p := b.started(t, t.TempDir())
	now := b.point(t, p, Clock{})
	for kind, id := range map[string]string{"a\x00a:0": "i0", "b": "i1", "zz\x00b:msf": "i2"} {
		got, err := p.Incidents(t.Context(), IncidentFilter{Type: kind, By: "msf"}, now, Paging{})
		if err != nil || len(got.Items) != 1 || got.Items[0].ID != id {
			t.Errorf("%q: got %s, %v, want %s", kind, show(got.Items), err, id)
		}
	}
}
