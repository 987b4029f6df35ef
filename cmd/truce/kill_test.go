package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"truceledger/eventstore"
)

// TestKilledAtAnyMoment kills a real server with SIGKILL while clients write, again and again, and looks at what the next
// one finds: every acknowledged entry under its sequence and byte for byte, none twice, none in halves, and read models
// that equal a fold of the log from the start. TRUCE_LONG=1 makes it 200 times, TRUCE_KILL_ROUNDS any other number.
func TestKilledAtAnyMoment(t *testing.T) {
	rounds := 12
	if os.Getenv("TRUCE_LONG") != "" {
		rounds = 200
	}
	if given, err := strconv.Atoi(os.Getenv("TRUCE_KILL_ROUNDS")); err == nil {
		rounds = given
	}
	k := &killing{t: t, data: filepath.Join(t.TempDir(), "data"), acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	k.begin()
	for round := range rounds {
		k.writeUntilKilled(time.Duration(10+rand.IntN(240)) * time.Millisecond)
		if round%4 == 3 {
			if err := os.RemoveAll(filepath.Join(k.data, "views")); err != nil {
				t.Fatal(err)
			}
		}
		k.start()
		k.resend()
		k.check()
	}
	if err := k.server.stop(); err != nil {
		t.Errorf("the last stop: %v", err)
	}
	t.Logf("%d rounds, %d entries acknowledged, the longest start took %v", rounds, len(k.acknowledged), k.longest)
}

const killClients = 8

type killing struct {
	t       *testing.T
	data    string
	flags   []string // of truce serve, besides the address and the folder
	http    http.Client
	server  *process
	address string
	longest time.Duration // of the starts

	mu           sync.Mutex
	acknowledged map[string]uint64 // sequences by command_id
	seen         map[uint64][]byte // entries as they were read back
	unanswered   []sent            // what the kill cut off
	before       []byte            // the whole log, as the last round found it
}

// A sent is a command with an id of its own.
type sent struct{ verb, id, body string }

// begin starts the first server and makes the record that all share.
func (k *killing) begin() {
	k.t.Helper()
	k.http.Transport = bearer{next: &http.Transport{MaxIdleConnsPerHost: killClients}}
	k.start()
	k.must("register-actor", `{"actor":"north","name":"North","kind":"armed_group"}`)
	k.must("propose", `{"ceasefire":"pause","by":"north","class":"unilateral_declaration","parties":["north"]}`)
	k.must("agree", `{"ceasefire":"pause","by":"north"}`)
}

func (k *killing) start() {
	k.t.Helper()
	began := time.Now()
	p, err := launch(k.t.TempDir(), append(os.Environ(), "GORACE="+atExit), append([]string{"serve", "--listen", "127.0.0.1:0", "--data", k.data}, k.flags...)...)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(p.kill)
	k.server = p
	if k.address, err = p.awaitAddress(); err != nil {
		k.t.Fatal(err)
	}
	k.longest = max(k.longest, time.Since(began))
	token, _, err := (&program{env: homeEnv}).token(k.address)
	if err != nil || token == "" {
		k.t.Fatalf("no token: %v", err)
	}
	k.http.Transport = bearer{token: token, next: k.http.Transport.(bearer).next}
}

func (k *killing) must(verb, body string) {
	k.t.Helper()
	id := uuid.NewString()
	c := sent{verb, id, strings.Replace(body, "{", `{"command_id":"`+id+`",`, 1)}
	if status, err := k.send(c); err != nil || status != http.StatusCreated {
		k.t.Fatalf("%s: %d %v", verb, status, err)
	}
}

// send puts one command on the record and notes what was acknowledged.
func (k *killing) send(c sent) (status int, err error) {
	answer, err := k.http.Post(k.address+"/v1/commands/"+c.verb, "application/json", strings.NewReader(c.body))
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	if answer.StatusCode >= 300 {
		return answer.StatusCode, fmt.Errorf("status %s: %s", answer.Status, said)
	}
	return answer.StatusCode, k.note(c, answer)
}

// note remembers what was acknowledged.
func (k *killing) note(c sent, answer *http.Response) error {
	sequence, err := strconv.ParseUint(strings.Trim(answer.Header.Get("ETag"), `"`), 10, 64)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acknowledged[c.id] = sequence
	return err
}

// writeUntilKilled lets clients write, on records of their own and on one that all share, until the server is dead.
func (k *killing) writeUntilKilled(after time.Duration) {
	time.AfterFunc(after, k.server.kill)
	var clients sync.WaitGroup
	for range killClients {
		clients.Go(func() {
			for {
				c := next()
				if status, err := k.send(c); status == 0 && err != nil {
					k.mu.Lock()
					k.unanswered = append(k.unanswered, c)
					k.mu.Unlock()
					return
				}
				k.readBack(c)
			}
		})
	}
	clients.Wait()
	k.server.kill() // wait for its end
}

func next() sent {
	id := uuid.NewString()
	if rand.IntN(2) == 0 {
		return sent{"reaffirm", id, fmt.Sprintf(`{"command_id":%q,"ceasefire":"pause","by":"north"}`, id)}
	}
	return sent{"violate", id, fmt.Sprintf(`{"command_id":%q,"ceasefires":["pause"],"by":"north","description":"shots"}`, id)}
}

// readBack keeps the bytes of some entries.
func (k *killing) readBack(c sent) {
	k.mu.Lock()
	sequence := k.acknowledged[c.id]
	k.mu.Unlock()
	if sequence == 0 || rand.IntN(4) > 0 {
		return
	}
	raw, err := k.get(fmt.Sprintf("/v1/entries/%d", sequence))
	if err != nil {
		return // killed meanwhile
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen[sequence] = raw
}

func (k *killing) get(path string) ([]byte, error) {
	answer, err := k.http.Get(k.address + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// resend sends again what the kill cut off: whether it was stored or not, it is stored once afterwards.
func (k *killing) resend() {
	k.t.Helper()
	for _, c := range k.unanswered {
		if _, err := k.send(c); err != nil {
			k.t.Fatalf("%s again: %v", c.body, err)
		}
	}
	k.unanswered = nil
}

// check compares the log with what was acknowledged, and the read models with the log.
func (k *killing) check() {
	k.t.Helper()
	log, err := k.get("/v1/entries")
	if err != nil {
		k.t.Fatal(err)
	}
	if !bytes.HasPrefix(log, k.before) {
		k.t.Fatal("the log no longer begins as it was")
	}
	k.before = log
	found := k.decode(bytes.Split(bytes.TrimSuffix(log, []byte("\n")), []byte("\n")))
	for id, sequence := range k.acknowledged {
		if found[id] != sequence {
			k.t.Errorf("command %s was acknowledged at %d and stands at %d", id, sequence, found[id])
		}
	}
	var out, said bytes.Buffer
	code := run(context.Background(), []string{"replay", "--server", k.address}, nil, &out, &said, homeEnv)
	if code != exitDone {
		k.t.Errorf("replay: exit code %d\n%s%s", code, &out, &said)
	}
}

// decode reads every entry in full and returns their sequences by command_id.
func (k *killing) decode(lines [][]byte) map[string]uint64 {
	k.t.Helper()
	found, versions := map[string]uint64{}, map[string]uint64{}
	for i, line := range lines {
		sequence := uint64(i + 1)
		if seen, ok := k.seen[sequence]; ok && !bytes.Equal(seen, line) {
			k.t.Errorf("entry %d is not what was read before:\n%s\n%s", sequence, seen, line)
		}
		subject, err := eventstore.SubjectOf(line)
		if err != nil {
			k.t.Fatal(err)
		}
		e, err := eventstore.Decode(eventstore.Message{Sequence: sequence, Subject: subject, Payload: line})
		if err != nil {
			k.t.Fatal(err)
		}
		if e.VersionBefore != versions[subject] {
			k.t.Errorf("entry %d of %s follows %d, not %d", sequence, subject, versions[subject], e.VersionBefore)
		}
		versions[subject] = sequence
		id := e.Command.Head().CommandID
		if id != "" && found[id] != 0 {
			k.t.Errorf("command %s stands twice, at %d and at %d", id, found[id], sequence)
		}
		found[id] = sequence
	}
	return found
}
