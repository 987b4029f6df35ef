package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/logtest"
)

// startCluster runs three servers on loopback and waits until they have elected a leader.
func startCluster(t *testing.T) []*server.Server {
	t.Helper()
	const n = 3
	ports, routes := logtest.Ports(t, n), []*url.URL{}
	for _, p := range ports {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", p)})
	}
	var servers []*server.Server
	for i := range n {
		s, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("node", i), Host: "127.0.0.1", Port: server.RANDOM_PORT,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true, NoLog: true,
			Cluster: server.ClusterOpts{Name: "truce", Host: "127.0.0.1", Port: ports[i]}, Routes: routes,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		servers = append(servers, s)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		for _, s := range servers {
			if s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == n {
				return servers
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("the cluster has no leader")
		}
	}
}

// Three copies: conflicts have another error code, and direct gets are answered by replicas that lag behind the leader.
func TestLogInACluster(t *testing.T) {
	t.Parallel()
	servers := startCluster(t)
	nc := dial(t, servers[0].Addr().String())
	js, err := natsjs.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	logtest.Test(t, func(t *testing.T) eventstore.Log {
		l, err := jetstream.Open(t.Context(), nc, jetstream.Options{Replicas: 3})
		// The servers may still be removing the files of the stream that the test before this one deleted.
		for end := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			l, err = jetstream.Open(t.Context(), nc, jetstream.Options{Replicas: 3})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // t's own has ended
			defer cancel()
			if err := js.DeleteStream(ctx, jetstream.DefaultStream); err != nil {
				t.Error(err)
			}
		})
		return l
	})
	t.Run("replicas are raised and never lowered", func(t *testing.T) {
		for _, c := range []struct{ asked, want int }{{1, 1}, {0, 1}, {3, 3}, {0, 3}, {1, 3}} {
			l, err := jetstream.Open(t.Context(), nc, jetstream.Options{Replicas: c.asked})
			if err != nil {
				t.Fatal(err)
			}
			if s, err := l.State(t.Context()); err != nil || s.Replicas != c.want {
				t.Errorf("asked for %d: got %d, %v, want %d", c.asked, s.Replicas, err, c.want)
			}
		}
	})
	t.Run("a refused batch refuses only who is at fault", func(t *testing.T) { refusedAmongThree(t, nc) })
	t.Run("writers and readers survive that the leader steps down", func(t *testing.T) { stepDown(t, nc) })
}

// refusedAmongThree appends many messages at once, a few of which expect what is not so. On a replicated stream such a batch is
// refused with another code, and parts of it may be in flight.
func refusedAmongThree(t *testing.T, nc *nats.Conn) {
	l, err := jetstream.Open(t.Context(), nc, jetstream.Options{Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	const all = 300
	atFault := func(i int) bool { return i%97 == 0 }
	sequences := make([]uint64, all)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			expected := uint64(0)
			if atFault(i) {
				expected = 1 << 40
			}
			var err error
			sequences[i], err = settledAt(bounded(t), l, fmt.Sprintf("truce.tally.batch-%d", i), expected, fmt.Sprint("message ", i))
			if atFault(i) != errors.Is(err, eventstore.ErrConflict) || !atFault(i) && err != nil {
				t.Errorf("message %d: got %v", i, err)
			}
		})
	}
	group.Wait()
	wantAt(t, l, func(yield func(sequence uint64, payload string) bool) {
		for i, n := range sequences {
			if !atFault(i) && !yield(n, fmt.Sprint("message ", i)) {
				return
			}
		}
	})
}

// stepDown makes the stream's leader give up its place while clients write and one follows.
func stepDown(t *testing.T, nc *nats.Conn) {
	const writers, each = 20, 30
	l, err := jetstream.Open(t.Context(), nc, jetstream.Options{Replicas: 3, AckTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	began, err := l.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	stored := make(chan [2]any, writers*each)
	for w := range writers {
		group.Go(func() {
			var at uint64
			for i := range each {
				payload := fmt.Sprintf("writer %d, message %d", w, i)
				n, err := settledAt(bounded(t), l, fmt.Sprintf("truce.tally.step-%d", w), at, payload)
				if err != nil {
					t.Errorf("%s: %v", payload, err)
					return
				}
				at = n
				stored <- [2]any{n, payload}
			}
		})
	}
	group.Go(func() {
		for range 3 {
			_, err := nc.Request("$JS.API.STREAM.LEADER.STEPDOWN."+jetstream.DefaultStream, nil, 10*time.Second)
			if err != nil && !errors.Is(err, nats.ErrTimeout) { // between two leaders nobody answers, and no step is needed
				t.Errorf("step down: %v", err)
			}
		}
	})
	followed, at := 0, began
	for m, err := range l.Follow(bounded(t), began) {
		if err != nil || m.Sequence != at+1 {
			t.Fatalf("follow: %d after %d, %v", m.Sequence, at, err)
		}
		at = m.Sequence
		if followed++; followed == writers*each {
			break
		}
	}
	group.Wait()
	close(stored)
	wantAt(t, l, func(yield func(uint64, string) bool) {
		for s := range stored {
			if !yield(s[0].(uint64), s[1].(string)) {
				return
			}
		}
	})
}

// wantAt looks whether what was acknowledged stands where it was said to stand, and only there.
func wantAt(t *testing.T, l *jetstream.Log, acknowledged iter.Seq2[uint64, string]) {
	t.Helper()
	there, times := map[uint64]string{}, map[string]int{}
	for m, err := range l.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		there[m.Sequence] = string(m.Payload)
		times[string(m.Payload)]++
	}
	for n, payload := range acknowledged {
		if there[n] != payload || times[payload] != 1 {
			t.Errorf("%q was acknowledged at %d, where %q stands; it stands %d times", payload, n, there[n], times[payload])
		}
	}
}
