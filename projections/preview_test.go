package projections

import (
	"testing"

	"truceledger/eventstore"
)

// What is read back before sending is, word for word, what the history says afterwards.
func TestTheSentenceBeforeIsTheSentenceAfter(t *testing.T) {
	b := newBook(t)
	for _, body := range []string{
		`{"command":"register-actor","actor":"north","name":"North","kind":"state"}`,
		`{"command":"register-actor","actor":"south","name":"South","kind":"state"}`,
		`{"command":"register-place","place":"town","name":"Town"}`,
		`{"command":"propose","ceasefire":"river","by":"north","area":"town","parties":["north","south"],"from":"2016-05-05T00:00Z","lasting":"PT48H","occurred":"2016-05-01T00:00Z"}`,
		`{"command":"agree","ceasefire":"river","by":"north","occurred":"2016-05-02T00:00Z"}`,
		`{"command":"agree","ceasefire":"river","by":"south","occurred":"2016-05-03T00:00Z"}`,
	} {
		b.do(t, "%s", body)
	}
	p := b.started(t, t.TempDir())
	q := p.Queries
	const extend = `{"command":"extend","ceasefire":"river","by":"south","lasting":"PT24H","occurred":"2016-05-06T08:00Z"}`
	c, err := eventstore.DecodeCommand("", []byte(extend))
	if err != nil {
		t.Fatal(err)
	}
	rehearsed, err := b.Rehearse(t.Context(), eventstore.Request{Command: c})
	if err != nil {
		t.Fatal(err)
	}
	at, err := q.Resolve(t.Context(), Clock{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := q.Sentence(t.Context(), rehearsed, at)
	if err != nil || before == "" {
		t.Fatalf("got %q, %v", before, err)
	}
	n := b.do(t, extend)
	if err := q.WaitFor(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if at, err = q.Resolve(t.Context(), Clock{}); err != nil {
		t.Fatal(err)
	}
	h, err := q.History(t.Context(), rehearsed.Ref, at, Paging{})
	if err != nil {
		t.Fatal(err)
	}
	if after := h.Items[len(h.Items)-1].Sentence; after != before {
		t.Errorf("read back: %s\non the record: %s", before, after)
	}
}
