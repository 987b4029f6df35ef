package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// ErrInUse: another process serves this data folder. Two servers on one store would both acknowledge the same sequence.
var ErrInUse = errors.New("the data folder is used by another truce process")

// EmbeddedOptions say where the embedded server keeps its data and whom it tells about itself.
type EmbeddedOptions struct {
	Dir string       // the data folder; made if missing. Holds lock.db and jetstream/
	Log *slog.Logger // where the server's own log lines go; nil drops them
	// Access opens a port for programs with credentials; nil, the default, opens none.
	Access *Access
}

// Embedded is a JetStream server inside this process. It acknowledges only what is on disk (SyncAlways).
type Embedded struct {
	server *server.Server
	self   *server.User // how this process connects where users are asked for; nil where they are not
	lock   *bbolt.DB
	log    *slog.Logger

	mu    sync.Mutex
	conns []*nats.Conn // made by Connect; closed by Shutdown
}

// lockWait bounds the wait for the data folder's lock: a predecessor that is just ending gets a moment.
const lockWait = 300 * time.Millisecond

// StartEmbedded serves the data folder and returns when the stream's files are recovered and connections are accepted,
// or when ctx ends. It fails with ErrInUse while another process serves the folder.
func StartEmbedded(ctx context.Context, o EmbeddedOptions) (*Embedded, error) {
	if o.Dir == "" {
		return nil, errors.New("embedded jetstream: no data folder given")
	}
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("data folder %q: %w", o.Dir, err)
	}
	var self *server.User
	if o.Access != nil {
		self = own()
	}
	s, err := startServer(ctx, o, self)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("embedded jetstream in %q: %w", o.Dir, err)
	}
	return &Embedded{server: s, self: self, lock: lock, log: o.Log}, nil
}

// lockFolder takes the folder for this process. bbolt's file lock is used because it works alike on Linux, macOS and
// Windows and ends with the process, however it ends; the database itself stays empty.
func lockFolder(dir string) (*bbolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(filepath.Join(dir, "lock.db"), 0o600, &bbolt.Options{Timeout: lockWait})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("lock.db: %w", err)
	}
	return db, nil
}

func startServer(ctx context.Context, o EmbeddedOptions, self *server.User) (*server.Server, error) {
	opts := &server.Options{
		ServerName: "truce",
		JetStream:  true,
		StoreDir:   o.Dir,
		// Without this an acknowledged entry is up to two minutes away from the disk.
		SyncAlways: true,
		// Without these the server takes 3/4 of what is free at its start as its limit, and a ledger that already fills
		// most of a disk could not be written although there is room. The disk is the limit.
		JetStreamMaxStore: 1 << 60,
		DontListen:        true, // no port: only this process can connect
		NoSigs:            true, // signals belong to main
		MaxPayload:        1 << 20,
	}
	if o.Access != nil {
		if err := o.Access.listenFor(opts, self); err != nil {
			return nil, err
		}
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, err
	}
	lines := &serverLog{log: o.Log}
	s.SetLoggerV2(lines, false, false, false)
	s.Start()                // recovers the stores before it returns; how long that takes depends on their size
	err = lines.fatalError() // the server would have ended the process here; it is never ready afterwards
	if err == nil {
		err = awaitReady(ctx, s)
	}
	if err != nil {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, err
	}
	return s, nil
}

func awaitReady(ctx context.Context, s *server.Server) error {
	for !s.ReadyForConnections(100 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("server not ready: %w", err)
		}
		if !s.Running() {
			return errors.New("server stopped while starting")
		}
	}
	if !s.JetStreamEnabled() {
		return errors.New("jetstream did not start")
	}
	return nil
}

// Connect returns a connection inside this process: no port, no TLS, no copy through the kernel. Shutdown closes it.
func (e *Embedded) Connect() (*nats.Conn, error) {
	nc, err := nats.Connect("", append(append(connOptions(e.log), nats.InProcessServer(e.server)), e.identity()...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded server: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conns = append(e.conns, nc)
	return nc, nil
}

// Shutdown closes the connections, stops the server, waits until its files are closed, and frees the data folder. What
// was acknowledged is on disk already; an append under way has an unknown outcome.
func (e *Embedded) Shutdown() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, nc := range e.conns {
		nc.Close()
	}
	e.conns = nil
	e.server.Shutdown()
	e.server.WaitForShutdown()
	e.lock.Close()
}
