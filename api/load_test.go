package api

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"truceledger/api/access"
)

// Connections that send slowly, bodies that never come, and callers who ask faster than they may, do not take the ledger from
// an ordinary client: its 99th percentile stays under ten times the idle one. TRUCE_LONG=1 opens as many connections as the
// machine allows, up to ten thousand.
func TestAFloodDoesNotTakeTheLedgerAway(t *testing.T) {
	slow, most := 400, 200
	if os.Getenv("TRUCE_LONG") != "" {
		slow = min(10_000, (openFiles()-600)/2) // both ends are in this process
		most = mostConnections()
	}
	g := gate(t, func(o *Options) {
		o.Rates = access.Rates{PerToken: 2000, PerAddress: 20, Burst: 5, AtOnce: 64, Failures: 1}
	})
	server := NewServer(g.api, g.api.log)
	server.ConnState = newConnections(most).state
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	url := "http://" + l.Addr().String()
	g.must("register-actor", `{"actor":"north","name":"North","kind":"state"}`, g.as(access.Recorder)...)
	g.settle()

	idle := g.latency(url, 400)
	flood := startFlood(t, l.Addr().String(), slow)
	loaded := g.latency(url, 400)
	flood.stop()
	t.Logf("%d slow connections, %d refused; 99th percentile %v idle, %v loaded", flood.opened, flood.refused, idle, loaded)
	if floor := 5 * time.Millisecond; loaded > 10*max(idle, floor) { // below the floor it is the machine's own noise
		t.Errorf("the 99th percentile is %v, idle %v", loaded, idle)
	}
	if flood.refused == 0 {
		t.Error("nobody was held to a rate")
	}
}

// latency is the 99th percentile of an ordinary client, every other time over a new connection.
func (g *gated) latency(url string, n int) time.Duration {
	g.t.Helper()
	var took []time.Duration
	c := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
	defer c.CloseIdleConnections()
	for i := range n {
		r, _ := http.NewRequest(http.MethodGet, url+"/v1/actors/north", nil)
		r.Header.Set("Authorization", "Bearer "+g.tokens[access.Auditor])
		r.Close = i%2 == 0
		began := time.Now()
		a, err := c.Do(r)
		if err != nil {
			g.t.Fatalf("request %d of an ordinary client: %v", i, err)
		}
		_, _ = io.Copy(io.Discard, a.Body)
		a.Body.Close()
		if took = append(took, time.Since(began)); a.StatusCode != http.StatusOK {
			g.t.Fatalf("request %d of an ordinary client: %d", i, a.StatusCode)
		}
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// A flood is what the others do meanwhile.
type flood struct {
	opened, refused int
	conns           []net.Conn
	ended           chan struct{}
	running         sync.WaitGroup
}

func startFlood(t *testing.T, address string, slow int) *flood {
	t.Helper()
	f := &flood{ended: make(chan struct{})}
	beginnings := []string{"GET / HT", "GET /v1/actors HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000\r\n\r\nt"}
	for i := range slow {
		c, err := net.Dial("tcp", address)
		if err != nil {
			break // as many as the machine allows
		}
		_, _ = io.WriteString(c, beginnings[i%len(beginnings)])
		f.opened++
		f.conns = append(f.conns, c)
	}
	f.running.Go(func() { // a letter each, now and then
		for {
			for _, c := range f.conns {
				_, _ = c.Write([]byte("x"))
			}
			select {
			case <-f.ended:
				return
			case <-time.After(time.Second):
			}
		}
	})
	f.running.Go(func() { // faster than allowed
		c := &http.Client{Transport: &http.Transport{}}
		defer c.CloseIdleConnections()
		for {
			select {
			case <-f.ended:
				return
			case <-time.After(2 * time.Millisecond):
			}
			a, err := c.Post("http://"+address+"/v1/commands/agree", "application/json", strings.NewReader(`{"by":"x"}`))
			if err != nil {
				continue
			}
			a.Body.Close()
			if a.StatusCode == http.StatusTooManyRequests {
				f.refused++
			}
		}
	})
	return f
}

func (f *flood) stop() {
	close(f.ended)
	f.running.Wait()
	for _, c := range f.conns {
		c.Close()
	}
}

// The oldest of the silent go first; who is being answered never.
func TestTheSilentMakeRoom(t *testing.T) {
	c := newConnections(8) // of which two may be silent
	var conns []net.Conn
	add := func() net.Conn {
		a, b := net.Pipe()
		t.Cleanup(func() { a.Close(); b.Close() })
		conns = append(conns, a)
		return a
	}
	gone := func(conn net.Conn) string {
		for i, x := range conns {
			if x == conn && conn != nil {
				return fmt.Sprint(i)
			}
		}
		return ""
	}
	for i, want := range []string{"", "", "0", "1"} {
		if got := gone(c.note(add(), http.StateNew)); got != want {
			t.Errorf("connection %d: %q has to go, want %q", i, got, want)
		}
	}
	for i := 4; i < 10; i++ {
		conn := add()
		c.note(conn, http.StateNew)
		c.note(conn, http.StateActive)
	}
	if c.open != 10 {
		t.Errorf("%d are open", c.open)
	}
	for _, i := range []int{0, 1, 2, 3} {
		c.note(conns[i], http.StateClosed)
	}
	c.note(conns[4], http.StateIdle)
	c.note(add(), http.StateNew)
	c.note(conns[10], http.StateActive)
	c.note(add(), http.StateNew)
	c.note(conns[11], http.StateActive) // eight, one of them idle
	if got := gone(c.note(add(), http.StateNew)); got != "4" {
		t.Errorf("%q has to go, want the idle one", got)
	}
	c.note(conns[4], http.StateClosed)
	c.note(conns[12], http.StateActive)
	if got := gone(c.note(add(), http.StateNew)); got != "13" {
		t.Errorf("%q has to go, want the newest: all others are being answered", got)
	}
}
