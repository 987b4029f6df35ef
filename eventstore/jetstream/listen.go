package jetstream

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Access lets programs outside this process reach the embedded server. Without it there is no port.
//
// Nobody but this process is in the NATS account of the log. Narrow permissions there would not be enough: NATS asks whether
// somebody may publish a request, and not where its answer goes, so that whoever may ask anything at all could have the answer
// filed as an entry. What users may reach is exported to accounts of theirs, one for each kind, in which the log's subjects mean
// nothing, nor those of commands where they may send none.
type Access struct {
	Address string // host:port
	Kinds   []Kind
	// Admit says who connects with a name and a password; false for nobody. It may be called by many goroutines at once.
	Admit func(name, password string) (User, bool)
}

// A Kind of users is who may reach the same. What is not named is denied.
type Kind struct {
	Name     string
	Requests []string // subjects of services on ConnectService to which they may send requests
	Buckets  []string // key-value buckets on ConnectState that they may read and watch
	ReadLog  bool     // whether they may read the log, by direct gets; there are no consumers for them
}

// A User is somebody who may connect. They hear answers on the inbox _INBOX.<Name> only.
type User struct {
	Name string
	Kind string // the name of one of Access.Kinds
}

// The connections of this process itself, each in an account of its own; "" is the account of the log. It has no name because
// the log is kept there whether the server listens or not, and an account's name is the name of its folder.
const (
	logRole     = ""
	serviceRole = "SERVICE" // where requests are answered
	stateRole   = "STATE"   // where the buckets are: a consumer of a bucket can send to all that is there
)

// Bounds on what users can take. The own connections count as well.
const (
	mostConnections = 256
	mostSubs        = 1_000           // of one connection
	mostConsumers   = 1_000           // of all users together
	slowWrite       = 5 * time.Second // before a connection that does not read is cut off
)

// listenFor opens the server's port to those whom a admits, and to nobody else.
func (a *Access) listenFor(opts *server.Options, before *door) (*door, error) {
	host, port, err := net.SplitHostPort(a.Address)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: %w", a.Address, err)
	}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("listen address %q: %w", a.Address, err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if a.Admit == nil {
		return nil, errors.New("a server that listens needs to know its users: without any, everybody could write into the log")
	}
	made, err := newAccounts(a.Kinds)
	if err != nil {
		return nil, fmt.Errorf("the accounts of the users: %w", err)
	}
	d := &door{admit: a.Admit, accounts: made, own: map[string]own{}}
	// Once there is a door, an anonymous connection is refused, in-process too.
	for role, name := range map[string]string{logRole: "truce", serviceRole: "truce-service", stateRole: "truce-state"} {
		d.own[name] = own{role, rand.Text()}
	}
	if before != nil {
		d.own = before.own
	}
	opts.Host, opts.DontListen, opts.Accounts, opts.CustomClientAuthentication = host, false, made.all, d
	opts.MaxConn, opts.MaxSubs, opts.WriteDeadline = mostConnections, mostSubs, slowWrite
	return d, nil
}

// keep gives the accounts of this process their stores. The server does so itself only where nobody has an account.
func (d *door) keep(s *server.Server) error {
	d.server.Store(s)
	if err := s.GlobalAccount().EnableJetStream(nil, nil); err != nil {
		return fmt.Errorf("the account of the log: %w", err)
	}
	state, err := s.LookupAccount(stateRole)
	if err == nil {
		err = state.EnableJetStream(map[string]server.JetStreamAccountLimits{"": {
			MaxMemory: -1, MaxStore: -1, MaxStreams: -1, MaxConsumers: mostConsumers, MaxAckPending: -1, MemoryMaxStreamBytes: -1, StoreMaxStreamBytes: -1,
		}}, nil)
	}
	if err != nil {
		return fmt.Errorf("the account of the buckets: %w", err)
	}
	return nil
}

// Address is where the server listens, "" where it does not.
func (e *Embedded) Address() string {
	if addr, ok := e.current().Addr().(*net.TCPAddr); ok && addr != nil && e.door != nil {
		return addr.String()
	}
	return ""
}

// ConnectService returns a connection to the account whose services users may be let to; it is the log's where the server does
// not listen. Shutdown closes it.
func (e *Embedded) ConnectService() (*nats.Conn, error) { return e.connect(serviceRole) }

// ConnectState returns a connection to the account whose buckets users may be let to; it is the log's where the server does not
// listen. Shutdown closes it.
func (e *Embedded) ConnectState() (*nats.Conn, error) { return e.connect(stateRole) }
