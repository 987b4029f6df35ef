package jetstream

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"truceledger/eventstore"
)

// watchPause is how often the server's health and the room on the disk are looked at.
const watchPause = 250 * time.Millisecond

// illLooks is how often in a row the server must say that it is not well before it is started again: it also says so of a
// stream or a consumer that is just being made or taken away.
const illLooks = 4

// DefaultReserve is how many bytes stay free for the read models, and for whoever has to make room.
const DefaultReserve = 64 << 20

// Halted returns why nothing can be written now, nil where something can. It wraps eventstore.ErrDisk.
func (e *Embedded) Halted() error {
	if reason := e.halted.Load(); reason != nil {
		return *reason
	}
	return nil
}

func (e *Embedded) halt(format string, args ...any) {
	reason := fmt.Errorf("%w: %w: %w", eventstore.ErrUnavailable, eventstore.ErrDisk, fmt.Errorf(format, args...))
	if e.halted.Swap(&reason) == nil {
		logger(e.o.Log).Error("nothing is written until the disk takes it; questions are answered", "reason", reason)
	}
}

// watch keeps the server alive over a disk that is full, read-only or failing. After a failed write the server answers no
// append of the stream any more until it is started again; this does that by itself as soon as the disk takes a file.
func (e *Embedded) watch() {
	defer close(e.watched)
	tick := time.NewTicker(watchPause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.look()
		case <-e.stop:
			return
		}
	}
}

func (e *Embedded) look() {
	if free, err := FreeBytes(e.o.Dir); err == nil && free < e.o.Reserve+e.margin() {
		e.halt("%d bytes are free in %s, and %d are kept back: make room", free, e.o.Dir, e.o.Reserve)
		return
	}
	health := e.current().Healthz(&server.HealthzOptions{})
	if health.Error == "" {
		e.ill = 0
	} else if e.ill++; e.ill < illLooks {
		return
	}
	broken := health.Error != ""
	switch {
	case !broken && e.Halted() == nil:
		return
	case broken:
		e.halt("%s", health.Error)
	}
	if err := probe(e.o.Dir); err != nil {
		e.halt("%w", err)
		return
	}
	if broken {
		if err := e.restart(); err != nil {
			e.halt("%w", err)
			return
		}
	}
	e.halted.Store(nil)
	logger(e.o.Log).Warn("the disk takes entries again")
}

// margin keeps a disk that is just at its reserve from letting one entry in at a time.
func (e *Embedded) margin() uint64 {
	if e.Halted() == nil {
		return 0
	}
	return e.o.Reserve / 8
}

// probeBytes is more than a batch, so that what passes the probe can be written.
const probeBytes = 4 << 20

// probe writes a file, syncs it, and takes it away again.
func probe(dir string) error {
	path := filepath.Join(dir, "probe.tmp")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeBytes))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(path))
}

// restart ends the server and starts another one on the same files. Connections find it by themselves. What was acknowledged
// is synced, so that it is there; what was under way has an unknown outcome until somebody looks.
func (e *Embedded) restart() error {
	old := e.current()
	old.Shutdown()
	old.WaitForShutdown()
	if err := scrub(e.o.Dir, e.o.Stream, func() uint64 { return 0 }); err != nil {
		return err
	}
	fresh, _, err := startServer(e.life, e.o, e.door)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.server = fresh
	e.revived.Add(1)
	return nil
}

// Restarts is how often the server was started again because it was ill, since StartEmbedded.
func (e *Embedded) Restarts() uint64 { return e.revived.Load() }

func (e *Embedded) current() *server.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.server
}

// InProcessConn implements nats.InProcessConnProvider: a connection that was lost comes back to the server that runs now.
func (e *Embedded) InProcessConn() (net.Conn, error) { return e.current().InProcessConn() }
