package bundle_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof/bundle"
)

// put replaces a file of a bundle by what make puts in its place.
func put(name string, make func(path string) error) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, name)
		must(t, os.RemoveAll(path))
		must(t, make(path))
	}
}

// linked leads to a file with the very bytes, outside of the bundle.
func linked(whole, name string) func(*testing.T, string) {
	return put(name, func(path string) error { return os.Symlink(filepath.Join(whole, name), path) })
}

func aFolder(path string) error { return os.Mkdir(path, 0o755) }

// vast makes a file of a size that fits into no memory, of which the disk holds nothing.
func vast(path string) error {
	return errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, 1<<40))
}

// A bundle may have been unpacked from anything. What is no plain file is not opened, and nothing is read without a bound.
func TestAFolderThatIsNoBundleIsRefused(t *testing.T) {
	f := story(t)
	whole := f.write(nil)
	for name, c := range map[string]struct {
		change   func(*testing.T, string)
		sequence uint64
		check    string
		says     string
	}{
		"a linked head":              {linked(whole, "checkpoint"), 0, "layout", `"checkpoint" is no plain file`},
		"linked entries":             {linked(whole, "events.jsonl"), 0, "layout", `"events.jsonl" is no plain file`},
		"a linked folder":            {linked(whole, "tile"), 0, "layout", `"tile" is no plain file`},
		"a linked attachment folder": {linked(whole, "attachments"), 0, "layout", `"attachments" is no plain file`},
		"a link that leads nowhere":  {put("notes", func(path string) error { return os.Symlink("nowhere\n\x1b[2J", path) }), 0, "layout", `"notes" is no plain file`},
		"a head that is a folder":    {put("checkpoint", aFolder), 0, "layout", `"checkpoint" is a folder`},
		"a tile that is a folder":    {put("tile/0/000", aFolder), 0, "layout", `"tile/0/000" is a folder`},
		"a receipt that is a folder": {put("receipts/3", aFolder), 0, "layout", `"receipts/3" is a folder`},
		"a folder that is a file":    {put("tile", func(path string) error { return os.WriteFile(path, nil, 0o644) }), 1, "tile", "is missing"},
		"a vast head":                {put("checkpoint", vast), 0, "layout", "checkpoint has more than 65536 bytes"},
		"a vast tile":                {put("tile/1/000.p/1", vast), 1, "tile", "tile/1/000.p/1 has more than 8192 bytes"},
		"a vast receipt":             {put("receipts/3", vast), 0, "layout", "receipts/3 has more than"},
		"vast earlier heads":         {put("checkpoints.txt", vast), 0, "head", "cut short or too long"},
		"a vast line":                {put("events.jsonl", vast), 1, "line", "longer than an entry can be"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "b")
			must(t, os.CopyFS(dir, os.DirFS(whole)))
			c.change(t, dir)
			_, err := bundle.Verify(t.Context(), dir, f.options())
			caught(t, err, c.sequence, c.check)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

// What is put beside a bundle, or in the place of a tile that it does not have, is said to be nobody's word.
func TestOtherFilesInTheFolderAreSaidToBeUnread(t *testing.T) {
	f := story(t)
	dir := f.write(nil)
	if r, err := bundle.Verify(t.Context(), dir, f.options()); err != nil || r.Strangers != 0 {
		t.Fatalf("of its own files %d are strangers, beginning with %q: %v", r.Strangers, r.FirstStranger, err)
	}
	for _, name := range []string{"tile/0/001.p/20", "tile/0/002", "tile/entries/000.p/7", "tile/2/000", "notes\n\x1b[2Jtext"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte("x"), 0o644))
	}
	r, err := bundle.Verify(t.Context(), dir, f.options())
	must(t, err)
	if words := r.Words(); !strings.Contains(words, `5 files in the folder are none of a bundle's, and were not looked at, beginning with "notes\n\x1b[2Jtext".`) {
		t.Errorf("it says:\n%s", words)
	}
}

// The receipt of an entry that is withheld is checked by the hash that stands for the entry.
func TestAReceiptOfAWithheldEntryIsChecked(t *testing.T) {
	f := story(t)
	dir := f.write(func(s *bundle.Source) { s.Withhold = func(n uint64) bool { return n == 3 } })
	r, err := bundle.Verify(t.Context(), dir, f.options())
	if must(t, err); r.Receipts != 1 {
		t.Errorf("%d receipts were checked", r.Receipts)
	}
	edit("receipts/3", replace("index 2", "index 3"))(t, dir)
	_, err = bundle.Verify(t.Context(), dir, f.options())
	caught(t, err, 3, "receipt")
}

// The names of attachments are a server's word, and become paths.
func TestAnAttachmentIsWrittenNowhereButIntoItsFolder(t *testing.T) {
	f := story(t)
	home := t.TempDir()
	precious := filepath.Join(home, "precious")
	must(t, os.WriteFile(precious, []byte("mine"), 0o600))
	dir := filepath.Join(home, "bundle")
	for _, name := range []string{
		strings.Repeat("x/../", 9) + "./../../../precious", // out of attachments/sha256, in 64 bytes
		"../../" + strings.Repeat("./", 25) + "precious",
		strings.Repeat("A", 64), strings.Repeat("a", 63), "",
	} {
		s := f.source()
		s.Attachments = func(yield func(bundle.Attachment, error) bool) {
			yield(bundle.Attachment{SHA256: name, Open: func() (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader("not yours")), nil
			}}, nil)
		}
		if err := bundle.Write(t.Context(), dir, s); err == nil || !strings.Contains(err.Error(), "not a SHA-256 in hex") {
			t.Errorf("%d bytes, %q: got %v", len(name), name, err)
		}
		if raw, err := os.ReadFile(precious); err != nil || !bytes.Equal(raw, []byte("mine")) {
			t.Fatalf("%q: a file outside of the bundle holds %q now: %v", name, raw, err)
		}
		must(t, os.RemoveAll(dir))
	}
}

// A head of nothing proves nothing: it must not read as a ledger in which all is in order.
func TestALogWithoutAnEntryIsNoLedger(t *testing.T) {
	skey, vkey, err := note.GenerateKey(rand.Reader, "ledger.example/truce/nothing")
	must(t, err)
	signer, err := note.NewSigner(skey)
	must(t, err)
	empty := sha256.Sum256(nil)
	head, err := note.Sign(&note.Note{Text: "ledger.example/truce/nothing\n0\n" + base64.StdEncoding.EncodeToString(empty[:]) + "\n"}, signer)
	must(t, err)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "checkpoint"), head, 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "events.jsonl"), nil, 0o644))
	key, err := note.NewVerifier(vkey)
	must(t, err)
	_, err = bundle.Verify(t.Context(), dir, bundle.Options{Trust: bundle.Trust{LogKey: key}})
	caught(t, err, 0, "head")
}
