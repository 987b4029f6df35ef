package bundle_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
)

// A mutation is what somebody did to a bundle, and who catches it.
type mutation struct {
	name     string
	change   func(t *testing.T, dir string)
	sequence uint64
	check    string
}

// edit rewrites one file of a bundle.
func edit(path string, change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, path)
		raw, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, change(raw), 0o644))
	}
}

// both edits the same entry in events.jsonl and in tile/entries, which is what somebody would do who knows of both.
func both(n int, change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		edit("events.jsonl", func(raw []byte) []byte {
			l := lines(raw)
			l[n-1] = append(change(bytes.TrimSuffix(l[n-1], []byte("\n"))), '\n')
			return bytes.Join(l, nil)
		})(t, dir)
		edit("tile/entries/000", func(raw []byte) []byte {
			var again []byte
			at := 0
			for p, err := range proof.SplitBundle(raw) {
				must(t, err)
				if at++; at == n {
					p = change(p)
				}
				again, err = proof.AppendToBundle(again, p)
				must(t, err)
			}
			return again
		})(t, dir)
	}
}

func lines(raw []byte) [][]byte {
	l := bytes.SplitAfter(raw, []byte("\n"))
	return l[:len(l)-1]
}

func flip(at int) func([]byte) []byte {
	return func(raw []byte) []byte {
		raw = bytes.Clone(raw)
		if at < 0 {
			at += len(raw)
		}
		raw[at] ^= 1
		return raw
	}
}

func replace(old, with string) func([]byte) []byte {
	return func(raw []byte) []byte {
		if !bytes.Contains(raw, []byte(old)) {
			panic("nothing to replace: " + old)
		}
		return bytes.Replace(raw, []byte(old), []byte(with), 1)
	}
}

func onLines(change func([][]byte) [][]byte) func([]byte) []byte {
	return func(raw []byte) []byte { return bytes.Join(change(lines(raw)), nil) }
}

