package eventstore_test

import (
	"bytes"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/logtest"
)

// Deciding again must not write into what was read: the entry would then be compared with itself.
func TestDecidingAgainLeavesTheEntryAsItWasRead(t *testing.T) {
	payloads := story(t)
	err := logtest.Decide(t.Context(), payloads, 0, func(e eventstore.Entry, err error) error {
		again, failed := eventstore.Encode(e)
		if failed != nil || !bytes.Equal(again, payloads[e.Sequence-1]) {
			t.Errorf("entry %d was changed:\n%s\nis now\n%s (%v)", e.Sequence, payloads[e.Sequence-1], again, failed)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Whether a record exists is most often known from the headings: that must be what its entries say, at every place of the log.
func TestWhatTheHeadingsSayOfOtherRecordsIsWhatTheirEntriesSay(t *testing.T) {
	l, log := onTheTable(t)
	for _, body := range []string{
		`{"command":"register-source","source":"wire","title":"Wire"}`,
		`{"command":"register-source","source":"press","title":"Press"}`,
		`{"command":"retract","record":"source/press","sequence":7,"reason":"no such source"}`,
		`{"command":"correct","record":"source/wire","sequence":6,"reason":"its title","replacement":{"command":"register-source","source":"wire","title":"The wire"}}`,
		northAgrees,
	} {
		must(t, l, body)
	}
	var payloads [][]byte
	refs := map[domain.Ref]bool{{Kind: domain.KindSource, ID: "nobody"}: true}
	for m, err := range log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, m.Payload)
		refs[eventstore.SubjectRef(m.Subject)] = true
	}
	r, _, err := logtest.Meet(payloads, 0)
	if err != nil {
		t.Fatal(err)
	}
	quickly := 0
	for ref := range refs {
		for readTo := range uint64(len(payloads) + 1) {
			known, quick, slow, err := eventstore.ExistsBothWays(r, ref, readTo)
			if err != nil || known && quick != slow {
				t.Errorf("%s at %d: the heading says %t, its entries %t (%v)", ref, readTo, quick, slow, err)
			}
			if known {
				quickly++
			}
		}
	}
	if quickly == 0 {
		t.Error("nothing is known from the headings")
	}
}
