package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/logtest"
)

// natsServer is the program nats-server, as it stands in the module that go.mod names: this test binary is one when it is
// called by that name, so that servers can be killed like any other process.
func natsServer() {
	options, err := server.ConfigureOptions(flag.NewFlagSet("nats-server", flag.ExitOnError), os.Args[1:], nil, nil, nil)
	if err != nil {
		server.PrintAndDie(err.Error())
	}
	s, err := server.NewServer(options)
	if err != nil {
		server.PrintAndDie(err.Error())
	}
	s.ConfigureLogger()
	if err := server.Run(s); err != nil {
		server.PrintAndDie(err.Error())
	}
	s.WaitForShutdown()
}

// A natsNode is one server process, started from a file of deploy/nats.
type natsNode struct {
	name   string
	conf   string
	env    []string
	port   int // for clients
	leaf   int // for leaf nodes
	server *process
}

func (n *natsNode) url() string { return fmt.Sprintf("tls://localhost:%d", n.port) }

// start runs the server; after a kill, the same one again.
func (n *natsNode) start(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath("nats-server")
	if err != nil {
		t.Fatal(err)
	}
	if n.server, err = launchProgram(path, t.TempDir(), append(os.Environ(), n.env...), "-c", n.conf); err != nil {
		t.Fatal(err)
	}
	p := n.server
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", n.name, p.stderr)
		}
	})
	if _, err := n.server.stderr.await("Server is ready"); err != nil {
		t.Fatal(err)
	}
}

// A natsCluster is three servers of deploy/nats/node.conf on loopback.
type natsCluster struct {
	*authority
	nodes []*natsNode
}

// startNATSCluster starts three processes, and returns when they have elected a leader.
func startNATSCluster(t testing.TB) *natsCluster {
	t.Helper()
	c := &natsCluster{authority: newAuthority(t)}
	const n = 3
	ports := logtest.Ports(t, 4*n)
	var routes []string
	for i := range n {
		routes = append(routes, fmt.Sprintf("nats://localhost:%d", ports[4*i+1]))
	}
	list, err := json.Marshal(routes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		name := fmt.Sprint("nats-", i+1)
		p := ports[4*i:]
		c.nodes = append(c.nodes, &natsNode{name: name, conf: deployed(t, "node.conf"), port: p[0], leaf: p[2], env: append(c.identity(t, "node"),
			"TRUCE_NATS_NAME="+name, "TRUCE_NATS_LISTEN="+loopback(p[0]), "TRUCE_NATS_CLUSTER_LISTEN="+loopback(p[1]), "TRUCE_NATS_LEAF_LISTEN="+loopback(p[2]),
			"TRUCE_NATS_MONITOR="+loopback(p[3]), "TRUCE_NATS_ROUTES="+string(list), "TRUCE_NATS_STORE="+t.TempDir(), "GORACE="+atExit)})
	}
	for _, node := range c.nodes {
		node.start(t)
	}
	c.awaitLeader(t)
	return c
}

// awaitLeader waits until the cluster answers requests of its own kind: until it has elected a leader it does not.
func (c *natsCluster) awaitLeader(t testing.TB) {
	t.Helper()
	nc := c.connect(t, "truce-ledger")
	defer nc.Close()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		m, err := nc.Request("$JS.API.INFO", nil, time.Second)
		if err == nil && strings.Contains(string(m.Data), `"limits"`) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the cluster has no leader: %v", err)
		}
	}
}

// urls are all nodes, as --nats takes them.
func (c *natsCluster) urls() string {
	var all []string
	for _, n := range c.nodes {
		all = append(all, n.url())
	}
	return strings.Join(all, ",")
}

// connect connects as a user, to any node.
func (c *natsCluster) connect(t testing.TB, user string) *nats.Conn {
	t.Helper()
	return c.connectTo(t, c.urls(), user)
}

// connectTo connects to servers of deploy/nats.
func (a *authority) connectTo(t testing.TB, urls, user string) *nats.Conn {
	t.Helper()
	cert, key := a.issue(t, user)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	nc, err := jetstream.Dial(ctx, jetstream.DialOptions{URL: urls, CAFile: a.file, CertFile: cert, KeyFile: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// flags are those of truce serve, as a user of these servers.
func (a *authority) flags(t testing.TB, urls, user string) []string {
	t.Helper()
	cert, key := a.issue(t, user)
	return []string{"--nats", urls, "--nats-ca", a.file, "--nats-cert", cert, "--nats-key", key}
}

// deployed is the path of a file that operators are given.
func deployed(t testing.TB, file string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "deploy", "nats", file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(path); err != nil { // also tells go test that the result depends on the file
		t.Fatal(err)
	}
	return path
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
