package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// connections is how many another process holds open.
const connections = 64

// http64 sends commands from another process, which shares the machine as a client on it would.
func (r *run) http64(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.smallLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	address, stop, err := listen(l.node.Handler)
	if err != nil {
		return 0, 0, "", err
	}
	defer stop()
	value, raw, err = r.inTurns(
		func() (float64, error) {
			if err := l.settled(ctx); err != nil { // a server that has just started says 503 until then
				return 0, err
			}
			return r.load(ctx, "post", address, writtenRecords)
		},
		func() (float64, error) { return l.rate(ctx, callers, r.Seconds, l.tally) })
	return value, raw, "commands/s", err
}

// get reads ceasefires over HTTP, each as it stands now.
func (r *run) get(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.largeLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	value, raw, err = r.gets(ctx, l)
	return value, raw, "requests/s", err
}

func (r *run) gets(ctx context.Context, l *ledger) (value, raw float64, err error) {
	address, stop, err := listen(l.node.Handler)
	if err != nil {
		return 0, 0, err
	}
	defer stop()
	same := httptest.NewRecorder()
	l.node.Handler.ServeHTTP(same, httptest.NewRequest("GET", "http://127.0.0.1/v1/ceasefires/r-0", nil))
	if same.Code != http.StatusOK {
		return 0, 0, fmt.Errorf("GET: %d: %s", same.Code, same.Body)
	}
	fromMemory, stopMemory, err := listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(same.Body.Bytes())
	}))
	if err != nil {
		return 0, 0, err
	}
	defer stopMemory()
	return r.inTurns(
		func() (float64, error) { return r.load(ctx, "get", address, l.ceasefires()) },
		func() (float64, error) { return r.load(ctx, "get", fromMemory, l.ceasefires()) })
}

// ceasefires is how many different ones are asked for: each is decoded once, and then asked for again and again.
func (l *ledger) ceasefires() int { return min(1000, l.records/10) }

// listen serves h on a port of its own.
func listen(h http.Handler) (address string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	return listener.Addr().String(), func() { _ = server.Close(); <-done }, nil
}

// load has another process send requests and returns how many it was answered a second.
func (r *run) load(ctx context.Context, kind, address string, records int) (float64, error) {
	c := r.child(ctx, "load", kind, address, strconv.Itoa(records), strconv.FormatFloat(r.Seconds, 'f', -1, 64))
	out, err := c.Output()
	if err != nil {
		return 0, fmt.Errorf("load %s: %w", kind, err)
	}
	var rate float64
	return rate, json.Unmarshal(out, &rate)
}

func (r *run) child(ctx context.Context, args ...string) *exec.Cmd {
	line := append(append([]string{}, r.Child...), args...)
	c := exec.CommandContext(ctx, line[0], line[1:]...)
	c.Stderr = os.Stderr
	return c
}

// Child is what the other processes do: "load KIND ADDRESS RECORDS SECONDS", "server DIR", "node DIR" or "rested DIR".
func Child(ctx context.Context, c Config, args []string) error {
	switch {
	case len(args) == 5 && args[0] == "load":
		return sendLoad(args[1], args[2], args[3], args[4])
	case len(args) == 2 && args[0] == "server":
		return bareServer(ctx, args[1])
	case len(args) == 2 && (args[0] == "node" || args[0] == "rested"):
		return wholeNode(ctx, c, args[1], args[0] == "rested")
	}
	return errors.New("another process of bench was started with " + fmt.Sprint(args))
}
