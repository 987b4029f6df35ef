package eventstore

import (
	"bytes"
	"reflect"
	"testing"

	"truceledger/domain"
)

// What the heading says without reading the rest is what the whole entry says.
func sameHeading(t *testing.T, r *Replay, raw []byte) (quick bool) {
	h, quick := r.quickHeading(raw)
	e, err := ReadPayload(1<<60, raw)
	if err != nil || !quick {
		return quick // what cannot be read in full is found where it is
	}
	if want := r.headingOf(e); !reflect.DeepEqual(h, want) {
		t.Fatalf("%s\nits heading says\n%+v\nand the whole of it\n%+v", raw, h, want)
	}
	return quick
}

func TestAHeadingSaysWhatTheWholeEntrySays(t *testing.T) {
	r := NewReplay(nil, 0)
	for _, raw := range samples(t) {
		if !sameHeading(t, r, raw) {
			t.Errorf("%s\nis read in full for its heading", raw)
		}
		for name, other := range map[string][]byte{
			"white space":   bytes.Replace(raw, []byte(`"data":`), []byte(`"data": `), 1),
			"another order": bytes.Replace(raw, []byte(`"version_before":2,"read_to":3`), []byte(`"read_to":3,"version_before":2`), 1),
			"an escape":     bytes.Replace(raw, []byte(`"subject":"`), []byte(`"subject":"\u0061`), 1),
		} {
			if !bytes.Equal(raw, other) && sameHeading(t, r, other) {
				t.Errorf("%s: taken by the short cut", name)
			}
		}
	}
}

func FuzzHeadings(f *testing.F) {
	for _, raw := range samples(f) {
		f.Add(raw)
	}
	r := NewReplay(nil, 0)
	f.Fuzz(func(t *testing.T, raw []byte) { sameHeading(t, r, raw) })
}

// ExistsBothWays returns whether a record exists as the headings say, where they do, and as its entries do.
func ExistsBothWays(r *Replay, ref domain.Ref, readTo uint64) (known, quick, slow bool, err error) {
	quick, known = r.begun(ref, readTo)
	record, err := r.record(ref, readTo)
	for _, x := range record.UpTo(readTo).AllReadings() {
		slow = slow || x.Command.Creates()
	}
	return known, quick, slow, err
}
