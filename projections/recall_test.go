package projections

import (
	"bytes"
	"iter"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"truceledger/domain"
	"truceledger/eventstore"
)

// What a ledger is given to decide by is what the log holds, byte by byte, after whichever entry it asks for.
func TestARecordIsRecalledAsTheLogHasIt(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	for _, ref := range []domain.Ref{
		ceasefireRef("syria-cessation"), {Kind: domain.KindActor, ID: "russia"}, {Kind: domain.KindTalks, ID: "none"}, {Kind: domain.KindLedger, ID: "ledger"},
	} {
		want := recalled(t, b.log.Load(t.Context(), eventstore.Subject(ref), 0))
		if ref.Kind == domain.KindLedger {
			want = nil // it has no row
		}
		for i := range len(want) + 1 {
			after := uint64(0)
			if i > 0 {
				after = want[i-1].Sequence
			}
			got := recalled(t, p.Recall(ref, after))
			if len(got) != len(want)-i {
				t.Fatalf("%s after %d: got %d entries, want %d", ref, after, len(got), len(want)-i)
			}
			for j, m := range got {
				if m.Sequence != want[i+j].Sequence || m.Subject != want[i+j].Subject || !bytes.Equal(m.Payload, want[i+j].Payload) {
					t.Errorf("%s after %d: entry %d is %d", ref, after, want[i+j].Sequence, m.Sequence)
				}
			}
		}
	}
}

// An entry that the disk has altered is never decided by: the file is filled again instead.
func TestAnAlteredEntryIsNotRecalled(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	ref := ceasefireRef("syria-cessation")
	want := recalled(t, p.Recall(ref, 0))
	err := p.serving().db.Update(func(tx *bbolt.Tx) error {
		altered := bytes.Clone(want[0].Payload)
		i := bytes.Index(altered, []byte(`"title":"`)) + len(`"title":"`)
		altered[i] ^= 1 // still an entry that can be read
		return tx.Bucket([]byte(entriesBucket)).Put(number(want[0].Sequence), altered)
	})
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range p.Recall(ref, 0) {
		if err == nil {
			t.Fatalf("entry %d was handed out", m.Sequence)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if got, err := tryRecall(p.Recall(ref, 0)); err == nil && len(got) == len(want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is not filled again: %+v", p.State())
		}
	}
}

func recalled(t *testing.T, messages iter.Seq2[eventstore.Message, error]) []eventstore.Message {
	t.Helper()
	got, err := tryRecall(messages)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func tryRecall(messages iter.Seq2[eventstore.Message, error]) (got []eventstore.Message, err error) {
	for m, err := range messages {
		if err != nil {
			return nil, err
		}
		got = append(got, m)
	}
	return got, nil
}
