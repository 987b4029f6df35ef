package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
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
	// Filling is for a folder that nobody misses after a crash: nothing is synced, and whoever fills it syncs it at the end.
	Filling bool
	// Stream is the stream whose files are read through before the server opens them; DefaultStream when empty.
	Stream string
	// Known tells the newest entry that this node remembers to have been stored, from whatever it keeps beside the log. It
	// tells an end that a crash cut off from one that was damaged later. Without it every such end is taken for the former.
	Known func() uint64
	// Reserve is how many bytes stay free: below it nothing is written. 0 waits for the first write that fails.
	Reserve uint64
}

// Embedded is a JetStream server inside this process. It acknowledges only what is on disk (SyncAlways).
type Embedded struct {
	server *server.Server
	door   *door // nil where the server does not listen
	lock   *bbolt.DB
	o      EmbeddedOptions

	mu    sync.Mutex   // of server and conns
	conns []*nats.Conn // made by Connect; closed by Shutdown

	halted  atomic.Pointer[error] // why nothing can be written now
	life    context.Context       // ends with Shutdown
	end     context.CancelFunc
	stop    <-chan struct{}
	revived atomic.Uint64 // how often the server was started again
	ill     int           // how often in a row watch found the server not well
	watched chan struct{} // closed when nobody looks after the server any more
}

// lockWait bounds the wait for the data folder's lock: a predecessor that is just ending gets a moment.
const lockWait = 300 * time.Millisecond

// StartEmbedded serves the data folder and returns when the stream's files are recovered and connections are accepted,
// or when ctx ends. It fails with ErrInUse while another process serves the folder.
func StartEmbedded(ctx context.Context, o EmbeddedOptions) (*Embedded, error) {
	if o.Dir == "" {
		return nil, errors.New("embedded jetstream: no data folder given")
	}
	lock, err := lockFolder(o.Dir, o.Log)
	if err != nil {
		return nil, fmt.Errorf("data folder %q: %w", o.Dir, err)
	}
	if o.Stream == "" {
		o.Stream = DefaultStream
	}
	if o.Known == nil {
		o.Known = func() uint64 { return 0 }
	}
	if err := scrub(o.Dir, o.Stream, o.Known); err != nil {
		lock.Close()
		return nil, err
	}
	s, in, err := startServer(ctx, o, nil)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("embedded jetstream in %q: %w", o.Dir, err)
	}
	e := &Embedded{server: s, door: in, lock: lock, o: o, watched: make(chan struct{})}
	e.life, e.end = context.WithCancel(context.WithoutCancel(ctx))
	e.stop = e.life.Done()
	if a := e.Address(); a != "" { // so that one that is started again is found where it was
		access := *o.Access
		access.Address = a
		e.o.Access = &access
	}
	go e.watch()
	return e, nil
}

// lockFolder takes the folder for this process. bbolt's file lock is used because it works alike on Linux, macOS and
// Windows and ends with the process, however it ends; the database itself stays empty, so that a damaged one may be
// written anew.
func lockFolder(dir string, log *slog.Logger) (*bbolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "lock.db")
	reason, err := mendLock(path)
	if err != nil {
		return nil, lockError(err)
	}
	if reason != nil && log != nil {
		log.Warn("the data folder's lock.db was damaged and is made anew; it held nothing", "path", path, "reason", reason)
	}
	db, err := openLock(path)
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, lockError(err)
	}
	return db, nil
}

// lockError says what to do about a lock.db that cannot be used. Where the disk or the folder is at fault, that is for the
// error itself to say.
func lockError(err error) error {
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("lock.db: %w", err)
	}
	return fmt.Errorf("lock.db: %w; it holds nothing: where no truce process uses the folder, remove it", err)
}

// mostLock is far more than a lock.db ever has.
const mostLock = 1 << 20

