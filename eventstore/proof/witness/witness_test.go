package witness_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
)

const origin = "ledger.example/truce/abcdefghijklmnopqrstuvwxyz"

var bucket = []byte("tree/1")

// A ledger is a log that grows and signs.
type ledger struct {
	t      testing.TB
	db     *bbolt.DB
	keeper *proof.Keeper
	key    note.Verifier
	vkey   string
}

// newLedgers returns logs that are signed by one key, as a forger's would be.
func newLedgers(t testing.TB, n int) []*ledger {
	t.Helper()
	key, err := proof.OpenLogKey(filepath.Join(t.TempDir(), "log.key"), origin)
	must(t, err)
	verifier, err := proof.Verifier(key.VerifierKey())
	must(t, err)
	all := make([]*ledger, n)
	for i := range all {
		db, err := bbolt.Open(filepath.Join(t.TempDir(), "tree.db"), 0o600, &bbolt.Options{NoSync: true})
		must(t, err)
		heads, err := proof.OpenHeads(filepath.Join(t.TempDir(), "heads.db"))
		must(t, err)
		t.Cleanup(func() { _, _ = db.Close(), heads.Close() })
		all[i] = &ledger{t: t, db: db, key: verifier, vkey: key.VerifierKey(), keeper: proof.NewKeeper(key, proof.In{DB: db, Bucket: bucket}, heads, nil)}
	}
	return all
}

// grow appends entries that say what, and returns the head.
func (l *ledger) grow(n int, what string) proof.Head {
	l.t.Helper()
	must(l.t, l.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		tree := proof.TreeIn(b)
		for range n {
			if err := tree.Append(fmt.Appendf(nil, "%s %d", what, tree.Size())); err != nil {
				return err
			}
		}
		return nil
	}))
	h, err := l.keeper.Sign(context.Background())
	must(l.t, err)
	return h
}

// prove is the body of a request from old to h.
func (l *ledger) prove(old int64, h proof.Head) (text []byte, err error) {
	err = proof.In{DB: l.db, Bucket: bucket}.ViewTree(func(tree proof.Tree) error {
		text, err = proof.ConsistencyText(tree, old, h)
		return err
	})
	return text, err
}

