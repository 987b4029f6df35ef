package bundle

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
)

// A Remote is a ledger that runs somewhere: what an auditor reads of it to check it online.
type Remote struct {
	URL   string // such as https://ledger.example
	Token string // for entries that not everybody may read; may be empty
	HTTP  *http.Client
}

// Fetch makes a bundle of a running ledger in a new folder. Nothing of it is believed: the entries must have the root of
// the head that the log's key has signed, and Verify checks the rest.
func Fetch(ctx context.Context, dir string, r Remote, logKey note.Verifier, progress func(done, of int64)) error {
	const most = 64 << 10
	head, err := r.get(ctx, "/log/checkpoint")
	if err != nil {
		return err
	}
	defer func() { _ = head.Close() }()
	text, err := io.ReadAll(io.LimitReader(head, most))
	if err != nil {
		return fmt.Errorf("read the head: %w", err)
	}
	return Write(ctx, dir, Source{Log: r, Head: text, LogKey: logKey, Progress: progress})
}

func (r Remote) get(ctx context.Context, path string) (io.ReadCloser, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(r.URL, "/")+path, nil)
	if err != nil {
		return nil, err
	}
	if r.Token != "" {
		q.Header.Set("Authorization", "Bearer "+r.Token)
	}
	client := r.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("%s%s answered %s", r.URL, path, answer.Status)
	}
	return answer.Body, nil
}

// A Withheld says that an entry is not for the caller to read. Its hash stands for it: the root can be computed with it, and
// what stands in the entry is not shown to be what the rules make of it.
type Withheld struct {
	Sequence uint64
	Leaf     tlog.Hash
}

func (w *Withheld) Error() string { return fmt.Sprintf("entry %d is withheld from you", w.Sequence) }

// Read implements proof.Reader over GET /v1/entries: the stored bytes, one entry a line. It goes on after a *Withheld.
func (r Remote) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		body, err := r.get(ctx, fmt.Sprintf("/v1/entries?after=%d", after))
		if err != nil {
			yield(eventstore.Message{}, err)
			return
		}
		defer func() { _ = body.Close() }()
		in := bufio.NewReaderSize(body, 1<<20)
		for sequence := after + 1; ; sequence++ {
			raw, err := in.ReadSlice('\n')
			if err == io.EOF && len(raw) == 0 {
				return
			}
			if err == nil && bytes.HasPrefix(raw, withheldBegins) {
				l := line{sequence: sequence}
				if err = l.parse(raw[:len(raw)-1]); err == nil {
					if !yield(eventstore.Message{Sequence: sequence}, &Withheld{sequence, l.leaf}) {
						return
					}
					continue
				}
			}
			if err != nil {
				yield(eventstore.Message{}, fmt.Errorf("read entry %d: %w", sequence, err))
				return
			}
			if !yield(eventstore.Message{Sequence: sequence, Payload: raw[:len(raw)-1]}, nil) {
				return
			}
		}
	}
}

// Heads yields the server's signed heads, the smallest first.
func (r Remote) Heads(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		body, err := r.get(ctx, "/log/checkpoints")
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = body.Close() }()
		in := bufio.NewReader(body)
		for {
			text, err := readHead(in)
			if err == io.EOF && len(text) == 0 {
				return
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}
