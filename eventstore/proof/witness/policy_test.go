package witness_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
)

func TestAPolicyCountsWitnesses(t *testing.T) {
	l := newLedgers(t, 1)[0]
	var keys []string
	var ws []*witness.Witness
	for i := range 3 {
		skey, _, err := note.GenerateKey(rand.Reader, fmt.Sprintf("w%d.example", i))
		must(t, err)
		store, err := witness.OpenStore(t.TempDir() + "/w.db")
		must(t, err)
		t.Cleanup(func() { _ = store.Close() })
		w, err := witness.New(skey, store, l.key)
		must(t, err)
		vkey, err := witness.VerifierKey(skey)
		must(t, err)
		keys, ws = append(keys, vkey), append(ws, w)
	}
	text := fmt.Sprintf("# delegations\nwitness A %s\nwitness B %s https://b.example/w\nwitness C %s\ngroup two 2 A B C\nquorum two\n", keys[0], keys[1], keys[2])
	p, err := witness.ParsePolicy([]byte(text))
	must(t, err)
	if len(p.Witnesses) != 3 || p.Witnesses[0].URL != "" || p.Witnesses[1].URL != "https://b.example/w" {
		t.Errorf("got %+v", p.Witnesses)
	}
	head := l.grow(4, "entry")
	for i, want := range []bool{false, true, true} {
		body, err := l.prove(0, head)
		must(t, err)
		line, err := ws[i].AddCheckpoint(body)
		must(t, err)
		head, err = proof.Merge(head.Note, line, l.key, p.Verifiers()...)
		must(t, err)
		if got := p.Reached(head.Note); got != want {
			t.Errorf("with %d cosignatures: got %v, want %v", i+1, got, want)
		}
	}
	none, err := witness.ParsePolicy([]byte("quorum none\n"))
	if err != nil || !none.NeedsNone() || !none.Reached(head.Note) {
		t.Errorf("quorum none: %v", err)
	}

	bad := map[string]string{
		"no quorum":         "witness A " + keys[0],
		"two quorums":       "quorum none\nquorum none",
		"unknown":           "quorum X",
		"threshold 0":       strings.Replace(text, "two 2", "two 0", 1),
		"threshold 4":       strings.Replace(text, "two 2", "two 4", 1),
		"threshold 02":      strings.Replace(text, "two 2", "two 02", 1),
		"a member twice":    strings.Replace(text, "A B C", "A A C", 1),
		"a key twice":       strings.Replace(text, keys[1], keys[0], 1),
		"a name twice":      strings.Replace(text, "witness B", "witness A", 1),
		"another keyword":   "trust everybody\nquorum none",
		"a key cut short":   strings.Replace(text, keys[0], keys[0][:len(keys[0])-4], 1),
		"a control":         "quorum none\r",
		"a comment in line": "quorum none # well",
	}
	for name, text := range bad {
		if _, err := witness.ParsePolicy([]byte(text)); !errors.Is(err, witness.ErrPolicy) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err = witness.ParsePolicy([]byte("# saved on Windows\nquorum none\r\n"))
	if err == nil || !strings.Contains(err.Error(), `line 2: it has a control character, '\r'; end lines with a line feed alone`) {
		t.Errorf("got %v", err)
	}
}

func FuzzParsePolicy(f *testing.F) {
	skey, _, _ := note.GenerateKey(rand.Reader, "w.example")
	vkey, _ := witness.VerifierKey(skey)
	f.Add([]byte("witness A " + vkey + "\ngroup g all A\nquorum g\n"))
	f.Add([]byte("quorum none"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := witness.ParsePolicy(text)
		if err == nil && !p.NeedsNone() && p.Reached([]byte("nothing is signed")) {
			t.Errorf("%q asks for a quorum and is content with nothing", text)
		}
	})
}

func FuzzAddCheckpoint(f *testing.F) {
	l := newLedgers(f, 1)[0]
	w, _, _ := newWitness(f, "w", l.key)
	f.Add([]byte("old 0\n\n" + origin + "\n3\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\n— " + origin + " AAAA\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := w.AddCheckpoint(body); err == nil {
			t.Error("a head that nobody signed was cosigned")
		}
	})
}
