package proof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrReceipt says that a receipt does not prove what it should.
var ErrReceipt = errors.New("the receipt does not hold")

// maxReceipt bounds a receipt in bytes.
const maxReceipt = maxHead + 8<<10

// Receipt returns the proof that the entry with the given sequence stands in the log: a C2SP tlog-proof, one text file
// that can be checked without the ledger. head must cover the entry.
func Receipt(t Tree, sequence uint64, head Head) ([]byte, error) {
	index := int64(sequence) - 1
	hashes, err := t.Inclusion(index, head.Tree())
	if err != nil {
		return nil, fmt.Errorf("receipt of entry %d: %w", sequence, err)
	}
	p := proof.TLogProof{Index: uint64(index), Checkpoint: head.Note}
	for _, h := range hashes {
		p.Hashes = append(p.Hashes, h)
	}
	return p.Marshal(), nil
}

// A Receipted entry stands in the log, by a head that is checked.
type Receipted struct {
	Sequence uint64
	Head     Head
}

// VerifyReceipt checks that the log has signed a head over payload, with nothing but the two and the keys. A receipt that
// is written in any other form than ours is refused, so that nothing in it stays unread.
func VerifyReceipt(receipt, payload []byte, logKey note.Verifier, witnesses ...note.Verifier) (Receipted, error) {
	return VerifyReceiptOf(receipt, tlog.RecordHash(payload), logKey, witnesses...)
}

// VerifyReceiptOf is VerifyReceipt for an entry of which the hash alone is known, as it is withheld.
func VerifyReceiptOf(receipt []byte, leaf tlog.Hash, logKey note.Verifier, witnesses ...note.Verifier) (Receipted, error) {
	var p proof.TLogProof
	if len(receipt) > maxReceipt {
		return Receipted{}, fmt.Errorf("%w: it has %d bytes", ErrReceipt, len(receipt))
	}
	if err := p.Unmarshal(receipt); err != nil {
		return Receipted{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if !bytes.Equal(p.Marshal(), receipt) || p.ExtraData != nil {
		return Receipted{}, fmt.Errorf("%w: it is not in the form of a tlog-proof without extra data", ErrReceipt)
	}
	head, err := OpenHead(p.Checkpoint, logKey, witnesses...)
	if err != nil {
		return Receipted{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if p.Index >= uint64(head.Size) {
		return Receipted{}, fmt.Errorf("%w: it is for entry %d, the head covers %d", ErrReceipt, p.Index+1, head.Size)
	}
	hashes := make(tlog.RecordProof, len(p.Hashes))
	for i, h := range p.Hashes {
		hashes[i] = h
	}
	if err := tlog.CheckRecord(hashes, head.Size, head.Root, int64(p.Index), leaf); err != nil {
		return Receipted{}, fmt.Errorf("%w: these bytes are not entry %d of the log: %w", ErrReceipt, p.Index+1, err)
	}
	return Receipted{Sequence: p.Index + 1, Head: head}, nil
}

// A consistency proof as text has the form that tlog-witness gives it in a request: the line "old N", one hash a line in
// base64, an empty line, and the newer head.

// ConsistencyText proves that head begins with the log's first size entries.
func ConsistencyText(t Tree, size int64, head Head) ([]byte, error) {
	hashes, err := t.Consistency(size, head.Tree())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", size)
	for _, h := range hashes {
		fmt.Fprintf(&b, "%s\n", base64.StdEncoding.EncodeToString(h[:]))
	}
	b.WriteByte('\n')
	b.Write(head.Note)
	return b.Bytes(), nil
}

// ErrConsistencyText says that bytes are no consistency proof as text.
var ErrConsistencyText = errors.New("not a consistency proof: the line old N, hashes in base64, an empty line, a signed head")

// ParseConsistencyText reads a consistency proof as text, strictly; head is what follows the empty line, unread.
func ParseConsistencyText(text []byte) (old int64, proof tlog.TreeProof, head []byte, err error) {
	const mostHashes = 63 // by tlog-witness
	above, head, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(above), "\n")
	if !found || len(lines) > mostHashes+1 {
		return 0, nil, nil, ErrConsistencyText
	}
	digits, ok := strings.CutPrefix(lines[0], "old ")
	old, err = strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || old < 0 || strconv.FormatInt(old, 10) != digits {
		return 0, nil, nil, ErrConsistencyText
	}
	for _, line := range lines[1:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize || len(line) != base64.StdEncoding.EncodedLen(tlog.HashSize) {
			return 0, nil, nil, ErrConsistencyText
		}
		proof = append(proof, tlog.Hash(raw))
	}
	return old, proof, head, nil
}

// CheckConsistency checks that newer begins with older, by the proof that stands in a consistency text. Both heads are
// checked already.
func CheckConsistency(p tlog.TreeProof, older, newer Head) error {
	switch {
	case older.Size > newer.Size:
		return fmt.Errorf("the head at %d is older than the one at %d", newer.Size, older.Size)
	case older.Size == newer.Size:
		if older.Root != newer.Root || len(p) > 0 {
			return fmt.Errorf("two heads at %d have different roots", older.Size)
		}
		return nil
	case older.Size == 0:
		if len(p) > 0 {
			return errors.New("a proof from size 0 is empty")
		}
		return nil
	}
	return tlog.CheckTree(p, newer.Size, newer.Root, older.Size, older.Root)
}
