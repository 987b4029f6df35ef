package jetstream_test

import (
	"errors"
	"slices"
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
	t.Parallel()
	const ok = `{"stream":"TRUCE","seq":7}`
	failure := func(s string) string { return `{"error":` + s + `,"stream":"TRUCE","seq":0}` }
	notReady := failure(`{"code":503,"err_code":10163,"description":"temporarily unavailable"}`)
	inFlight := failure(`{"code":400,"err_code":10164,"description":"wrong last sequence"}`)
	for _, c := range []struct {
		name    string
		answers []string
		want    error
		asked   int64
	}{
		{"acknowledged", []string{ok}, nil, 1},
		{"conflict", []string{failure(`{"code":400,"err_code":10071,"description":"wrong last sequence: 3"}`)}, eventstore.ErrConflict, 1},
		{"in flight, then acknowledged", []string{inFlight, inFlight, ok}, nil, 3},
		{"in flight, then conflict", []string{inFlight, failure(`{"code":400,"err_code":10071}`)}, eventstore.ErrConflict, 2},
		{"in flight for ever", []string{inFlight}, eventstore.ErrUnavailable, 7},
		{"not ready, then acknowledged", []string{notReady, notReady, ok}, nil, 3},
		{"not ready, then conflict", []string{notReady, failure(`{"code":400,"err_code":10071}`)}, eventstore.ErrConflict, 2},
		{"never ready", []string{notReady}, eventstore.ErrUnavailable, 7},
		{"duplicate in process", []string{failure(`{"code":409,"err_code":10158}`), ok}, nil, 2},
		{"no leader", []string{failure(`{"code":503,"err_code":10008}`), ok}, nil, 2},
		{"too large", []string{failure(`{"code":400,"err_code":10054}`)}, eventstore.ErrTooLarge, 1},
		{"not JSON", []string{"?"}, eventstore.ErrOutcomeUnknown, 1},
		{"neither yes nor no", []string{"{}"}, eventstore.ErrOutcomeUnknown, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startScript(t)
			l := s.open()
			s.on("$JS.API.STREAM.MSG.GET.TRUCE", `{"message":{"seq":3}}`)
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

// The leader of a replicated stream says 10164 of any message in flight; whether the record has moved is its to say.
func TestAMessageInFlightIsAConflictWhenTheRecordHasMoved(t *testing.T) {
	s := startScript(t)
	l := s.open()
	s.on("$JS.API.STREAM.MSG.GET.TRUCE", `{"message":{"seq":4}}`)
	asked := s.on("truce.ceasefire.a", `{"error":{"code":400,"err_code":10164}}`)
	_, err := l.Append(t.Context(), "truce.ceasefire.a", 3, nil)
	if !errors.Is(err, eventstore.ErrConflict) || asked.Load() != 1 {
		t.Fatalf("got %v after %d attempts, want %v after 1", err, asked.Load(), eventstore.ErrConflict)
	}
}

// pages answers direct gets, one page a request: "404" is a replica that has nothing, a number a message of that
// sequence, each naming the one before it as a server does, and "drop" a message that the client never sees.
func (s script) pages(pages ...[]string) {
	s.t.Helper()
	n := 0
	_, err := s.nc.Subscribe("$JS.API.DIRECT.GET.TRUCE", func(m *nats.Msg) {
		page := pages[min(n, len(pages)-1)]
		n++
		previous := "0"
		for _, a := range page {
			if a == "404" {
				s.respond(m, nats.Header{"Status": {"404"}})
				return
			}
			sequence, dropped := strings.CutPrefix(a, "drop ")
			if !dropped {
				s.respond(m, nats.Header{"Nats-Stream": {"TRUCE"}, "Nats-Subject": {"truce.ceasefire.a"},
					"Nats-Sequence": {sequence}, "Nats-Time-Stamp": {"2026-01-01T00:00:00Z"},
					"Nats-Num-Pending": {"0"}, "Nats-Last-Sequence": {previous}})
			}
			previous = sequence
		}
		s.respond(m, nats.Header{"Status": {"204"}, "Description": {"EOB"}})
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s script) respond(m *nats.Msg, h nats.Header) {
	if err := m.RespondMsg(&nats.Msg{Header: h}); err != nil {
		s.t.Error(err)
	}
}

func TestLoadWaitsForWhatTheLeaderHas(t *testing.T) {
	for name, pages := range map[string][][]string{
		"the replica has nothing at first":       {{"404"}, {"404"}, {"2", "5", "9"}},
		"the replica lags":                       {{"2"}, {"404"}, {"5", "9"}},
		"an answer is dropped in the middle":     {{"2", "drop 5", "9"}, {"5", "9"}},
		"the first answer is dropped":            {{"drop 2", "5", "9"}, {"2", "5", "9"}},
		"the last answer is dropped":             {{"2", "5", "drop 9"}, {"9"}},
		"the replica has more than was asked of": {{"2", "5", "9", "11"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := startScript(t)
			l := s.open()
			s.on("$JS.API.STREAM.MSG.GET.TRUCE", `{"message":{"seq":9}}`)
			s.pages(pages...)
			var got []uint64
			for m, err := range l.Load(bounded(t), "truce.ceasefire.a", 0) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, m.Sequence)
			}
			if !slices.Equal(got, []uint64{2, 5, 9}) {
				t.Errorf("got %v, want [2 5 9]", got)
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

// Between two leaders the cluster's API answers errors of its own. They say: later, and nothing about the record.
func TestAClusterWithoutALeaderIsUnavailable(t *testing.T) {
	s := startScript(t)
	l := s.open()
	s.on("$JS.API.STREAM.MSG.GET.TRUCE", `{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}}`)
	for _, err := range l.Load(t.Context(), "truce.ceasefire.a", 0) {
		if !errors.Is(err, eventstore.ErrUnavailable) {
			t.Errorf("load: got %v, want %v", err, eventstore.ErrUnavailable)
		}
	}
}

func TestALogThatIsOnlyReadTakesNoAppend(t *testing.T) {
	r := startRig(t)
	r.open(t)
	l, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), "truce.ceasefire.a", 0, []byte("x")); !errors.Is(err, eventstore.ErrReadOnly) {
		t.Errorf("got %v, want %v", err, eventstore.ErrReadOnly)
	}
	if o, err := l.Origin(t.Context()); err != nil || o != (jetstream.Origin{}) {
		t.Errorf("origin of a log that is its own: got %+v, %v", o, err)
	}
}
