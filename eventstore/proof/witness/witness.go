// Package witness lets a delegation watch over a ledger without reading it. A witness signs that a head is consistent
// with every head that it has signed before, and when it saw it; it never signs two histories of one log. It needs no
// entry, only hashes.
//
// witness.go and server.go are the witness (C2SP tlog-witness v1.0.0-rc.1, add-checkpoint), store.go its memory. client.go
// asks witnesses for the ledger, policy.go says which of them suffice (C2SP tlog-policy). A witness that is away holds up
// nobody: a cosignature is shown beside a status and never changes one.
package witness

import (
	"errors"
	"fmt"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof"
)

// Why a witness refuses. Each has one status in the protocol.
var (
	ErrMalformed  = errors.New("the request is not in the form of tlog-witness")        // 400
	ErrShrinks    = errors.New("the old size is larger than the head")                  // 400
	ErrUnsigned   = errors.New("no key of the log has signed the head")                 // 403
	ErrUnknownLog = errors.New("this witness does not watch the log")                   // 404
	ErrStale      = errors.New("the old size is not what this witness has signed last") // 409
	ErrFork       = errors.New("this witness has signed another root at this size")     // 409
	ErrProof      = errors.New("the proof does not show that nothing was changed")      // 422
)

// A StaleError says which size the witness has signed last.
type StaleError struct{ Size int64 }

func (e *StaleError) Error() string { return fmt.Sprintf("%s: that is %d", ErrStale, e.Size) }

func (e *StaleError) Unwrap() error { return ErrStale }

// A Witness watches logs. All methods may be called by any number of goroutines at once.
type Witness struct {
	signer note.Signer
	logs   map[string]note.Verifier // by origin
	store  *Store
}

// New returns a witness with a private key as package note writes it. One key is one witness: the signature does not
// bind the witness's name. The logs are given by their verifier keys, whose names are their origins.
func New(skey string, store *Store, logs ...note.Verifier) (*Witness, error) {
	signer, err := fnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		return nil, fmt.Errorf("the witness's key: %w", err)
	}
	w := &Witness{signer: signer, store: store, logs: map[string]note.Verifier{}}
	for _, v := range logs {
		w.logs[v.Name()] = v
	}
	return w, nil
}

// VerifierKey returns the public key, in one line, of a witness's private key.
func VerifierKey(skey string) (string, error) {
	k, err := proof.ParseLogKey(skey)
	if err != nil {
		return "", err
	}
	return fnote.VKeyToCosignatureV1(k.VerifierKey())
}

// Verifier checks cosignatures, given the witness's verifier key in one line.
func Verifier(vkey string) (note.Verifier, error) {
	v, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		return nil, fmt.Errorf("the verifier key of a witness: %w", err)
	}
	return v, nil
}

// Enroll pins a log's first head before anything is asked. Without it the first head that anybody submits is taken on
// trust, because a proof from size 0 proves nothing. It does nothing where the witness has signed one already.
func (w *Witness) Enroll(head []byte) error {
	h, err := w.open(head)
	if err != nil {
		return err
	}
	err = w.store.Advance(h.Origin, h, func(held Signed) error {
		if held.Size > 0 {
			return errEnrolled
		}
		return nil
	})
	if errors.Is(err, errEnrolled) {
		return nil
	}
	return err
}

var errEnrolled = errors.New("enrolled already")

// AddCheckpoint takes the body of an add-checkpoint request and returns the cosignature line.
//
// The signature of the log is checked before anything is stored. Then, in one transaction, the old size is compared with
// what is held, the proof is checked and the new head is put in its place; only when that is on disk is the cosignature
// made. A crash in between has the witness hold a head that it has not signed: the log asks again from there, with an
// old size equal to the new one.
func (w *Witness) AddCheckpoint(body []byte) (line []byte, err error) {
	old, hashes, text, err := proof.ParseConsistencyText(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	h, err := w.open(text)
	if err != nil {
		return nil, err
	}
	if old > h.Size {
		return nil, ErrShrinks
	}
	err = w.store.Advance(h.Origin, h, func(held Signed) error {
		if held.Size != old {
			return &StaleError{Size: held.Size}
		}
		switch err := proof.CheckConsistency(hashes, proof.Head{Size: held.Size, Root: held.Root}, h); {
		case err == nil:
			return nil
		case old == h.Size && held.Root != h.Root:
			return ErrFork
		default:
			return fmt.Errorf("%w: %w", ErrProof, err)
		}
	})
	if err != nil {
		if errors.Is(err, ErrFork) || errors.Is(err, ErrProof) {
			err = errors.Join(err, w.store.KeepRefused(h, err))
		}
		return nil, err
	}
	return w.cosign(h)
}

// open checks who has signed a head.
func (w *Witness) open(text []byte) (proof.Head, error) {
	origin, err := originOf(text)
	if err != nil {
		return proof.Head{}, err
	}
	key, watched := w.logs[origin]
	if !watched {
		return proof.Head{}, ErrUnknownLog
	}
	h, err := proof.OpenHead(text, key)
	if err != nil {
		return proof.Head{}, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	return h, nil
}

// cosign signs a head together with the time, and returns the signature's line alone.
func (w *Witness) cosign(h proof.Head) ([]byte, error) {
	n, err := note.Open(h.Note, note.VerifierList(w.logs[h.Origin]))
	if err != nil {
		return nil, err
	}
	alone := &note.Note{Text: n.Text}
	signed, err := note.Sign(alone, w.signer)
	if err != nil {
		return nil, fmt.Errorf("cosign: %w", err)
	}
	return signed[len(n.Text)+1:], nil // after the text and its empty line
}

// Name is the name of the witness's key.
func (w *Witness) Name() string { return w.signer.Name() }
