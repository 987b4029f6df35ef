package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// An external server listens on a loopback port, which it keeps over restarts.
type external struct {
	server *server.Server
	dir    string
	port   int
}

func startExternal(t *testing.T) *external {
	e := &external{dir: t.TempDir(), port: server.RANDOM_PORT}
	e.start(t)
	t.Cleanup(e.stop)
	return e
}

func (e *external) start(t *testing.T) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: e.port, JetStream: true, StoreDir: e.dir, SyncAlways: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the external server is not ready")
	}
	e.server, e.port = s, s.Addr().(*net.TCPAddr).Port
}

func (e *external) stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

func (e *external) address() string { return "127.0.0.1:" + strconv.Itoa(e.port) }

func dial(t *testing.T, address string) *nats.Conn {
	t.Helper()
	nc, err := jetstream.Dial(t.Context(), jetstream.DialOptions{URL: "nats://" + address, Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func openAt(t *testing.T, address string, timeout time.Duration) *jetstream.Log {
	t.Helper()
	l, err := jetstream.Open(t.Context(), dial(t, address), jetstream.Options{AckTimeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// A ledger settles an unknown outcome by publishing the same bytes again; so does this writer.
func TestNothingAcknowledgedIsLostInARestart(t *testing.T) {
	t.Parallel()
	const before, all = 20, 60
	ctx := bounded(t)
	e := startExternal(t)
	l := openAt(t, e.address(), 500*time.Millisecond)
	var wg sync.WaitGroup
	followed := map[uint64]string{}
	reached := make(chan struct{})
	wg.Go(func() {
		at := uint64(0)
		for m, err := range l.Follow(ctx, 0) {
			if err != nil || m.Sequence != at+1 {
				t.Errorf("follow: got %d, %v after %d", m.Sequence, err, at)
				return
			}
			at = m.Sequence
			followed[at] = string(m.Payload)
			if at == before {
				close(reached)
			}
			if at == all {
				return
			}
		}
	})
	acknowledged := map[uint64]string{}
	wg.Go(func() {
		var at uint64
		for i := range all {
			payload := fmt.Sprint("message ", i)
			n, err := settled(ctx, l, at, payload)
			if err != nil {
				t.Errorf("%s: %v", payload, err)
				return
			}
			acknowledged[n], at = payload, n
		}
	})
	<-reached
	e.stop()
	e.start(t)
	wg.Wait()
	if len(acknowledged) != all {
		t.Fatalf("%d messages acknowledged, want %d", len(acknowledged), all)
	}
	for n, payload := range acknowledged {
		if followed[n] != payload {
			t.Errorf("sequence %d: acknowledged %q, followed %q", n, payload, followed[n])
		}
	}
}

// settled appends until the outcome is known.
func settled(ctx context.Context, l eventstore.Log, expected uint64, payload string) (uint64, error) {
	return settledAt(ctx, l, "truce.ceasefire.a", expected, payload)
}

func settledAt(ctx context.Context, l eventstore.Log, subject string, expected uint64, payload string) (uint64, error) {
	unknown := false
	for {
		n, err := l.Append(ctx, subject, expected, []byte(payload))
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, eventstore.ErrOutcomeUnknown):
			unknown = true
		case errors.Is(err, eventstore.ErrConflict) && unknown:
			for m, err := range l.Load(ctx, subject, expected) {
				if err == nil && string(m.Payload) == payload {
					return m.Sequence, nil
				}
			}
			return 0, err
		case !errors.Is(err, eventstore.ErrUnavailable) || ctx.Err() != nil:
			return 0, err
		}
		select { // the engine is away: nothing signals its return to a writer
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

func TestAStoppedEngineIsUnavailable(t *testing.T) {
	t.Parallel()
	e := startExternal(t)
	nc := dial(t, e.address())
	l, err := jetstream.Open(t.Context(), nc, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	gone := nc.StatusChanged(nats.RECONNECTING)
	defer nc.RemoveStatusListener(gone)
	e.stop()
	<-gone
	if _, err := l.Append(bounded(t), "truce.ceasefire.a", 0, nil); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("append: got %v, want %v", err, eventstore.ErrUnavailable)
	}
	if _, err := l.Last(bounded(t)); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("last: got %v, want %v", err, eventstore.ErrUnavailable)
	}
	var loadErr error
	for _, loadErr = range l.Load(bounded(t), "truce.ceasefire.a", 0) {
	}
	if !errors.Is(loadErr, eventstore.ErrUnavailable) {
		t.Errorf("load: got %v, want %v", loadErr, eventstore.ErrUnavailable)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	for m, err := range l.Follow(ctx, 0) {
		t.Errorf("follow: got %v, %v", m, err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("follow ended %v after its context", d)
	}
}

func TestAppendToADeletedStreamIsUnavailable(t *testing.T) {
	r := startRig(t)
	l := r.open(t)
	if err := r.js.DeleteStream(t.Context(), jetstream.DefaultStream); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), "truce.ceasefire.a", 0, nil); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatalf("got %v, want %v", err, eventstore.ErrUnavailable)
	}
}

// A valve is a TCP proxy whose way back can be shut, so that a server hears but its acknowledgement is lost.
type valve struct {
	net.Listener
	mu   sync.Mutex
	shut bool
	open []net.Conn
}

func startValve(t *testing.T, target string) *valve {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &valve{Listener: ln}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				continue
			}
			v.mu.Lock()
			v.open = append(v.open, client, upstream)
			v.mu.Unlock()
			wg.Go(func() { io.Copy(upstream, client); upstream.Close() })
			wg.Go(func() { io.Copy(backward{v, client}, upstream); client.Close() })
		}
	})
	t.Cleanup(func() { ln.Close(); v.cut(); wg.Wait() })
	return v
}

func (v *valve) set(shut bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shut = shut
}

// cut breaks every connection.
func (v *valve) cut() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.open {
		c.Close()
	}
	v.open = nil
}

