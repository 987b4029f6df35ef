package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/nats-io/nats.go"
)

// TestALedgerInAClusterLosesNothing runs two ledgers on three NATS servers, all of them processes, and kills the server that
// leads the stream with SIGKILL while clients write, again and again. What was acknowledged must be there, once; what the
// clients were told must be a history of single, indivisible steps; both ledgers must come to the same read models; and
// writing must be possible again within ten seconds. TRUCE_LONG=1 kills twelve times, TRUCE_KILL_ROUNDS any other number.
func TestALedgerInAClusterLosesNothing(t *testing.T) {
	t.Parallel()
	kills := 1
	if os.Getenv("TRUCE_LONG") == "1" {
		kills = 12
	}
	if given, err := strconv.Atoi(os.Getenv("TRUCE_KILL_ROUNDS")); err == nil {
		kills = given
	}
	s := &siege{killing: &killing{t: t, acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}, cluster: startNATSCluster(t)}
	s.http.Transport = asOperator{env: homeEnv, next: &http.Transport{MaxIdleConnsPerHost: siegeClients}} // each ledger has tokens of its own
	s.http.Timeout = 30 * time.Second                                                                     // a ledger answers before
	s.watch = s.cluster.connect(t, "truce-ledger")
	for range 2 {
		s.serve()
	}
	s.address = s.ledgers[0]
	s.must("register-source", `{"source":"observer","title":"Observer"}`)
	s.digests(s.ledgers[1], s.latest()) // until the other one knows the source, it would refuse those who cite it

	s.began = time.Now()
	var clients sync.WaitGroup
	for i := range siegeClients {
		clients.Go(func() { s.client(i) })
	}
	for range kills {
		s.awaitWritten(s.written.Load() + 100)
		s.killLeader()
	}
	s.awaitWritten(s.written.Load() + 100)
	s.over.Store(true)
	clients.Wait()
	s.verdict()
}

const (
	siegeClients = 12
	siegeRecords = 5
)

// A siege is what goes on in the cluster.
type siege struct {
	*killing
	cluster *natsCluster
	ledgers []string // their addresses
	watch   *nats.Conn

	began   time.Time
	written atomic.Int64 // commands acknowledged
	retries atomic.Int64
	over    atomic.Bool

	historyMu sync.Mutex
	history   []porcupine.Operation
}

// serve starts a ledger on the cluster.
func (s *siege) serve() {
	s.t.Helper()
	data := s.t.TempDir()
	if s.data == "" {
		s.data = data
	} else if err := copyFile(filepath.Join(s.data, "log.key"), filepath.Join(data, "log.key")); err != nil {
		s.t.Fatal(err) // one ledger has one key, which the operator copies
	}
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--replicas", "3"}, s.cluster.flags(s.t, s.cluster.urls(), "truce-ledger")...)
	p, err := launch(s.t.TempDir(), append(os.Environ(), "GORACE="+atExit), args...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		p.kill()
		if s.t.Failed() {
			s.t.Logf("a ledger said:\n%s", p.stderr)
		}
	})
	address, err := p.awaitAddress()
	if err != nil {
		s.t.Fatal(err)
	}
	s.ledgers = append(s.ledgers, address)
}

// client writes to a few records that all write to, each time to any of the ledgers, until the siege is over.
func (s *siege) client(number int) {
	random := rand.New(rand.NewPCG(2016, uint64(number)))
	seen := map[string]uint64{}
	for !s.over.Load() && !s.t.Failed() {
		in := attempt{record: fmt.Sprint("series-", random.IntN(siegeRecords))}
		switch v := seen[in.record]; random.IntN(4) {
		case 0:
			in.expect = &v
		case 1: // nothing has this version, so that the answer says which it is
			impossible := uint64(1)
			in.expect = &impossible
		}
		call := time.Since(s.began)
		out, ok := s.ask(in, random)
		if !ok {
			return
		}
		seen[in.record] = out.version
		s.historyMu.Lock()
		s.history = append(s.history, porcupine.Operation{ClientId: number, Input: in, Call: int64(call), Output: out, Return: int64(time.Since(s.began))})
		s.historyMu.Unlock()
	}
}

// ask sends a command until its outcome is known, as a client should: again with the same id.
func (s *siege) ask(in attempt, random *rand.Rand) (answered, bool) {
	c := next()
	body := fmt.Sprintf(`{"command_id":%q,"tally":%q,"source":"observer","unit":"people","best":1`, c.id, in.record)
	if in.expect != nil {
		body += fmt.Sprintf(`,"expect":%d`, *in.expect)
	}
	c.verb, c.body = "record-tally", body+"}"
	for !s.t.Failed() {
		answer, err := s.http.Post(s.ledgers[random.IntN(2)]+"/v1/commands/"+c.verb, "application/json", strings.NewReader(c.body))
		if err != nil {
			s.t.Errorf("a ledger does not answer: %v", err) // none of them was killed
			return answered{}, false
		}
		out, final := s.judge(c, answer)
		if final {
			return out, true
		}
		s.retries.Add(1)
		time.Sleep(time.Duration(20+random.IntN(100)) * time.Millisecond) // less than it was asked to, to find more
	}
	return answered{}, false
}

