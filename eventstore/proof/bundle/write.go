package bundle

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
)

// A Source is what a bundle is made of.
type Source struct {
	Log    proof.Reader
	Head   []byte                   // the newest head, with its cosignatures; the bundle goes as far as it does
	Heads  iter.Seq2[[]byte, error] // earlier heads by size; may be nil
	LogKey note.Verifier

	Policy         []byte
	AllowedSigners string
	Attachments    iter.Seq2[Attachment, error]
	Receipts       map[uint64][]byte // by sequence
	// Withhold says which entries are left out; nil withholds none.
	Withhold func(sequence uint64) bool
	// Progress is told now and then how far the bundle is.
	Progress func(done, of int64)
}

// An Attachment is a file that entries name by its hash.
type Attachment struct {
	SHA256 string // hex
	Open   func() (io.ReadCloser, error)
}

// ErrNotEmpty says that there is something in the folder already.
var ErrNotEmpty = errors.New("the folder is not empty; a bundle is written into a new one")

// ErrNotSigned says that entries are not those that the log's key has signed.
var ErrNotSigned = errors.New("the entries are not those that the log's key has signed")

// Write writes a bundle into a folder that is new or empty. The file checkpoint comes last: a bundle that was cut short
// has none and never verifies. The entries must be those that the head was signed over, or nothing is called a bundle.
func Write(ctx context.Context, dir string, s Source) error { return write(ctx, dir, s, true) }

// write writes a bundle. Where it is not compared here, whoever verifies it compares the entries with the head, and says which is
// the first that does not fit.
func write(ctx context.Context, dir string, s Source, compared bool) error {
	head, err := proof.OpenHead(s.Head, s.LogKey)
	if err != nil {
		return err
	}
	if err := newFolder(dir); err != nil {
		return err
	}
	w := &writer{dir: dir, Source: s, head: head, compared: compared}
	for _, step := range []func(context.Context) error{w.entries, w.heads, w.attachments, w.others} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("write the bundle: %w", err)
		}
	}
	return w.file("checkpoint", s.Head)
}

func newFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	held, err := os.ReadDir(dir)
	if err == nil && len(held) > 0 {
		return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	return err
}

type writer struct {
	Source
	dir      string
	head     proof.Head
	compared bool // the entries must be those of the head

	lines    *bufio.Writer
	bundle   []byte // the entries of the unfinished tile/entries file
	withheld bool   // the unfinished file would hold a withheld entry
}

