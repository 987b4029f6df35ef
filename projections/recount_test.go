package projections

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A naive ceasefire is recounted from the script alone, without any of the domain: hours since a day, exact bounds.
type naive struct {
	agreed    [2]int // when each party agreed, -1 for not
	spans     [][2]int
	suspended [][2]int
	ended     int // when it was terminated, -1 for not
}

// statusAt is the status at an hour, by the sentences of the contract.
func (n naive) statusAt(h int) string {
	last := max(n.agreed[0], n.agreed[1])
	switch {
	case h < 0:
		return "not found"
	case n.agreed[0] < 0 || n.agreed[1] < 0 || h < last:
		return "proposed"
	case n.ended >= 0 && h >= n.ended:
		return "terminated"
	}
	started, over := false, true
	for _, s := range n.spans {
		started = started || h >= s[0]
		over = over && h >= s[1]
		if h >= s[0] && h < s[1] {
			for _, x := range n.suspended {
				if h >= x[0] && (x[1] < 0 || h < x[1]) {
					return "suspended"
				}
			}
			return "in_force"
		}
	}
	if !started {
		return "scheduled"
	}
	return "lapsed"
}

var zero = at("2016-05-01T00:00:00Z")

func hour(h int) string { return zero.Add(time.Duration(h) * time.Hour).Format(time.RFC3339) }

// The status at any hour and as of any entry equals a naive recount of the acts recorded by then. An act that lies ahead of
// the hour needs no leaving out: it comes before the end that it moves, and changes nothing before its own hour.
func TestStatusEqualsANaiveRecount(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"north","name":"North","kind":"state"}`)
	b.do(t, `{"command":"register-actor","actor":"south","name":"South","kind":"state"}`)
	p := b.started(t, t.TempDir())
	scripts := 0
	rapid.Check(t, func(r *rapid.T) {
		scripts++
		id := fmt.Sprintf("truce-%d", scripts)
		from := rapid.IntRange(1, 60).Draw(r, "from")
		n := naive{agreed: [2]int{-1, -1}, ended: -1, spans: [][2]int{{from, from + rapid.IntRange(5, 50).Draw(r, "hours")}}}
		type moment struct {
			sequence uint64
			naive    naive
		}
		var moments []moment
		note := func(sequence uint64) {
			c := n
			c.spans, c.suspended = append([][2]int(nil), n.spans...), append([][2]int(nil), n.suspended...)
			moments = append(moments, moment{sequence, c})
		}
		note(b.do(t, `{"command":"propose","ceasefire":%q,"by":"north","parties":["north","south"],"from":%q,"until":%q,"occurred":%q}`, id, hour(from), hour(n.spans[0][1]), hour(0)))
		now := 0
		for range rapid.IntRange(0, 8).Draw(r, "acts") {
			now += rapid.IntRange(1, 12).Draw(r, "later")
			who := rapid.IntRange(0, 1).Draw(r, "who")
			by, end := []string{"north", "south"}[who], &n.spans[len(n.spans)-1]
			var sequence uint64
			var err error
			switch rapid.SampledFrom([]string{"agree", "agree", "extend", "suspend", "resume", "terminate"}).Draw(r, "act") {
			case "agree":
				if sequence, err = b.try(t, `{"command":"agree","ceasefire":%q,"by":%q,"occurred":%q}`, id, by, hour(now)); err == nil {
					n.agreed[who] = now
				}
			case "extend":
				until := end[1] + 7
				if sequence, err = b.try(t, `{"command":"extend","ceasefire":%q,"by":%q,"until":%q,"occurred":%q}`, id, by, hour(until), hour(now)); err == nil {
					end[1] = until
				}
			case "suspend":
				if sequence, err = b.try(t, `{"command":"suspend","ceasefire":%q,"by":%q,"occurred":%q}`, id, by, hour(now)); err == nil {
					n.suspended = append(n.suspended, [2]int{now, -1})
				}
			case "resume":
				if sequence, err = b.try(t, `{"command":"resume","ceasefire":%q,"by":%q,"occurred":%q}`, id, by, hour(now)); err == nil {
					n.suspended[len(n.suspended)-1][1] = now
				}
			case "terminate":
				if sequence, err = b.try(t, `{"command":"terminate","ceasefire":%q,"by":%q,"occurred":%q}`, id, by, hour(now)); err == nil {
					n.ended = now
				}
			}
			if err == nil {
				note(sequence)
			}
		}
		b.await(t, p)
		m := rapid.SampledFrom(moments).Draw(r, "as of")
		for h := -1; h < 140; h += 3 {
			effective := zero.Add(time.Duration(h) * time.Hour)
			at, err := p.Resolve(t.Context(), Clock{Effective: &effective, AsOfSequence: &m.sequence})
			if err != nil {
				r.Fatal(err)
			}
			got := "not found"
			if v, err := p.Ceasefire(t.Context(), id, at); err == nil {
				got = v.Status
			}
			if want := m.naive.statusAt(h); got != want {
				r.Fatalf("%s as of %d at hour %d: got %s, want %s: %+v", id, m.sequence, h, got, want, m.naive)
			}
		}
	})
}
