package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	natsjetstream "github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore/logtest"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/natsheads"
)

// A pair is two ledgers, processes both, on one NATS server, a process too, that sign into one register of heads.
type pair struct {
	t      *testing.T
	store  string
	url    string
	nats   *process
	data   [2]string
	ledger [2]*process
	at     [2]string
}

// TestTwoLedgersSignOneHistory has two ledgers write and sign at once. Every head that either signed or the register ever held must
// fit one tree, the same on both; a ledger that comes with an old folder of its own must go on from there; and one whose log was
// put back to an older copy must refuse to sign and to write, and keep what shows it.
func TestTwoLedgersSignOneHistory(t *testing.T) {
	t.Parallel()
	p := &pair{t: t, store: t.TempDir(), data: [2]string{t.TempDir(), t.TempDir()}}
	p.url = fmt.Sprintf("nats://127.0.0.1:%d", logtest.Ports(t, 1)[0])
	p.startNATS()
	p.serve(0)
	if err := copyFile(filepath.Join(p.data[0], "log.key"), filepath.Join(p.data[1], "log.key")); err != nil {
		t.Fatal(err)
	}
	p.serve(1)
	p.write(0, 40)

	// Copies of an early moment: of the first ledger's folder, and of the engine's.
	p.stop()
	oldFolder, oldStore := t.TempDir(), t.TempDir()
	for from, to := range map[string]string{p.data[0]: oldFolder, p.store: oldStore} {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	for _, secret := range []string{"log.key", "operator.token"} { // a copy keeps no modes
		if err := os.Chmod(filepath.Join(oldFolder, secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.startNATS()
	p.serve(0)
	p.serve(1)

	p.write(1, 300)
	last := p.last()
	p.wantOneHistory(last, 0, 1)

	if err := p.ledger[1].stop(); err != nil {
		t.Fatal(err)
	}
	p.data[1] = oldFolder
	p.serve(1)
	p.write(2, 60)
	p.wantOneHistory(p.last(), 0, 1)

	p.stop()
	if err := os.RemoveAll(p.store); err != nil {
		t.Fatal(err)
	}
	p.store = oldStore
	p.startNATS()
	p.serve(0)
	p.wantRefused(0)
}

func (p *pair) startNATS() {
	p.t.Helper()
	path, err := exec.LookPath("nats-server")
	if err != nil {
		p.t.Fatal(err)
	}
	port := p.url[strings.LastIndex(p.url, ":")+1:]
	if p.nats, err = launchProgram(path, p.t.TempDir(), append(os.Environ(), "GORACE="+atExit), "-a", "127.0.0.1", "-p", port, "-js", "-sd", p.store); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(p.nats.kill)
	if _, err := p.nats.stderr.await("Server is ready"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) serve(i int) {
	p.t.Helper()
	l, err := launch(p.t.TempDir(), append(os.Environ(), "GORACE="+atExit), "serve", "--nats", p.url, "--listen", "127.0.0.1:0", "--data", p.data[i])
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		l.kill()
		if p.t.Failed() {
			p.t.Logf("ledger %d said:\n%s", i, l.stderr)
		}
	})
	if p.at[i], err = l.awaitAddress(); err != nil {
		p.t.Fatal(err)
	}
	p.ledger[i] = l
}

// stop ends all three in good order.
func (p *pair) stop() {
	p.t.Helper()
	for _, x := range []*process{p.ledger[0], p.ledger[1], p.nats} {
		if err := x.stop(); err != nil {
			p.t.Fatal(err)
		}
	}
}

// write sends n commands from eight clients, each to either ledger by turns.
func (p *pair) write(round, n int) {
	p.t.Helper()
	const clients = 8
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range n / clients {
				body := fmt.Sprintf(`{"actor":"a-%d-%d-%d","name":"A","kind":"person"}`, round, c, i)
				for again := true; again && !p.t.Failed(); {
					answer, err := operator.Post(p.at[(c+i)%2]+"/v1/commands/register-actor", "application/json", strings.NewReader(body))
					if err != nil {
						p.t.Error(err)
						return
					}
					answer.Body.Close()
					again = answer.StatusCode == http.StatusServiceUnavailable
					if !again && answer.StatusCode != http.StatusCreated && answer.StatusCode != http.StatusUnprocessableEntity { // stored, and the answer was lost
						p.t.Errorf("%s: %s", body, answer.Status)
					}
				}
			}
		})
	}
	all.Wait()
}

func (p *pair) last() int {
	p.t.Helper()
	return bytes.Count([]byte(awaitOK(p.t, p.at[0]+"/v1/entries")), []byte("\n"))
}