// mendLock makes sure that bbolt can open the file, and returns why it could not. It tries with a copy, because where bbolt
// fails over broken pages it keeps the lock.
//
// The file is written over and never removed or emptied: the lock belongs to the file and not to its name, so that several
// processes that mend it at once still meet at the same lock; and they all write the same, so that none pulls a page from
// under one that has got in meanwhile, which has no use for what the file holds.
func mendLock(path string) (reason, err error) {
	found, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(found, mostLock))
	if err := errors.Join(err, found.Close()); err != nil {
		return nil, err
	}
	if len(content) == 0 {
		return nil, nil // a new one: bbolt fills it under its lock
	}
	_, reason = tryLock(filepath.Dir(path), content)
	if reason == nil || errors.As(reason, new(*os.PathError)) { // no room for a copy, which need not keep a server from reading
		return nil, nil
	}
	sound, err := tryLock(filepath.Dir(path), nil)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteAt(sound, 0)
	return reason, errors.Join(err, f.Sync(), f.Close())
}

// tryLock opens a file of its own with the given content and returns what it holds afterwards.
func tryLock(dir string, content []byte) ([]byte, error) {
	f, err := os.CreateTemp(dir, "lock-*.tmp")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	db, err := openLock(f.Name())
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(f.Name())
}

// openLock opens a file and takes its lock. bbolt meets broken pages with a panic, and a file that is shorter than its
// pages say with a fault that would end the process; here they are errors.
func openLock(path string) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait})
}

// startServer starts a server. before is the door of the one that ran on the same files, whose own connections come back.
func startServer(ctx context.Context, o EmbeddedOptions, before *door) (s *server.Server, in *door, err error) {
	opts := &server.Options{
		ServerName: "truce",
		JetStream:  true,
		StoreDir:   o.Dir,
		// Without this an acknowledged entry is up to two minutes away from the disk.
		SyncAlways: !o.Filling,
		// Without these the server takes 3/4 of what is free at its start as its limit, and a ledger that already fills
		// most of a disk could not be written although there is room. The disk is the limit.
		JetStreamMaxStore: 1 << 60,
		DontListen:        true, // no port: only this process can connect
		NoSigs:            true, // signals belong to main
		MaxPayload:        1 << 20,
	}
	if o.Access != nil {
		if in, err = o.Access.listenFor(opts, before); err != nil {
			return nil, nil, err
		}
	}
	if s, err = server.NewServer(opts); err != nil {
		return nil, nil, err
	}
	lines := &serverLog{log: o.Log}
	s.SetLoggerV2(lines, false, false, false)
	s.Start()                // recovers the stores before it returns; how long that takes depends on their size
	err = lines.fatalError() // the server would have ended the process here; it is never ready afterwards
	if err == nil {
		err = awaitReady(ctx, s)
	}
	if err == nil && in != nil {
		err = in.keep(s)
	}
	if err != nil {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, nil, err
	}
	return s, in, nil
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

// Connect returns a connection inside this process, to the account of the log: no port, no TLS, no copy through the kernel.
// Shutdown closes it.
func (e *Embedded) Connect() (*nats.Conn, error) { return e.connect(logRole) }

// connectPatience is how long the server inside this process may take to answer a new connection. Where it takes seconds, the
// machine has too much to do, and to give up would not help it.
const connectPatience = time.Minute

func (e *Embedded) connect(role string) (*nats.Conn, error) {
	options := append(append(connOptions(e.o.Log), nats.InProcessServer(e), nats.Timeout(connectPatience/6)), e.door.identity(role)...)
	for began := time.Now(); ; {
		nc, err := nats.Connect("", options...)
		if err == nil {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.conns = append(e.conns, nc)
			return nc, nil
		}
		late := net.Error(nil)
		slow := errors.Is(err, nats.ErrTimeout) || errors.As(err, &late) && late.Timeout()
		if !slow || time.Since(began) > connectPatience || e.life.Err() != nil {
			return nil, fmt.Errorf("connect to the embedded server: %w", err)
		}
		logger(e.o.Log).Warn("the embedded server is slow to answer; trying again", "err", err)
	}
}

// Shutdown closes the connections, stops the server, waits until its files are closed, and frees the data folder. What
// was acknowledged is on disk already; an append under way has an unknown outcome.
func (e *Embedded) Shutdown() {
	e.end()
	<-e.watched
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
