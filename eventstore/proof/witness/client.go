package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof"
)

// A Client asks witnesses to cosign the heads of a log. It keeps in memory which size each has signed last; a witness
// tells it where it is wrong.
type Client struct {
	Witnesses []Named
	// Prove returns the consistency text from a size to a head: proof.ConsistencyText on the tree.
	Prove func(size int64, head proof.Head) ([]byte, error)
	HTTP  *http.Client // with a time limit of 10 s where it is nil

	mu   sync.Mutex
	last map[string]int64 // by witness
}

var defaultHTTP = &http.Client{Timeout: 10 * time.Second}

// An Answer is what one witness said to one head.
type Answer struct {
	Witness string
	Line    []byte // the signature line, checked; nil where it gave none
	Err     error
}

// Submit asks all witnesses at once and returns their answers, in the order of the witnesses. A head that a witness has
// refused with ErrProof or ErrFork is grave: either the witness or this log has lost its memory, or somebody lies.
func (c *Client) Submit(ctx context.Context, head proof.Head, logKey note.Verifier) []Answer {
	answers := make([]Answer, len(c.Witnesses))
	var wg sync.WaitGroup
	for i, w := range c.Witnesses {
		wg.Go(func() {
			line, err := c.submit(ctx, w, head, logKey)
			answers[i] = Answer{Witness: w.Name, Line: line, Err: err}
		})
	}
	wg.Wait()
	return answers
}

// Lines joins the signature lines of answers, for proof.Heads.AddCosignatures.
func Lines(answers []Answer) []byte {
	var lines []byte
	for _, a := range answers {
		lines = append(lines, a.Line...)
	}
	return lines
}

// submit asks one witness, a second time where it holds another size than was thought.
func (c *Client) submit(ctx context.Context, w Named, head proof.Head, logKey note.Verifier) ([]byte, error) {
	old := min(c.known(w), head.Size)
	for range 2 {
		answer, err := c.post(ctx, w, old, head)
		var stale *StaleError
		switch {
		case err == nil:
			line, err := checked(answer, head, logKey, w.Verifier)
			if err == nil {
				c.learn(w, head.Size)
			}
			return line, err
		case errors.As(err, &stale) && stale.Size <= head.Size && stale.Size != old:
			old = stale.Size
			c.learn(w, old)
		case errors.As(err, &stale):
			return nil, fmt.Errorf("witness %q has signed a head at %d already: %w", w.Name, stale.Size, err)
		default:
			return nil, fmt.Errorf("witness %q: %w", w.Name, err)
		}
	}
	return nil, fmt.Errorf("witness %q: %w", w.Name, ErrStale)
}

func (c *Client) known(w Named) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[w.Name]
}

func (c *Client) learn(w Named, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		c.last = map[string]int64{}
	}
	c.last[w.Name] = size
}

func (c *Client) post(ctx context.Context, w Named, old int64, head proof.Head) ([]byte, error) {
	body, err := c.Prove(old, head)
	if err != nil {
		return nil, err
	}
	url := strings.TrimSuffix(w.URL, "/") + "/add-checkpoint"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	client := c.HTTP
	if client == nil {
		client = defaultHTTP
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 16<<10))
	if err != nil {
		return nil, err
	}
	return answer, refusal(response, answer)
}

// refusal turns a status back into what it means.
func refusal(r *http.Response, body []byte) error {
	switch r.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusConflict:
		// litewitness gives the size without its media type; both are taken.
		size, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
		if err != nil || size < 0 {
			return ErrFork
		}
		return &StaleError{Size: size}
	case http.StatusForbidden:
		return ErrUnsigned
	case http.StatusNotFound:
		return ErrUnknownLog
	case http.StatusUnprocessableEntity:
		return ErrProof
	case http.StatusBadRequest:
		return ErrMalformed
	}
	return fmt.Errorf("it answered %s", r.Status)
}

// checked returns the lines of an answer that are the witness's own cosignature of the head; those of other keys are
// passed over.
func checked(answer []byte, head proof.Head, logKey, witness note.Verifier) ([]byte, error) {
	bare, err := withoutCosignatures(head, logKey)
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(answer) {
		h, err := proof.OpenHead(append(slices.Clone(bare), line...), logKey, witness)
		if err == nil && len(h.Signed) == 2 {
			return bytes.Clone(line), nil
		}
	}
	return nil, errors.New("its answer holds no cosignature that fits its key")
}

// withoutCosignatures returns the head's note with the log's signature alone.
func withoutCosignatures(head proof.Head, logKey note.Verifier) ([]byte, error) {
	n, err := note.Open(head.Note, note.VerifierList(logKey))
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs})
}

// A Cosignature is one witness's word on a head.
type Cosignature struct {
	Witness string    // the name of its key
	At      time.Time // when it saw the head, by its own clock
}

// Cosignatures are those among the checked signatures of a head that witnesses have made.
func Cosignatures(h proof.Head) []Cosignature {
	var all []Cosignature
	for _, s := range h.Signed {
		if at, err := fnote.CoSigV1Timestamp(s); err == nil && s.Name != h.Origin {
			all = append(all, Cosignature{Witness: s.Name, At: at.UTC()})
		}
	}
	return all
}