func (w *writer) file(path string, data []byte) error {
	path = filepath.Join(w.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// entries writes the entries and the tiles in one pass over the log.
func (w *writer) entries(ctx context.Context) (err error) {
	f, err := os.Create(filepath.Join(w.dir, "events.jsonl"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w.lines = bufio.NewWriterSize(f, 1<<20)
	edge := proof.NewEdge(func(t tlog.Tile, data []byte) error { return w.file(proof.TilePath(t), data) })
	if w.head.Size > 0 {
		for m, err := range w.Log.Read(ctx, 0) {
			var kept *Withheld
			if err != nil && !errors.As(err, &kept) {
				return err
			}
			if err := w.entry(edge, m, kept); err != nil {
				return fmt.Errorf("entry %d: %w", m.Sequence, err)
			}
			if edge.Size() == w.head.Size {
				break
			}
		}
	}
	if err := w.finish(edge); err != nil {
		return err
	}
	return w.lines.Flush()
}

// entry writes one entry; kept is its hash where the source keeps it back.
func (w *writer) entry(edge *proof.Edge, m eventstore.Message, kept *Withheld) error {
	if m.Sequence != uint64(edge.Size())+1 {
		return fmt.Errorf("it comes where entry %d is due", edge.Size()+1)
	}
	leaf := tlog.RecordHash(m.Payload)
	if kept != nil {
		leaf = kept.Leaf
	}
	if kept != nil || w.Withhold != nil && w.Withhold(m.Sequence) {
		w.withheld = true
		if _, err := fmt.Fprintf(w.lines, `{"withheld":%d,"leaf":"%s"}`+"\n", m.Sequence, base64.StdEncoding.EncodeToString(leaf[:])); err != nil {
			return err
		}
	} else if err := w.line(m.Payload); err != nil {
		return err
	}
	if err := edge.Append(leaf); err != nil {
		return err
	}
	if w.Progress != nil && edge.Size()%4096 == 0 {
		w.Progress(edge.Size(), w.head.Size)
	}
	if edge.Size()%256 == 0 {
		return w.endBundle(edge.Size()/256-1, 256)
	}
	return nil
}

func (w *writer) line(payload []byte) (err error) {
	if w.bundle, err = proof.AppendToBundle(w.bundle, payload); err != nil {
		return err
	}
	if _, err := w.lines.Write(payload); err != nil {
		return err
	}
	return w.lines.WriteByte('\n')
}

func (w *writer) endBundle(n int64, width int) error {
	t := tlog.Tile{H: proof.Height, L: -1, N: n, W: width}
	data, withheld := w.bundle, w.withheld
	w.bundle, w.withheld = w.bundle[:0], false
	if withheld {
		return nil
	}
	return w.file(proof.TilePath(t), data)
}

// finish writes the tiles of the right edge and compares the root.
func (w *writer) finish(edge *proof.Edge) error {
	if rest := int(edge.Size() % 256); rest > 0 {
		if err := w.endBundle(edge.Size()/256, rest); err != nil {
			return err
		}
	}
	tiles, data := edge.Partial()
	for i, t := range tiles {
		if err := w.file(proof.TilePath(t), data[i]); err != nil {
			return err
		}
	}
	root, err := edge.Root()
	if edge.Size() < w.head.Size && !w.compared {
		return failed(uint64(edge.Size())+1, "line", "it is missing: the head covers %d entries, and %d are given out", w.head.Size, edge.Size())
	}
	if err == nil && w.compared && (edge.Size() != w.head.Size || root != w.head.Root) {
		err = fmt.Errorf("%w: the first %d are not those of the head at %d", ErrNotSigned, edge.Size(), w.head.Size)
	}
	return err
}

// heads writes the earlier heads.
func (w *writer) heads(context.Context) (err error) {
	if w.Heads == nil {
		return nil
	}
	f, err := os.Create(filepath.Join(w.dir, "checkpoints.txt"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := bufio.NewWriter(f)
	for text, err := range w.Heads {
		if err != nil {
			return err
		}
		h, err := proof.OpenHead(text, w.LogKey)
		if err != nil {
			return err
		}
		if h.Size > w.head.Size {
			break
		}
		if _, err := fmt.Fprintf(b, "%s\n", text); err != nil {
			return err
		}
	}
	return b.Flush()
}

// attachments copies the attachments and checks each on the way.
func (w *writer) attachments(context.Context) error {
	if w.Attachments == nil {
		return nil
	}
	for a, err := range w.Attachments {
		if err != nil {
			return err
		}
		if err := w.attachment(a); err != nil {
			return fmt.Errorf("attachment %s: %w", a.SHA256, err)
		}
	}
	return nil
}

func (w *writer) attachment(a Attachment) (err error) {
	// It comes from a server's entries and becomes a path: two dots in it would lead out of the folder.
	if len(a.SHA256) != 64 || strings.Trim(a.SHA256, "0123456789abcdef") != "" {
		return errors.New("not a SHA-256 in hex")
	}
	in, err := a.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	path := filepath.Join(w.dir, "attachments", "sha256", a.SHA256[:2], a.SHA256[2:4], a.SHA256)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != a.SHA256 {
		return fmt.Errorf("its bytes have the hash %s", got)
	}
	return nil
}

// others writes the small files.
func (w *writer) others(context.Context) error {
	for sequence, receipt := range w.Receipts {
		if err := w.file("receipts/"+strconv.FormatUint(sequence, 10), receipt); err != nil {
			return err
		}
	}
	if w.Policy != nil {
		if err := w.file("policy", w.Policy); err != nil {
			return err
		}
	}
	if w.AllowedSigners != "" {
		if err := w.file("allowed_signers", []byte(w.AllowedSigners)); err != nil {
			return err
		}
	}
	return w.file("README", fmt.Appendf(nil, readme, w.head.Origin))
}

const readme = `This folder holds the ledger %s.

What it says of itself proves nothing. Get the log's verifier key, and the witnesses' keys, from somebody you trust and not
from here. Then:

    truce verify --log-key KEY --policy YOUR-POLICY-FILE .

Without that program: events.jsonl holds the entries, one a line, to be read with jq; allowed_signers and ssh-keygen -Y verify
check a signed command; openssl checks the signature under the file checkpoint. The commands are in docs/verifying.md.
`