// wantOneHistory recomputes the tree from the entries alone and compares every head with it.
func (p *pair) wantOneHistory(last int, nodes ...int) {
	p.t.Helper()
	key, err := proof.Verifier(strings.TrimSpace(said(p.t, p.at[0], exitDone, "log-key")))
	if err != nil {
		p.t.Fatal(err)
	}
	roots := map[int64]tlog.Hash{}
	edge := proof.NewEdge(func(tlog.Tile, []byte) error { return nil })
	for line := range bytes.Lines([]byte(awaitOK(p.t, p.at[0]+"/v1/entries"))) {
		if err := edge.Append(tlog.RecordHash(bytes.TrimSuffix(line, []byte("\n")))); err != nil {
			p.t.Fatal(err)
		}
		if roots[edge.Size()], err = edge.Root(); err != nil {
			p.t.Fatal(err)
		}
	}
	fits := func(whose string, text []byte) int64 {
		h, err := proof.OpenHead(text, key)
		if err != nil || h.Root != roots[h.Size] {
			p.t.Errorf("%s has a head at %d that is not of this history: %v", whose, h.Size, err)
		}
		return h.Size
	}
	sizes := map[int64]int{}
	for _, i := range nodes {
		awaitHead(p.t, p.at[i], last)
		heads := awaitOK(p.t, p.at[i]+"/log/checkpoints")
		count := 0
		for rest := heads; rest != ""; count++ {
			text, more, _ := strings.Cut(rest, "\n\n— ")
			signatures, after, _ := strings.Cut(more, "\n\n")
			sizes[fits(fmt.Sprint("ledger ", i), []byte(text+"\n\n— "+signatures+"\n"))]++
			rest = after
		}
		if count < 2 {
			p.t.Errorf("ledger %d holds %d heads: it has signed nothing", i, count)
		}
		p.t.Logf("ledger %d holds %d heads", i, count)
	}
	for _, path := range []string{fmt.Sprint("/v1/admin/digests?min_sequence=", last), "/log/tile/0/000"} { // more than 256 entries
		var answers []string
		for _, i := range nodes {
			answers = append(answers, awaitOK(p.t, p.at[i]+path))
		}
		if len(slices.Compact(answers)) > 1 {
			p.t.Errorf("%s differs between the ledgers", path)
		}
	}
	p.register(fits)
}

// register reads every head that the register has held: each must be larger than the one before.
func (p *pair) register(fits func(string, []byte) int64) {
	p.t.Helper()
	nc, err := nats.Connect(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	js, err := natsjetstream.New(nc)
	if err != nil {
		p.t.Fatal(err)
	}
	kv, err := js.KeyValue(p.t.Context(), natsheads.Bucket)
	if err != nil {
		p.t.Fatal(err)
	}
	keys, err := kv.Keys(p.t.Context())
	if err != nil || len(keys) != 1 {
		p.t.Fatalf("%v, %v", keys, err)
	}
	history, err := kv.History(p.t.Context(), keys[0])
	if err != nil {
		p.t.Fatal(err)
	}
	before := int64(0)
	for _, e := range history {
		size := fits("the register", e.Value())
		if size <= before {
			p.t.Errorf("the register went from %d to %d", before, size)
		}
		before = size
	}
	p.t.Logf("the register has held %d heads", len(history))
}

// wantRefused expects a ledger that answers questions, takes no command, signs nothing, and has kept what shows why.
func (p *pair) wantRefused(i int) {
	p.t.Helper()
	_, head := fetch(p.t, p.at[i]+"/log/checkpoint")
	answer, err := operator.Post(p.at[i]+"/v1/commands/register-actor", "application/json", strings.NewReader(`{"actor":"late","name":"Late","kind":"person"}`))
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	var problem struct{ Code, Detail string }
	if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil || answer.StatusCode/100 != 5 {
		p.t.Errorf("it takes a command on an old copy of its log: %s %+v %v", answer.Status, problem, err)
	}
	if status, body := fetch(p.t, p.at[i]+"/v1/actors/a-0-0-0"); status != http.StatusOK {
		p.t.Errorf("it does not answer what it holds: %d %s", status, body)
	}
	if _, now := fetch(p.t, p.at[i]+"/log/checkpoint"); now != head {
		p.t.Errorf("it has signed on:\n%s\n%s", head, now)
	}
	if err := p.ledger[i].stop(); err != nil {
		p.t.Fatal(err)
	}
	heads, err := proof.OpenHeads(filepath.Join(p.data[i], "heads.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer heads.Close()
	evidence, err := heads.Evidence()
	if err != nil || len(evidence) == 0 || evidence[0].Signed != head || !strings.Contains(evidence[0].Why, "the log ends at") {
		p.t.Errorf("the evidence is %+v, %v", evidence, err)
	}
}
