package bundle

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
)

// A Remote is a ledger that runs somewhere: what an auditor reads of it to check it online.
type Remote struct {
	URL   string // such as https://ledger.example
	Token string // for entries that not everybody may read; may be empty
	HTTP  *http.Client
}

// Fetch makes a bundle of a running ledger in a new folder, for Verify: its newest head, the entries that this covers, however far
// the log grows meanwhile, and its earlier heads. Nothing of it is believed. The tiles that it serves to others must be those
// that follow from its entries: the first entry for which it contradicts itself is a *Failure.
//
// Where a quorum is asked for that the newest head has not yet, because witnesses take their time, it is the newest that has: but
// none that is older than one that was kept.
func Fetch(ctx context.Context, dir string, r Remote, trust Trust, progress func(done, of int64)) error {
	const most = 64 << 10
	text, err := r.read(ctx, "/log/checkpoint", most)
	if err != nil {
		return err
	}
	head, err := proof.OpenHead(text, trust.LogKey)
	if err != nil {
		return failed(0, "head", "%v", err)
	}
	if p := trust.Policy; p != nil && !p.Reached(text) {
		if head, err = r.reached(ctx, trust, head); err != nil {
			return err
		}
	}
	err = write(ctx, dir, Source{Log: r, Head: head.Note, Heads: r.Earlier(ctx, trust.LogKey, head.Size), LogKey: trust.LogKey, Progress: progress}, false)
	if err != nil {
		return err
	}
	return r.sameTiles(ctx, dir, head.Size)
}

// reached is the newest head with the quorum that is not older than what was kept, and the newest of all where there is none.
func (r Remote) reached(ctx context.Context, trust Trust, newest proof.Head) (proof.Head, error) {
	best, oldest := newest, int64(1)
	for _, text := range trust.Kept {
		if h, err := proof.OpenHead(text, trust.LogKey); err == nil {
			oldest = max(oldest, h.Size)
		}
	}
	for text, err := range r.Earlier(ctx, trust.LogKey, newest.Size) {
		if err != nil {
			return best, err
		}
		h, err := proof.OpenHead(text, trust.LogKey)
		if err == nil && h.Size >= oldest && trust.Policy.Reached(text) {
			best = h
		}
	}
	return best, nil
}

// A StatusError is an answer that is not what was asked for.
type StatusError struct {
	Status int
	words  string
}

func (e *StatusError) Error() string { return e.words }

// read reads all of an answer, which must not be longer than most bytes.
func (r Remote) read(ctx context.Context, path string, most int64) ([]byte, error) {
	body, err := r.get(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", path, err)
	case int64(len(raw)) > most:
		return nil, failed(0, "layout", "%s answers more than %d bytes", path, most)
	}
	return raw, nil
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
		return nil, &StatusError{answer.StatusCode, fmt.Sprintf("%s%s answered %s", r.URL, path, answer.Status)}
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
			if err = lineOf(sequence, raw, err); err != nil {
				yield(eventstore.Message{}, err)
				return
			}
			if !yield(eventstore.Message{Sequence: sequence, Payload: raw[:len(raw)-1]}, nil) {
				return
			}
		}
	}
}

// lineOf tells what is no entry, which is the server's fault, from what could not be read.
func lineOf(sequence uint64, raw []byte, err error) error {
	var failure *Failure
	switch {
	case errors.As(err, &failure), err == nil && len(raw) <= eventstore.MaxPayload+1:
		return err
	case err == nil || errors.Is(err, bufio.ErrBufferFull):
		return failed(sequence, "line", "it is longer than an entry can be")
	case err == io.EOF:
		return failed(sequence, "line", "the answer ends within it")
	}
	return fmt.Errorf("read entry %d: %w", sequence, err)
}

// Earlier yields the server's signed heads of sizes below one. Those that were signed since the newest was asked for would have no
// entries in a bundle.
func (r Remote) Earlier(ctx context.Context, logKey note.Verifier, below int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		last := int64(-1)
		for text, err := range r.Heads(ctx) {
			var refused *StatusError
			if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
				return // it gives out its newest alone
			}
			if err == nil {
				h, bad := proof.OpenHead(text, logKey)
				switch {
				case bad != nil:
					err = failed(0, "head", "an earlier one: %v", bad)
				case h.Size <= last: // a server that repeats itself must not fill the disk
					err = failed(0, "head", "an earlier one: the head at %d comes after the one at %d", h.Size, last)
				case h.Size >= below:
					return
				}
				last = h.Size
			}
			if !yield(text, err) || err != nil {
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
			if errors.Is(err, errHeadForm) {
				err = failed(0, "head", "an earlier one: %v", err)
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}
