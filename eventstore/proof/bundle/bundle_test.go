package bundle_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crypto/sha256"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/witness"
)

var (
	noon   = time.Date(2016, 5, 4, 12, 0, 0, 0, time.UTC)
	bucket = []byte("tree/1")
)

// A fixture is a ledger with its tree, its heads and a witness.
type fixture struct {
	t       testing.TB
	log     *memory.Log
	ledger  *eventstore.Ledger
	db      *bbolt.DB
	heads   *proof.Heads
	key     *proof.LogKey
	keeper  *proof.Keeper
	witness *witness.Witness
	cosign  note.Verifier
	vkey    string // the witness's
	signed  [][]byte
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newFixture(t testing.TB, policy ...eventstore.Signatures) *fixture {
	t.Helper()
	f := &fixture{t: t, log: memory.New()}
	policy = append(policy, eventstore.SignaturesOff)
	var err error
	f.ledger, err = eventstore.Open(t.Context(), f.log, eventstore.Options{
		Clock: func() time.Time { return noon }, OwnReader: true, Signatures: policy[0], Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	must(t, err)
	f.db, err = bbolt.Open(filepath.Join(t.TempDir(), "tree.db"), 0o600, &bbolt.Options{NoSync: true})
	must(t, err)
	f.heads, err = proof.OpenHeads(filepath.Join(t.TempDir(), "heads.db"))
	must(t, err)
	f.key, err = proof.OpenLogKey(filepath.Join(t.TempDir(), "log.key"), proof.Origin("ledger.example", f.ledger.ID()))
	must(t, err)
	f.keeper = proof.NewKeeper(f.key, proof.In{DB: f.db, Bucket: bucket}, f.heads, nil)
	f.newWitness()
	t.Cleanup(func() { _, _, _ = f.ledger.Close(), f.db.Close(), f.heads.Close() })
	return f
}

func (f *fixture) newWitness() {
	skey, _, err := note.GenerateKey(rand.Reader, "north.example/witness")
	must(f.t, err)
	store, err := witness.OpenStore(filepath.Join(f.t.TempDir(), "witness.db"))
	must(f.t, err)
	f.t.Cleanup(func() { _ = store.Close() })
	f.witness, err = witness.New(skey, store, f.keeper.Verifier())
	must(f.t, err)
	f.vkey, err = witness.VerifierKey(skey)
	must(f.t, err)
	f.cosign, err = witness.Verifier(f.vkey)
	must(f.t, err)
}

func (f *fixture) policy() *witness.Policy {
	p, err := witness.ParsePolicy([]byte("witness north " + f.vkey + "\nquorum north\n"))
	must(f.t, err)
	return &p
}

// send puts commands on the record.
func (f *fixture) send(bodies ...string) {
	f.t.Helper()
	for _, body := range bodies {
		c, err := eventstore.DecodeCommand("", []byte(body))
		must(f.t, err)
		if _, err := f.ledger.Execute(f.t.Context(), eventstore.Request{Command: c, Principal: "desk"}); err != nil {
			f.t.Fatalf("%s: %v", body, err)
		}
	}
}

// sign builds the tree on, signs it and has it cosigned.
func (f *fixture) sign() proof.Head {
	f.t.Helper()
	must(f.t, f.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		tree := proof.TreeIn(b)
		for m, err := range f.log.Read(f.t.Context(), uint64(tree.Size())) {
			if err != nil {
				return err
			}
			if err := tree.Append(m.Payload); err != nil {
				return err
			}
		}
		return nil
	}))
	head, err := f.keeper.Sign(f.t.Context())
	must(f.t, err)
	c := &witness.Client{Prove: f.prove}
	var old int64
	if n := len(f.signed); n > 0 {
		h, err := proof.OpenHead(f.signed[n-1], f.keeper.Verifier())
		must(f.t, err)
		old = h.Size
	}
	body, err := c.Prove(old, head)
	must(f.t, err)
	line, err := f.witness.AddCheckpoint(body)
	must(f.t, err)
	head, err = f.heads.AddCosignatures(head.Size, f.keeper.Verifier(), line, f.cosign)
	must(f.t, err)
	f.signed = append(f.signed, head.Note)
	return head
}

func (f *fixture) prove(old int64, h proof.Head) (text []byte, err error) {
	err = proof.In{DB: f.db, Bucket: bucket}.ViewTree(func(tree proof.Tree) error {
		text, err = proof.ConsistencyText(tree, old, h)
		return err
	})
	return text, err
}

// source is a bundle of all of it, with one attachment and one receipt.
func (f *fixture) source() bundle.Source {
	head, err := proof.OpenHead(f.signed[len(f.signed)-1], f.keeper.Verifier())
	must(f.t, err)
	var receipt []byte
	must(f.t, proof.In{DB: f.db, Bucket: bucket}.ViewTree(func(tree proof.Tree) error {
		receipt, err = proof.Receipt(tree, 3, head)
		return err
	}))
	terms := []byte("the terms")
	sum := sha256.Sum256(terms)
	return bundle.Source{
		Log: f.log, Head: head.Note, Heads: f.heads.All(), LogKey: f.keeper.Verifier(), Policy: []byte("quorum none\n"),
		Attachments: func(yield func(bundle.Attachment, error) bool) {
			yield(bundle.Attachment{SHA256: hex.EncodeToString(sum[:]), Open: func() (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(terms)), nil
			}}, nil)
		},
		Receipts: map[uint64][]byte{3: receipt},
	}
}