func newWitness(t testing.TB, name string, logs ...note.Verifier) (*witness.Witness, *witness.Store, note.Verifier) {
	t.Helper()
	skey, _, err := note.GenerateKey(rand.Reader, name)
	must(t, err)
	store, err := witness.OpenStore(filepath.Join(t.TempDir(), "witness.db"))
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	w, err := witness.New(skey, store, logs...)
	must(t, err)
	vkey, err := witness.VerifierKey(skey)
	must(t, err)
	v, err := witness.Verifier(vkey)
	must(t, err)
	return w, store, v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func post(t testing.TB, h http.Handler, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRecorder()
	h.ServeHTTP(r, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/add-checkpoint", bytes.NewReader(body)))
	return r
}

// The statuses of tlog-witness, in the order in which its text gives them.
func TestAddCheckpointAnswersAsSpecified(t *testing.T) {
	ledgers := newLedgers(t, 2)
	honest, forger := ledgers[0], ledgers[1]
	stranger := newLedgers(t, 1)[0]
	w, store, key := newWitness(t, "north.example/witness", honest.key)
	h := w.Handler()

	first := honest.grow(5, "entry")
	body, err := honest.prove(0, first)
	must(t, err)
	answer := post(t, h, body)
	if answer.Code != http.StatusOK {
		t.Fatalf("got %d %s", answer.Code, answer.Body)
	}
	cosigned, err := proof.Merge(first.Note, answer.Body.Bytes(), honest.key, key)
	must(t, err)
	if c := witness.Cosignatures(cosigned); len(c) != 1 || c[0].Witness != "north.example/witness" {
		t.Errorf("got the cosignatures %v", c)
	}
	forged := forger.grow(5, "forged")
	second := honest.grow(7, "entry")
	grown := forger.grow(7, "forged")

	request := func(old int64, l *ledger, head proof.Head) []byte {
		text, err := l.prove(old, head)
		must(t, err)
		return text
	}
	unsigned := request(5, stranger, stranger.grow(8, "x"))
	for _, c := range []struct {
		name   string
		body   []byte
		status int
		says   string
	}{
		{"not a request", []byte("hello"), 400, ""},
		{"no head", []byte("old 5\n\n"), 400, ""},
		{"a leading zero", bytes.Replace(request(5, honest, second), []byte("old 5"), []byte("old 05"), 1), 400, ""},
		{"an unknown log", bytes.Replace(request(5, honest, second), []byte("ledger.example"), []byte("ledgers.example"), 1), 404, ""},
		{"another key of the same name", unsigned, 403, ""},
		{"an old size beyond the head", bytes.Replace(request(5, honest, second), []byte("old 5"), []byte("old 13"), 1), 400, ""},
		{"an old size that was not signed", request(3, honest, second), 409, "5\n"},
		{"another history of the same size", request(5, forger, forged), 409, ""},
		{"another history that is longer", request(5, forger, grown), 422, ""},
		{"no proof", append([]byte("old 5\n\n"), second.Note...), 422, ""},
		{"the same again", request(5, honest, first), 200, "— north.example/witness "},
		{"the next", request(5, honest, second), 200, "— north.example/witness "},
	} {
		answer := post(t, h, c.body)
		if answer.Code != c.status || !strings.HasPrefix(answer.Body.String(), c.says) {
			t.Errorf("%s: got %d %q, want %d", c.name, answer.Code, answer.Body, c.status)
		}
		if got := answer.Header().Get("Content-Type"); (c.says == "5\n") != (got == "text/x.tlog.size") {
			t.Errorf("%s: the type is %q", c.name, got)
		}
	}
	refused, err := store.Refused()
	must(t, err)
	proves := 0
	for _, r := range refused {
		if r.Proves && r.Held == string(first.Note) && r.Refused == string(forged.Note) {
			proves++
		}
	}
	if len(refused) != 3 || proves != 1 {
		t.Errorf("kept %d refused heads, %d of them a proof of fraud: want 3 and 1", len(refused), proves)
	}
	held, err := store.Held(origin)
	if err != nil || held.Size != 12 || held.Root != second.Root {
		t.Errorf("got %+v, %v", held, err)
	}
}

// Two requests at once are the classic way to make a witness sign two histories.
func TestTwoHistoriesAtOnceAreNeverBothSigned(t *testing.T) {
	ledgers := newLedgers(t, 2)
	w, _, _ := newWitness(t, "w", ledgers[0].key)
	var wg sync.WaitGroup
	var mu sync.Mutex
	signed := map[string]int{}
	for i, l := range ledgers {
		for size := 1; size <= 8; size++ {
			body, err := l.prove(0, l.grow(1, fmt.Sprint("history ", i)))
			must(t, err)
			wg.Go(func() {
				if _, err := w.AddCheckpoint(body); err == nil {
					mu.Lock()
					signed[fmt.Sprint(i)]++
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	if len(signed) != 1 || signed["0"]+signed["1"] != 1 {
		t.Errorf("signed %v: want one head of one history", signed)
	}
}

// A proof from nothing proves nothing, so an enrolled head is what keeps a forger from being first.
func TestAnEnrolledWitnessTakesNoOtherBeginning(t *testing.T) {
	ledgers := newLedgers(t, 2)
	w, _, _ := newWitness(t, "w", ledgers[0].key)
	first := ledgers[0].grow(1, "opened")
	must(t, w.Enroll(first.Note))
	must(t, w.Enroll(first.Note))
	body, err := ledgers[1].prove(0, ledgers[1].grow(4, "forged"))
	must(t, err)
	if _, err := w.AddCheckpoint(body); !errors.Is(err, witness.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
}

func TestTheLedgerCollectsCosignaturesAndWaitsForNobody(t *testing.T) {
	l := newLedgers(t, 1)[0]
	north, _, northKey := newWitness(t, "north.example/w", l.key)
	south, _, southKey := newWitness(t, "south.example/w", l.key)
	away := httptest.NewServer(nil)
	away.Close()
	serve := func(w *witness.Witness) string {
		s := httptest.NewServer(w.Handler())
		t.Cleanup(s.Close)
		return s.URL
	}
	c := &witness.Client{Prove: l.prove, Witnesses: []witness.Named{
		{Name: "north", Verifier: northKey, URL: serve(north)},
		{Name: "south", Verifier: southKey, URL: serve(south) + "/"},
		{Name: "away", Verifier: southKey, URL: away.URL},
	}}
	for range 3 {
		h := l.grow(3, "entry")
		answers := c.Submit(t.Context(), h, l.key)
		if answers[0].Err != nil || answers[1].Err != nil || answers[2].Err == nil {
			t.Fatalf("got %v", answers)
		}
		merged, err := proof.Merge(h.Note, witness.Lines(answers), l.key, northKey, southKey)
		if err != nil || len(witness.Cosignatures(merged)) != 2 {
			t.Errorf("got %s, %v", merged.Note, err)
		}
	}
	// A new client knows nothing, and learns from the answer what the witness has.
	h := l.grow(3, "entry")
	again := &witness.Client{Prove: l.prove, Witnesses: c.Witnesses[:1]}
	if a := again.Submit(t.Context(), h, l.key); a[0].Err != nil {
		t.Error(a[0].Err)
	}
}

func TestAWitnessOfAnotherKeyIsNotTaken(t *testing.T) {
	l := newLedgers(t, 1)[0]
	north, _, _ := newWitness(t, "north.example/w", l.key)
	_, _, other := newWitness(t, "north.example/w", l.key)
	s := httptest.NewServer(north.Handler())
	t.Cleanup(s.Close)
	c := &witness.Client{Prove: l.prove, Witnesses: []witness.Named{{Name: "north", Verifier: other, URL: s.URL}}}
	if a := c.Submit(t.Context(), l.grow(3, "entry"), l.key); a[0].Err == nil || a[0].Line != nil {
		t.Errorf("got %v", a[0])
	}
}