// judge reads an answer. It is final, or one that says: later.
func (s *siege) judge(c sent, answer *http.Response) (out answered, final bool) {
	defer answer.Body.Close()
	var body struct {
		Sequence, Version uint64
		Code              string
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		s.t.Errorf("%s: %v", answer.Status, err)
		return answered{}, true
	}
	switch answer.StatusCode {
	case http.StatusCreated, http.StatusOK:
		s.mu.Lock()
		s.acknowledged[c.id] = body.Sequence
		s.mu.Unlock()
		s.written.Add(1)
		return answered{stored: true, version: body.Sequence}, true
	case http.StatusPreconditionFailed:
		return answered{version: body.Version}, true
	case http.StatusConflict:
		return answered{}, false
	case http.StatusServiceUnavailable:
		if answer.Header.Get("Retry-After") != "" && slices.Contains([]string{"unavailable", "outcome-unknown", "queue-full"}, body.Code) {
			return answered{}, false
		}
	}
	s.t.Errorf("%s is answered with %s %q", c.body, answer.Status, body.Code)
	return answered{}, true
}

// awaitWritten waits until so many commands were acknowledged.
func (s *siege) awaitWritten(n int64) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); s.written.Load() < n; time.Sleep(5 * time.Millisecond) {
		if s.t.Failed() || time.Now().After(deadline) {
			s.t.Fatalf("%d commands acknowledged, waited for %d", s.written.Load(), n)
		}
	}
}

// killLeader kills the server that leads the stream, waits until somebody can write again, and starts it anew.
func (s *siege) killLeader() {
	s.t.Helper()
	leader := s.streamLeader()
	i := slices.IndexFunc(s.cluster.nodes, func(n *natsNode) bool { return n.name == leader })
	if i < 0 {
		s.t.Fatalf("the stream's leader is %q", leader)
	}
	before := time.Now()
	s.cluster.nodes[i].server.kill()
	led, first := s.awaitWriting()
	took := time.Since(before)
	s.t.Logf("%s was killed; led again after %.1f s; first entry after %.1f s; writing again after %.1f s", leader, led.Sub(before).Seconds(), first.Sub(before).Seconds(), took.Seconds())
	if took > 10*time.Second && time.Since(led) > 5*time.Second {
		s.t.Errorf("it took %v until there was writing again", took)
	}
	s.cluster.nodes[i].start(s.t)
	s.awaitReplicas()
}

// awaitWriting waits until each client could have written again, and returns when the stream had a leader for it, and its first
// entry. NATS draws
// its patience with a silent leader between 4 and 9 seconds, and again where two servers lose it together: what goes beyond is
// ours.
func (s *siege) awaitWriting() (led, first time.Time) {
	s.t.Helper()
	before := s.written.Load()
	enough := before + siegeClients + 1 // what was on its way may still be answered
	for deadline := time.Now().Add(time.Minute); s.written.Load() < enough; time.Sleep(5 * time.Millisecond) {
		if s.streamState().Cluster.Leader == "" {
			led, first, before = time.Now(), time.Time{}, s.written.Load()
		} else if first.IsZero() && s.written.Load() > before {
			first = time.Now()
		}
		if s.t.Failed() || time.Now().After(deadline) {
			s.t.Fatal("there was no writing again")
		}
	}
	if first.IsZero() { // all of it came between two looks
		first = time.Now()
	}
	return led, first
}

// streamState is what the stream says of its servers.
type streamState struct {
	State   struct{ Messages uint64 }
	Cluster struct {
		Leader   string
		Replicas []struct {
			Current, Offline bool
		}
	}
}

func (s *siege) streamState() (state streamState) {
	m, err := s.watch.Request("$JS.API.STREAM.INFO.TRUCE", nil, 250*time.Millisecond)
	if err == nil {
		err = json.Unmarshal(m.Data, &state)
	}
	if err != nil {
		return streamState{}
	}
	return state
}

func (s *siege) streamLeader() string {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if leader := s.streamState().Cluster.Leader; leader != "" {
			return leader
		}
	}
	return ""
}

// awaitReplicas waits until all three servers have everything: with one that lags behind, the next kill could leave no
// majority.
func (s *siege) awaitReplicas() {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		current := 0
		for _, r := range s.streamState().Cluster.Replicas {
			if r.Current && !r.Offline {
				current++
			}
		}
		if current == 2 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the servers do not come together again: %+v", s.streamState())
		}
	}
}

// latest is the newest sequence that was acknowledged.
func (s *siege) latest() (last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.acknowledged {
		last = max(last, n)
	}
	return last
}

// verdict compares the log, the read models of both ledgers, and what the clients were told.
func (s *siege) verdict() {
	s.t.Helper()
	var digests []string
	for _, address := range s.ledgers {
		s.address = address
		s.check() // the log is the same from either, and holds what was acknowledged once
		digests = append(digests, s.digests(address, s.latest()))
	}
	if digests[0] != digests[1] {
		s.t.Errorf("the ledgers' read models differ:\n%s\n%s", digests[0], digests[1])
	}
	if result := porcupine.CheckOperationsTimeout(register, s.history, time.Minute); result != porcupine.Ok {
		s.t.Errorf("%d operations: %s", len(s.history), result)
	}
	s.t.Logf("%d operations, %d of them stored, %d answers asked to try again", len(s.history), s.written.Load(), s.retries.Load())
}

// digests are those of a ledger's read models, once they have reached a sequence.
func (s *siege) digests(address string, sequence uint64) string {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		status, body := fetch(s.t, fmt.Sprintf("%s/v1/admin/digests?min_sequence=%d", address, sequence))
		switch {
		case status == http.StatusOK:
			return body
		case status != http.StatusServiceUnavailable || time.Now().After(deadline):
			s.t.Fatalf("digests: %d %s", status, body)
		}
	}
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}
