package jetstream_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/logtest"
)

// startCluster runs three servers on loopback and waits until they have elected a leader.
func startCluster(t *testing.T) []*server.Server {
	t.Helper()
	const n = 3
	ports, routes := freePorts(t, n), []*url.URL{}
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

func freePorts(t *testing.T, n int) []int {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
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
}
