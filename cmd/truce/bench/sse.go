package bench

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	subscribers = 1000
	sseRate     = 100 // entries a second
)

// An audience is everybody who streams, and when each entry reached them.
type audience struct {
	mu       sync.Mutex
	received map[uint64][]time.Time
	count    atomic.Int64
}

// sse is how late an entry reaches subscribers after its writer was told that it is stored.
func (r *run) sse(ctx context.Context) (value, raw float64, unit string, err error) {
	l, err := r.smallLedger(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	value, err = l.sse(ctx, 2*r.Seconds)
	return value, 0, "ms", err
}

func (l *ledger) sse(ctx context.Context, seconds float64) (float64, error) {
	address, stop, err := listen(l.node.Handler)
	if err != nil {
		return 0, err
	}
	defer stop()
	a := &audience{received: map[uint64][]time.Time{}}
	leave, err := a.gather(address)
	if err != nil {
		leave()
		return 0, err
	}
	told, err := l.steadily(ctx, seconds)
	a.await(len(told) * subscribers)
	leave() // each subscriber hands in what it noted when its connection ends
	if err != nil {
		return 0, err
	}
	return a.lateness(told)
}

// gather connects the subscribers and waits until each has been greeted.
func (a *audience) gather(address string) (leave func(), err error) {
	var conns []net.Conn
	var group sync.WaitGroup
	leave = func() {
		for _, c := range conns {
			c.Close()
		}
		group.Wait()
	}
	for i := range subscribers {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return leave, fmt.Errorf("subscriber %d: %w", i, err)
		}
		conns = append(conns, c)
		if _, err := c.Write([]byte("GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")); err != nil {
			return leave, err
		}
	}
	for i, c := range conns {
		in := bufio.NewReaderSize(c, 4096)
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if err := greeted(in); err != nil {
			return leave, fmt.Errorf("subscriber %d: %w", i, err)
		}
		_ = c.SetReadDeadline(time.Time{})
		group.Go(func() { a.listen(in) })
	}
	return leave, nil
}

func greeted(in *bufio.Reader) error {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "id: ") {
			return nil
		}
		if strings.HasPrefix(line, "HTTP/1.1 ") && !strings.HasPrefix(line, "HTTP/1.1 200") {
			return fmt.Errorf("answered %q", line)
		}
	}
}

// listen notes when entries come in, until the connection ends.
func (a *audience) listen(in *bufio.Reader) {
	var at []uint64
	var when []time.Time
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		for i, n := range at {
			a.received[n] = append(a.received[n], when[i])
		}
	}()
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
		if len(line) > 5 && string(line[:4]) == "id: " {
			n, _ := strconv.ParseUint(strings.TrimSpace(string(line[4:])), 10, 64)
			at, when = append(at, n), append(when, time.Now())
			a.count.Add(1)
		}
	}
}

// steadily writes entries at the rate, and returns when each was acknowledged.
func (l *ledger) steadily(ctx context.Context, seconds float64) (map[uint64]time.Time, error) {
	told := map[uint64]time.Time{}
	random := rand.New(rand.NewPCG(5, 6))
	tick := time.NewTicker(time.Second / sseRate)
	defer tick.Stop()
	for range int(seconds * sseRate) {
		<-tick.C
		sequence, err := l.tallyAt(ctx, random.IntN(writtenRecords))
		if err != nil {
			return nil, err
		}
		told[sequence] = time.Now()
	}
	return told, nil
}

// await gives the last ones time to arrive: what comes late counts as late, not as lost.
func (a *audience) await(events int) {
	for end := time.Now().Add(10 * time.Second); a.count.Load() < int64(events) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
}

// lateness is the 99th percentile over every subscriber and entry; an entry that did not arrive is an error.
func (a *audience) lateness(told map[uint64]time.Time) (float64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return percentile(a.received, told)
}

func percentile(received map[uint64][]time.Time, told map[uint64]time.Time) (float64, error) {
	var late []float64
	for n, acknowledged := range told {
		if got := len(received[n]); got != subscribers {
			return 0, fmt.Errorf("entry %d reached %d of %d subscribers", n, got, subscribers)
		}
		for _, t := range received[n] {
			late = append(late, ms(t.Sub(acknowledged)))
		}
	}
	slices.Sort(late)
	return late[len(late)*99/100], nil
}