// The table of what can be done to a bundle without any key: each is caught, at the first bad entry.
func TestEveryMutationIsCaught(t *testing.T) {
	f := story(t)
	attachment := ""
	whole := f.write(nil)
	matches, _ := filepath.Glob(filepath.Join(whole, "attachments", "sha256", "*", "*", "*"))
	attachment, _ = filepath.Rel(whole, matches[0])
	for _, m := range []mutation{
		{"a bit of an entry", edit("events.jsonl", onLines(func(l [][]byte) [][]byte { l[41] = flip(30)(l[41]); return l })), 42, "entry-file"},
		{"a bit of an entry's copy", edit("tile/entries/000", flip(5)), 1, "entry-file"},
		{"a bit of both", both(42, flip(30)), 42, "tile"},
		{"a dropped entry", edit("events.jsonl", onLines(func(l [][]byte) [][]byte { return slices.Delete(l, 9, 10) })), 10, "entry-file"},
		{"a dropped last entry", edit("events.jsonl", onLines(func(l [][]byte) [][]byte { return l[:len(l)-1] })), 0, "root"},
		{"a doubled entry", edit("events.jsonl", onLines(func(l [][]byte) [][]byte { return slices.Insert(l, 9, l[9]) })), 11, "entry-file"},
		{"swapped entries", edit("events.jsonl", onLines(func(l [][]byte) [][]byte { l[20], l[21] = l[21], l[20]; return l })), 21, "entry-file"},
		{"an entry more", edit("events.jsonl", onLines(func(l [][]byte) [][]byte { return append(l, l[9]) })), 309, "line"},
		{"a cut last line", edit("events.jsonl", func(b []byte) []byte { return b[:len(b)-1] }), 308, "line"},
		{"an empty line", edit("events.jsonl", onLines(func(l [][]byte) [][]byte { return slices.Insert(l, 5, []byte("\n")) })), 6, "entry-file"},
		{"an empty record", edit("events.jsonl", func([]byte) []byte { return nil }), 0, "root"},
		{"a line too long", edit("events.jsonl", onLines(func(l [][]byte) [][]byte {
			l[4] = append(bytes.Repeat([]byte("x"), eventstore.MaxPayload+1), '\n')
			return l
		})), 5, "line"},
		{"another time", both(7, replace("2016-05-04T12:00:00Z", "2016-05-03T12:00:00Z")), 7, "tile"},
		{"a withheld entry that is there", edit("events.jsonl", onLines(func(l [][]byte) [][]byte {
			l[2] = []byte(`{"withheld":3,"leaf":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}` + "\n")
			return l
		})), 3, "entry-file"},
		{"a withheld entry of another place", edit("events.jsonl", onLines(func(l [][]byte) [][]byte {
			l[2] = []byte(`{"withheld":4,"leaf":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}` + "\n")
			return l
		})), 3, "line"},
		{"entries of the file cut", edit("tile/entries/000", func(b []byte) []byte { return b[:len(b)-1] }), 256, "entry-file"},
		{"entries of the file more", edit("tile/entries/000", func(b []byte) []byte { return append(b, 0, 0) }), 256, "entry-file"},
		{"entries' file gone", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "tile/entries/000"))) }, 256, "entry-file"},
		{"a bit of a tile", edit("tile/0/000", flip(32*17+3)), 18, "tile"},
		{"a bit of the last tile", edit("tile/0/001.p/52", flip(-1)), 308, "tile"},
		{"a bit of an upper tile", edit("tile/1/000.p/1", flip(3)), 1, "tile"},
		{"a cut tile", edit("tile/0/000", func(b []byte) []byte { return b[:64] }), 1, "tile"},
		{"a tile gone", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "tile/0/001.p/52"))) }, 257, "tile"},
		{"no head", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "checkpoint"))) }, 0, "head"},
		{"a head of another size", edit("checkpoint", replace("\n308\n", "\n307\n")), 0, "head"},
		{"a head of another origin", edit("checkpoint", replace("ledger.example", "ledger.examplf")), 0, "head"},
		{"a head without the log's signature", edit("checkpoint", onLines(func(l [][]byte) [][]byte { return slices.Delete(l, 4, 5) })), 0, "head"},
		{"a head without the witness's", edit("checkpoint", onLines(func(l [][]byte) [][]byte { return l[:5] })), 0, "policy"},
		{"a bit of the witness's signature", edit("checkpoint", flip(-9)), 0, "head"},
		{"a policy that asks for nobody", func(t *testing.T, dir string) {
			edit("policy", func([]byte) []byte { return []byte("quorum none\n") })(t, dir)
			edit("checkpoint", onLines(func(l [][]byte) [][]byte { return l[:5] }))(t, dir)
		}, 0, "policy"},
		{"an older head in its place", edit("checkpoint", func([]byte) []byte { return f.signed[1] }), 0, "history"},
		{"an earlier head altered", edit("checkpoints.txt", replace("\n6\n", "\n7\n")), 0, "head"},
		{"an earlier head cut", edit("checkpoints.txt", func(b []byte) []byte { return b[:len(b)-3] }), 0, "head"},
		{"an attachment altered", edit(attachment, flip(0)), 0, "attachment"},
		{"a receipt altered", edit("receipts/3", replace("index 2", "index 3")), 3, "receipt"},
		{"a receipt of another entry", func(t *testing.T, dir string) {
			must(t, os.Rename(filepath.Join(dir, "receipts/3"), filepath.Join(dir, "receipts/4")))
		}, 4, "receipt"},
	} {
		t.Run(m.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "b")
			must(t, os.CopyFS(dir, os.DirFS(whole)))
			m.change(t, dir)
			_, err := bundle.Verify(t.Context(), dir, f.options())
			caught(t, err, m.sequence, m.check)
			t.Logf("%s: %v", m.name, err)
		})
	}
}

// A forger is the operator: he has the log's key, and writes the log anew from some entry on.
func forge(t *testing.T, f *fixture, from int, change func([]byte) []byte) (dir string, head proof.Head) {
	t.Helper()
	log := memory.New()
	for m, err := range f.log.Read(t.Context(), 0) {
		must(t, err)
		if int(m.Sequence) == from {
			m.Payload = change(m.Payload)
		}
		last := uint64(0)
		for held, err := range log.Load(t.Context(), m.Subject, 0) {
			must(t, err)
			last = held.Sequence
		}
		_, err = log.Append(t.Context(), m.Subject, last, m.Payload)
		must(t, err)
	}
	forged := *f
	db := newFixture(t)
	forged.log, forged.db, forged.signed = log, db.db, nil
	heads, err := proof.OpenHeads(filepath.Join(t.TempDir(), "forged.db"))
	must(t, err)
	t.Cleanup(func() { _ = heads.Close() })
	forged.heads = heads
	forged.keeper = proof.NewKeeper(f.key, proof.In{DB: forged.db, Bucket: bucket}, heads, nil)
	forged.newWitness() // one of his own: the others refuse
	head = forged.sign()
	return forged.write(func(s *bundle.Source) { s.Heads = nil }), head
}