// story has entries enough for two files of entries and heads in between.
func story(t testing.TB) *fixture {
	t.Helper()
	f := newFixture(t)
	f.send(
		`{"command":"register-actor","actor":"north","name":"North","kind":"state"}`,
		`{"command":"register-actor","actor":"south","name":"South","kind":"armed_group"}`,
		`{"command":"register-place","place":"town","name":"Town"}`,
		`{"command":"propose","ceasefire":"river","by":"north","title":"River","class":"local_truce","area":"town","parties":["north","south"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H"}`,
		`{"command":"agree","ceasefire":"river","by":"north"}`)
	f.sign()
	f.send(`{"command":"agree","ceasefire":"river","by":"south"}`)
	for i := range 290 {
		f.send(fmt.Sprintf(`{"command":"register-place","place":"house-%d","name":"House %d","parent":"town"}`, i, i))
	}
	f.sign()
	f.send(`{"command":"extend","ceasefire":"river","by":"north","lasting":"PT24H"}`)
	for i := range 10 {
		f.send(fmt.Sprintf(`{"command":"register-place","place":"barn-%d","name":"Barn %d","parent":"town"}`, i, i))
	}
	f.sign()
	return f
}

func (f *fixture) write(change func(*bundle.Source)) string {
	f.t.Helper()
	s := f.source()
	if change != nil {
		change(&s)
	}
	dir := filepath.Join(f.t.TempDir(), "bundle")
	must(f.t, bundle.Write(f.t.Context(), dir, s))
	return dir
}

func (f *fixture) options() bundle.Options {
	return bundle.Options{Trust: bundle.Trust{LogKey: f.keeper.Verifier(), Policy: f.policy()}}
}

func TestAnHonestBundleHolds(t *testing.T) {
	f := story(t)
	dir := f.write(nil)
	o := f.options()
	o.Kept = f.signed[:1]
	bounded := 0
	o.Entry = func(_ uint64, at bundle.Times) {
		if !at.NotAfter.IsZero() && at.NotAfterBy == "north.example/witness" && at.ClaimedByUs.Equal(noon) {
			bounded++
		}
	}
	r, err := bundle.Verify(t.Context(), dir, o)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.Words())
	}
	if r.Size != 308 || r.Heads != 3 || r.Kept != 1 || r.Decided != 308 || r.Attachments != 1 || r.Receipts != 1 || r.Quorum != "reached" || bounded != 308 {
		t.Errorf("got %+v, %d bounded", r, bounded)
	}
	if words := r.Words(); !strings.Contains(words, "308 entries") || !strings.Contains(words, "not rewritten since") || !strings.Contains(words, "Every entry follows") {
		t.Errorf("it says:\n%s", words)
	}
	if _, err := bundle.Verify(t.Context(), dir, bundle.Options{}); err == nil {
		t.Error("a bundle was verified without a key")
	}
	if err := bundle.Write(t.Context(), dir, f.source()); !errors.Is(err, bundle.ErrNotEmpty) {
		t.Errorf("a second bundle in the same folder: got %v", err)
	}
}

func TestARedactedBundleHoldsAndSaysWhatIsHidden(t *testing.T) {
	f := story(t)
	dir := f.write(func(s *bundle.Source) { s.Withhold = func(n uint64) bool { return n == 3 || n == 100 } })
	r, err := bundle.Verify(t.Context(), dir, f.options())
	if err != nil {
		t.Fatal(err)
	}
	if r.Withheld != 2 || fmt.Sprint(r.WithheldSeq) != "[3 100]" || r.Decided == 0 || r.Undecided+r.Decided != 306 || r.FirstUndecided != 5 {
		t.Errorf("got %+v", r)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	must(t, err)
	if bytes.Contains(raw, []byte("South")) {
		t.Error("the withheld name stands in the bundle")
	}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if raw, _ := os.ReadFile(path); bytes.Contains(raw, []byte(`"South"`)) {
				t.Errorf("the withheld name stands in %s", path)
			}
		}
		return err
	}))
	// Another hash in place of a withheld one is caught, too.
	lines := bytes.SplitAfter(raw, []byte("\n"))
	lines[2], lines[99] = bytes.Replace(lines[99], []byte("100"), []byte("3"), 1), bytes.Replace(lines[2], []byte(":3,"), []byte(":100,"), 1)
	must(t, os.WriteFile(filepath.Join(dir, "events.jsonl"), bytes.Join(lines, nil), 0o644))
	_, err = bundle.Verify(t.Context(), dir, f.options())
	caught(t, err, 3, "tile")
}

// caught checks that a verification failed at an entry, in a check.
func caught(t testing.TB, err error, sequence uint64, check string) {
	t.Helper()
	var f *bundle.Failure
	if !errors.As(err, &f) || f.Sequence != sequence || f.Check != check {
		t.Errorf("got %v, want entry %d caught by %s", err, sequence, check)
	}
}

func TestABundleIsWrittenOnlyOfWhatWasSigned(t *testing.T) {
	f := story(t)
	s := f.source()
	s.Log = altered{f.log}
	dir := filepath.Join(t.TempDir(), "b")
	if err := bundle.Write(t.Context(), dir, s); err == nil {
		t.Error("a bundle was made of a log that is not the signed one")
	}
	if _, err := os.Stat(filepath.Join(dir, "checkpoint")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it looks complete")
	}
}

type altered struct{ *memory.Log }

func (a altered) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range a.Log.Read(ctx, after) {
			if m.Sequence == 7 {
				m.Payload = append(slices.Clone(m.Payload), ' ')
			}
			if !yield(m, err) {
				return
			}
		}
	}
}
