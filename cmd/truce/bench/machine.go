package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"truceledger/eventstore/jetstream"
)

// start is how long a start takes, projections intact, beside that of the bare server.
func (r *run) start(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.largeLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	value, raw, err = r.starts(ctx, l)
	return value, raw, "ms", err
}

// starts closes the ledger, measures, and opens it again.
func (r *run) starts(ctx context.Context, l *ledger) (value, raw float64, err error) {
	l.close()
	value, raw, err = r.inTurns(
		func() (float64, error) { return r.startOnce(ctx, "node", l.dir, nil) },
		func() (float64, error) { return r.startOnce(ctx, "server", l.dir, nil) })
	return value, raw, errors.Join(err, l.reopen(ctx, r))
}

// memory is what the system holds for the process while it serves.
func (r *run) memory(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.largeLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	value, raw, err = r.memories(ctx, l)
	return value, raw, "MiB", err
}

func (r *run) memories(ctx context.Context, l *ledger) (value, raw float64, err error) {
	l.close()
	of := func(kind string, into *float64) func() (float64, error) {
		return func() (float64, error) {
			_, err := r.startOnce(ctx, kind, l.dir, func(pid int, address string) (err error) {
				if address != "" {
					err = askAround(address, l.ceasefires())
				}
				if err == nil {
					*into, err = resident(pid)
				}
				return err
			})
			return *into, err
		}
	}
	value, raw, err = r.inTurns(of("rested", &value), of("server", &raw))
	return value, raw, errors.Join(err, l.reopen(ctx, r))
}

// askAround is a little of everyday's work: every ceasefire once, and some pages.
func askAround(address string, ceasefires int) error {
	for i := range ceasefires {
		if err := ask(fmt.Sprintf("http://%s/v1/ceasefires/r-%d", address, 10*i)); err != nil {
			return err
		}
	}
	return ask("http://" + address + "/v1/ceasefires?limit=100")
}

func ask(url string) error {
	answer, err := http.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode == http.StatusOK {
		return err
	}
	return fmt.Errorf("%s: %s", url, answer.Status)
}

func (l *ledger) reopen(ctx context.Context, r *run) error {
	again, err := r.openLedger(ctx, l.dir)
	if err != nil {
		return err
	}
	l.node, l.raw = again.node, again.raw
	return l.settled(ctx)
}

// startOnce starts another process on the folder and returns how long it took until it was ready, in milliseconds. when,
// if not nil, is called with its id and, for a whole node, its address.
func (r *run) startOnce(ctx context.Context, kind, dir string, when func(pid int, address string) error) (took float64, err error) {
	c := r.child(ctx, kind, dir)
	in, err := c.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close(), ended(c)) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("%s did not become ready: %w", kind, err)
	}
	took = ms(time.Since(began))
	if when != nil {
		err = when(c.Process.Pid, strings.TrimSpace(strings.TrimPrefix(line, "ready")))
	}
	return took, err
}

func ended(c *exec.Cmd) error {
	if err := c.Wait(); err != nil {
		return fmt.Errorf("another process of bench: %w", err)
	}
	return nil
}

// bareServer is the engine alone on a folder.
func bareServer(ctx context.Context, dir string) error {
	s, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: dir})
	if err != nil {
		return err
	}
	defer s.Shutdown()
	return readyUntilClosed("")
}

// wholeNode is a ledger on a folder, served. rested: it is ready when it has nothing left to do behind.
func wholeNode(ctx context.Context, c Config, dir string, rested bool) error {
	n, err := c.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer n.Close()
	l := &ledger{node: n}
	if err := l.settled(ctx); err != nil {
		return err
	}
	if rested {
		if err := n.Rest(ctx); err != nil {
			return err
		}
	}
	address, stop, err := listen(n.Handler)
	if err != nil {
		return err
	}
	defer stop()
	return readyUntilClosed(address)
}

// readyUntilClosed says so and stays until standard input ends.
func readyUntilClosed(address string) error {
	fmt.Println("ready", address)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// resident is the resident set of a process in MiB, as the system counts it.
func resident(pid int) (float64, error) {
	if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
		for line := range strings.Lines(string(raw)) {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				return kib(rest)
			}
		}
	}
	out, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0, fmt.Errorf("resident memory: %w", err)
	}
	return kib(string(out))
}

func kib(s string) (float64, error) {
	n, err := strconv.ParseFloat(strings.Fields(s)[0], 64)
	return n / 1024, err
}