// What no check of one log alone can see, and who sees it.
func TestARewrittenHistoryIsSeenByWhoeverKeptAHead(t *testing.T) {
	f := story(t)
	// He takes entry 302 out of the story by turning it into the registration of another place: the rules allow that.
	dir, head := forge(t, f, 302, replace("Barn", "Bain"))
	alone := bundle.Options{Trust: bundle.Trust{LogKey: f.keeper.Verifier()}}
	if r, err := bundle.Verify(t.Context(), dir, alone); err != nil || !strings.Contains(r.Words(), "could have written all of it anew") {
		if err != nil {
			t.Fatalf("a consistent rewrite cannot be seen from within: %v", err)
		}
		t.Errorf("the report does not say so:\n%s", r.Words())
	}
	_, err := bundle.Verify(t.Context(), dir, f.options())
	caught(t, err, 0, "policy")
	kept := alone
	kept.Kept = f.signed[1:]
	_, err = bundle.Verify(t.Context(), dir, kept)
	caught(t, err, 308, "history")
	kept.Kept = f.signed[:1]
	if _, err := bundle.Verify(t.Context(), dir, kept); err != nil {
		t.Errorf("a head from before the rewrite still fits: %v", err)
	}
	body, err := f.prove(0, head)
	_ = body
	must(t, err)
	forged := append([]byte("old 308\n\n"), head.Note...)
	if _, err := f.witness.AddCheckpoint(forged); err == nil {
		t.Error("the witness signed a second history")
	}
}

// Even with the log's key and a witness of his own, he cannot write what the rules refuse.
func TestAForgedStreamThatBreaksTheRulesIsCaught(t *testing.T) {
	f := story(t)
	for name, c := range map[string]struct {
		at     int
		change func([]byte) []byte
	}{
		"another actor's consent": {7, replace(`"by":"south"`, `"by":"north"`)},
		"another end":             {298, replace("PT24H", "PT96H")},
		"a time before":           {7, replace(`"time":"2016-05-04T12:00:00Z"`, `"time":"2016-05-03T12:00:00Z"`)},
		"an unknown field":        {8, replace(`"version_before"`, `"colour":1,"version_before"`)},
		"a doubled field":         {8, replace(`"version_before"`, `"read_to":1,"version_before"`)},
		"another ledger":          {9, replace("urn:truce:", "urn:truce:x")},
		"facts not yet known":     {20, replace(`"read_to":19`, `"read_to":3`)},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := forge(t, f, c.at, c.change)
			_, err := bundle.Verify(t.Context(), dir, bundle.Options{Trust: bundle.Trust{LogKey: f.keeper.Verifier()}})
			t.Log(err)
			if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("entry %d: ", c.at)) {
				t.Errorf("got %v, want entry %d", err, c.at)
			}
		})
	}
}

// FuzzVerify gives a verifier a bundle in which one file is anything at all.
func FuzzVerify(f *testing.F) {
	fix := newFixture(f)
	fix.send(`{"command":"register-actor","actor":"north","name":"North","kind":"state"}`, `{"command":"register-actor","actor":"south","name":"South","kind":"state"}`)
	fix.sign()
	dir := fix.write(func(s *bundle.Source) { s.Receipts = nil })
	for _, name := range []string{"events.jsonl", "checkpoint", "checkpoints.txt", "tile/0/000.p/3"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		must(f, err)
		f.Add(name, raw)
	}
	options := fix.options()
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		if !slices.Contains([]string{"events.jsonl", "checkpoint", "checkpoints.txt", "tile/0/000.p/3", "tile/entries/000.p/3"}, name) {
			return
		}
		held, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), raw, 0o644))
		_, err = bundle.Verify(t.Context(), dir, options)
		must(t, os.WriteFile(filepath.Join(dir, name), held, 0o644))
		if err == nil && !bytes.Equal(held, raw) && name != "checkpoint" && name != "checkpoints.txt" {
			t.Errorf("%s was altered and the bundle holds", name)
		}
	})
}
