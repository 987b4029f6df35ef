package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
	"truceledger/projections"
)

// NamedFiles reads a log and notes on the way which files its entries name.
type namedFiles struct {
	log   proof.Reader
	named map[string]bool // SHA-256 in hex

	withheld []uint64 // entries whose files stay behind with them
}

// Read implements proof.Reader. An entry that cannot be read, or that is withheld, names nothing.
func (n *namedFiles) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range n.log.Read(ctx, after) {
			if err == nil && len(m.Payload) > 0 && !slices.Contains(n.withheld, m.Sequence) {
				n.note(m)
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

func (n *namedFiles) note(m eventstore.Message) {
	var err error
	if m.Subject, err = eventstore.SubjectOf(m.Payload); err != nil { // over HTTP an entry comes without it
		return
	}
	e, err := eventstore.Decode(m)
	if err != nil {
		return
	}
	for _, digest := range projections.FilesOf(e.Command) {
		n.named[digest] = true
	}
}

// attachments are the named files that the server keeps. Some entries name what is kept elsewhere: the terms of an agreement, a
// document of a source.
func (n *namedFiles) attachments(ctx context.Context, server bundle.Remote) iter.Seq2[bundle.Attachment, error] {
	return func(yield func(bundle.Attachment, error) bool) {
		for _, digest := range slices.Sorted(maps.Keys(n.named)) {
			body, err := fetchFile(ctx, server, digest)
			if err == nil && body == nil {
				continue
			}
			open := func() (io.ReadCloser, error) { return body, err }
			if !yield(bundle.Attachment{SHA256: digest, Open: open}, err) || err != nil {
				return
			}
		}
	}
}

// fetchFile opens a file that the server keeps; nil for one that it does not, or that is not for who asks.
func fetchFile(ctx context.Context, server bundle.Remote, digest string) (io.ReadCloser, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(server.URL, "/")+"/v1/attachments/"+digest, nil)
	if err != nil {
		return nil, err
	}
	answer, err := server.HTTP.Do(q)
	if err != nil {
		return nil, err
	}
	switch answer.StatusCode {
	case http.StatusOK:
		return answer.Body, nil
	case http.StatusNotFound:
		return nil, answer.Body.Close()
	}
	_ = answer.Body.Close()
	return nil, fmt.Errorf("attachment %s: the server answered %s", digest, answer.Status)
}