type backward struct {
	*valve
	client net.Conn
}

func (b backward) Write(p []byte) (int, error) {
	b.mu.Lock()
	shut := b.shut
	b.mu.Unlock()
	if shut {
		return len(p), nil
	}
	return b.client.Write(p)
}

func TestALostAcknowledgementIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(v *valve, stored <-chan struct{}){
		"the answer does not come": func(*valve, <-chan struct{}) {},
		"the connection breaks":    func(v *valve, stored <-chan struct{}) { <-stored; v.cut(); v.set(false) },
	} {
		t.Run(name, func(t *testing.T) {
			e := startExternal(t)
			direct := openAt(t, e.address(), time.Second)
			v := startValve(t, e.address())
			l := openAt(t, v.Addr().String(), time.Second)
			fill(t, l, 1)
			v.set(true)
			stored := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				for range direct.Follow(bounded(t), 1) { // message 2 is on disk
					close(stored)
					return
				}
			})
			wg.Go(func() { lose(v, stored) })
			_, err := l.Append(t.Context(), "truce.ceasefire.a", 1, []byte("lost"))
			wg.Wait()
			if !errors.Is(err, eventstore.ErrOutcomeUnknown) {
				t.Fatalf("got %v, want %v", err, eventstore.ErrOutcomeUnknown)
			}
			if n, err := direct.Last(t.Context()); n != 2 || err != nil {
				t.Fatalf("last: got %d, %v, want 2", n, err)
			}
		})
	}
}

func TestDialGivesUpWithItsContext(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close() // now nobody listens there
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := jetstream.Dial(ctx, jetstream.DialOptions{URL: "nats://" + address}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestDialDoesNotRepeatWhatCannotWork(t *testing.T) {
	for name, o := range map[string]jetstream.DialOptions{
		"no such authority":   {CAFile: "none.pem"},
		"no such certificate": {CertFile: "none.pem", KeyFile: "none.key"},
		"no such credentials": {CredsFile: "none.creds"},
	} {
		t.Run(name, func(t *testing.T) {
			e := startExternal(t)
			o.URL = "nats://" + e.address()
			if nc, err := jetstream.Dial(bounded(t), o); err == nil {
				nc.Close()
				t.Fatal("dialled")
			} else if errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("it tried again: %v", err)
			}
		})
	}
}

func TestTheLeaderTellsItsTime(t *testing.T) {
	l := openAt(t, startExternal(t).address(), 0)
	before := time.Now()
	at, err := l.LeaderTime(bounded(t))
	if err != nil || at.Before(before) || at.After(time.Now()) {
		t.Errorf("got %v, %v", at, err)
	}
}
