package jetstream_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// A script is a NATS server without JetStream, on which the test answers what JetStream would, word by word.
type script struct {
	t  *testing.T
	nc *nats.Conn
}

func startScript(t *testing.T) script {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return script{t, nc}
}

// on answers requests on subject, the last answer for ever. It returns the count of requests.
func (s script) on(subject string, answers ...string) *atomic.Int64 {
	s.t.Helper()
	var n atomic.Int64
	_, err := s.nc.Subscribe(subject, func(m *nats.Msg) {
		i := min(int(n.Add(1)), len(answers)) - 1
		if err := m.Respond([]byte(answers[i])); err != nil {
			s.t.Error(err)
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return &n
}

const streamInfo = `{"type":"io.nats.jetstream.api.v1.stream_info_response","config":{"name":"TRUCE","subjects":["truce.*.*"],
"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,"max_msgs_per_subject":-1,
"max_msg_size":69632,"discard":"new","storage":"file","num_replicas":1,"allow_direct":true,"deny_delete":true,
"deny_purge":true},"state":{"messages":0,"first_seq":0,"last_seq":0}}`

// open opens a log on a server of an older API level, which does not know allow_atomic.
func (s script) open() *jetstream.Log {
	s.t.Helper()
	s.on("$JS.API.INFO", `{"api":{"level":1}}`)
	s.on("$JS.API.STREAM.INFO.TRUCE", streamInfo)
	l, err := jetstream.Open(s.t.Context(), s.nc, jetstream.Options{AckTimeout: 300 * time.Millisecond})
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func TestAServerWithoutAtomicBatchesIsAccepted(t *testing.T) {
	startScript(t).open()
}

func TestAtomicBatchesAreRequiredWhereTheServerHasThem(t *testing.T) {
	s := startScript(t)
	s.on("$JS.API.INFO", `{"api":{"level":2}}`)
	s.on("$JS.API.STREAM.INFO.TRUCE", streamInfo)
	_, err := jetstream.Open(t.Context(), s.nc, jetstream.Options{})
	wantDrift(t, err, "allow_atomic")
}

func TestWhatTheServerAnswersDecidesTheOutcome(t *testing.T) {
	const ok = `{"stream":"TRUCE","seq":7}`
	failure := func(s string) string { return `{"error":` + s + `,"stream":"TRUCE","seq":0}` }
	notReady := failure(`{"code":503,"err_code":10163,"description":"temporarily unavailable"}`)
	for _, c := range []struct {
		name    string
		answers []string
		want    error
		asked   int64
	}{
		{"acknowledged", []string{ok}, nil, 1},
		{"conflict", []string{failure(`{"code":400,"err_code":10071,"description":"wrong last sequence: 3"}`)}, eventstore.ErrConflict, 1},
		{"conflict in a cluster", []string{failure(`{"code":400,"err_code":10164,"description":"wrong last sequence"}`)}, eventstore.ErrConflict, 1},
		{"not ready, then acknowledged", []string{notReady, notReady, ok}, nil, 3},
		{"not ready, then conflict", []string{notReady, failure(`{"code":400,"err_code":10071}`)}, eventstore.ErrConflict, 2},
		{"never ready", []string{notReady}, eventstore.ErrUnavailable, 6},
		{"duplicate in process", []string{failure(`{"code":409,"err_code":10158}`), ok}, nil, 2},
		{"no leader", []string{failure(`{"code":503,"err_code":10008}`), ok}, nil, 2},
		{"too large", []string{failure(`{"code":400,"err_code":10054}`)}, eventstore.ErrTooLarge, 1},
		{"not JSON", []string{"?"}, eventstore.ErrOutcomeUnknown, 1},
		{"neither yes nor no", []string{"{}"}, eventstore.ErrOutcomeUnknown, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startScript(t)
			l := s.open()
			asked := s.on("truce.ceasefire.a", c.answers...)
			n, err := l.Append(t.Context(), "truce.ceasefire.a", 3, []byte("x"))
			if !errors.Is(err, c.want) || (err == nil && n != 7) {
				t.Errorf("got %d, %v, want %v", n, err, c.want)
			}
			if asked.Load() != c.asked {
				t.Errorf("asked %d times, want %d", asked.Load(), c.asked)
			}
		})
	}
}

func TestARefusalForGoodIsNoneOfTheLogsOwnErrors(t *testing.T) {
	s := startScript(t)
	l := s.open()
	s.on("truce.ceasefire.a", `{"error":{"code":400,"err_code":10109,"description":"invalid operation on sealed stream"}}`)
	_, err := l.Append(t.Context(), "truce.ceasefire.a", 0, nil)
	for _, not := range []error{nil, eventstore.ErrConflict, eventstore.ErrOutcomeUnknown, eventstore.ErrUnavailable} {
		if errors.Is(err, not) {
			t.Errorf("got %v, which is %v", err, not)
		}
	}
	if !strings.Contains(err.Error(), "sealed") {
		t.Errorf("got %v, want the server's words", err)
	}
}

func TestSilenceIsAnUnknownOutcome(t *testing.T) {
	s := startScript(t)
	l := s.open()
	if _, err := s.nc.SubscribeSync("truce.ceasefire.a"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), "truce.ceasefire.a", 0, nil); !errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Fatalf("got %v, want %v", err, eventstore.ErrOutcomeUnknown)
	}
}
