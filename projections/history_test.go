package projections

import (
	"fmt"
	"testing"

	"truceledger/domain"
)

// A correction that was corrected, or that a newer one of the same entry replaced, says by which entry.
func TestACorrectedCorrectionSaysSo(t *testing.T) {
	b := newBook(t)
	b.do(t, `{"command":"register-actor","actor":"msf","name":"MSF","kind":"organisation"}`)
	first := b.do(t, `{"command":"violate","incident":"i","by":"msf","at":"2016-05-02T10:00:00Z"}`)
	correct := func(n uint64) uint64 {
		return b.do(t, `{"command":"correct","record":"incident/i","sequence":%d,"reason":"r","replacement":{"command":"violate","by":"msf","at":"2016-05-02T11:00:00Z"}}`, n)
	}
	second := correct(first)
	third := correct(second)
	p := b.started(t, t.TempDir())
	told := func(c Clock) (got []string) {
		h, err := p.History(t.Context(), domain.Ref{Kind: domain.KindIncident, ID: "i"}, b.point(t, p, c), Paging{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range h.Items {
			got = append(got, fmt.Sprintf("%d corrects %d by %d", x.Sequence-first, max(x.Corrects, first)-first, max(x.CorrectedBy, first)-first))
		}
		return got
	}
	if got, want := fmt.Sprint(told(Clock{})), "[0 corrects 0 by 2 1 corrects 0 by 2 2 corrects 0 by 0]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(told(Clock{AsOfSequence: &second})), "[0 corrects 0 by 1 1 corrects 0 by 0]"; got != want {
		t.Errorf("before the second: got %s, want %s", got, want)
	}
	b.do(t, `{"command":"retract","record":"incident/i","sequence":%d,"reason":"r"}`, third)
	if got, want := fmt.Sprint(told(Clock{})[:2]), "[0 corrects 0 by 1 1 corrects 0 by 0]"; got != want {
		t.Errorf("taken back: got %s, want %s", got, want)
	}
}
