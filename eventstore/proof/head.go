package proof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Head is what the log's key has signed: at this size the tree has this root. Whoever holds a head can be shown no
// other history of its first Size entries.
type Head struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Note   []byte // the signed text (C2SP tlog-checkpoint), with all its signatures
	// Signed are the signatures of keys that were asked for, checked: the log's, and those of witnesses.
	Signed []note.Signature
}

// Tree is the head as package tlog takes it.
func (h Head) Tree() tlog.Tree { return tlog.Tree{N: h.Size, Hash: h.Root} }

// ErrHead says that bytes are no head of the log that was asked for.
var ErrHead = errors.New("not a head signed by this log")

// maxHead bounds a head in bytes: three short lines and the signatures of many witnesses.
const maxHead = 64 << 10

// OpenHead reads a signed head: it must be signed by the log, name the log's origin, and say nothing else. Signatures of
// the witnesses are checked too, those of unknown keys are passed over; one that does not fit its known key refuses all.
func OpenHead(text []byte, logKey note.Verifier, witnesses ...note.Verifier) (Head, error) {
	if len(text) > maxHead {
		return Head{}, fmt.Errorf("%w: it has %d bytes", ErrHead, len(text))
	}
	n, err := note.Open(text, note.VerifierList(append([]note.Verifier{logKey}, witnesses...)...))
	if err != nil {
		return Head{}, fmt.Errorf("%w: %w", ErrHead, unopened(err, logKey))
	}
	h, err := parseHead([]byte(n.Text))
	switch {
	case err != nil:
		return Head{}, err
	case h.Origin != logKey.Name():
		return Head{}, fmt.Errorf("%w: it is of %q, the key is of %q", ErrHead, clip(h.Origin), logKey.Name())
	case !signedBy(n.Sigs, logKey):
		return Head{}, fmt.Errorf("%w: only witnesses have signed it", ErrHead)
	case !strictlyWritten(n.Sigs):
		return Head{}, fmt.Errorf("%w: a signature is not in its one form", ErrHead)
	}
	h.Note, h.Signed = text, n.Sigs
	return h, nil
}

// unopened says in words why a head that has the form of one is not signed by a key: most often it is of another log.
func unopened(err error, logKey note.Verifier) error {
	var unknown *note.UnverifiedNoteError
	if !errors.As(err, &unknown) {
		return err
	}
	if origin, _, _ := strings.Cut(unknown.Note.Text, "\n"); origin != logKey.Name() {
		return fmt.Errorf("it is of %q, the key is of %q", clip(origin), logKey.Name())
	}
	return errors.New("it has no signature by the key")
}

// parseHead reads the text of a head. It must be written in the one form that we write: what reads as the same number
// but has other bytes is refused.
func parseHead(text []byte) (Head, error) {
	var c log.Checkpoint
	rest, err := c.Unmarshal(text)
	switch {
	case err != nil:
		return Head{}, fmt.Errorf("%w: %w", ErrHead, err)
	case len(rest) > 0 || !bytes.Equal(c.Marshal(), text):
		return Head{}, fmt.Errorf("%w: it says more than origin, size and root", ErrHead)
	case len(c.Hash) != tlog.HashSize || c.Size > 1<<62:
		return Head{}, fmt.Errorf("%w: a root of %d bytes at size %d", ErrHead, len(c.Hash), c.Size)
	}
	return Head{Origin: c.Origin, Size: int64(c.Size), Root: tlog.Hash(c.Hash)}, nil
}

func signedBy(signatures []note.Signature, v note.Verifier) bool {
	for _, s := range signatures {
		if s.Name == v.Name() && s.Hash == v.KeyHash() {
			return true
		}
	}
	return false
}

// strictlyWritten reports whether each signature is written in its one form; base64 may carry bits that nobody reads.
func strictlyWritten(signatures []note.Signature) bool {
	for _, s := range signatures {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return false
		}
	}
	return true
}

// sign signs what the tree says.
func (k *LogKey) sign(t tlog.Tree) (Head, error) {
	c := log.Checkpoint{Origin: k.Origin(), Size: uint64(t.N), Hash: t.Hash[:]}
	text, err := note.Sign(&note.Note{Text: string(c.Marshal())}, k.signer)
	if err != nil {
		return Head{}, fmt.Errorf("sign the head at %d: %w", t.N, err)
	}
	return OpenHead(text, k.verifier)
}

// Verifier checks the signatures of a log, given its verifier key in one line.
func Verifier(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("%q is not the verifier key of a log: %w", clip(vkey), err)
	}
	return v, nil
}
