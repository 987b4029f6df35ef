package main

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	natsjetstream "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore/logtest"
)

// startEdge runs a server of edge.conf.
func startEdge(t *testing.T, a *authority, line *line) *natsNode {
	t.Helper()
	ports := logtest.Ports(t, 2)
	cert, key := a.issue(t, "truce-mirror")
	n := &natsNode{name: "edge", conf: deployed(t, "edge.conf"), port: ports[0], env: append(a.identity(t, "node"),
		"TRUCE_NATS_NAME=edge", "TRUCE_NATS_LISTEN="+loopback(ports[0]), "TRUCE_NATS_MONITOR="+loopback(ports[1]), "TRUCE_NATS_STORE="+t.TempDir(),
		`TRUCE_NATS_HUB=["tls://localhost:`+line.port()+`"]`, "TRUCE_NATS_LEAF_CERT="+cert, "TRUCE_NATS_LEAF_KEY="+key, "GORACE="+atExit)}
	n.start(t)
	return n
}

// makeMirror makes the stream as an operator does: from the file.
func makeMirror(t *testing.T, operator *nats.Conn, change func(*natsjetstream.StreamConfig)) {
	t.Helper()
	raw, err := os.ReadFile(deployed(t, "mirror.json"))
	if err != nil {
		t.Fatal(err)
	}
	var config natsjetstream.StreamConfig
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	change(&config)
	js, err := natsjetstream.New(operator)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
}

// serveProcess runs truce serve in a process of its own, and returns its address.
func serveProcess(t *testing.T, flags ...string) string {
	p, err := launch(t.TempDir(), append(os.Environ(), "GORACE="+atExit), append([]string{"serve", "--listen", "127.0.0.1:0", "--data", t.TempDir()}, flags...)...)
	if err != nil {
		t.Error(err)
		return ""
	}
	t.Cleanup(p.kill)
	address, err := p.awaitAddress()
	if err != nil {
		t.Error(err)
	}
	return address
}

// A line is a way to a server that can be cut.
type line struct {
	net.Listener
	mu   sync.Mutex
	down bool
	open []net.Conn
}

func startLine(t *testing.T, target string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: listener}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				near.Close()
				continue
			}
			l.join(near, far, &running)
		}
	})
	t.Cleanup(func() { listener.Close(); l.cut(); running.Wait() })
	return l
}

func (l *line) join(near, far net.Conn, running *sync.WaitGroup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		near.Close()
		far.Close()
		return
	}
	l.open = append(l.open, near, far)
	running.Go(func() { _, _ = io.Copy(far, near); far.Close() })
	running.Go(func() { _, _ = io.Copy(near, far); near.Close() })
}

func (l *line) port() string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for _, c := range l.open {
		c.Close()
	}
	l.open = nil
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}
