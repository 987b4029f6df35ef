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
// filed as an entry. What a user may reach is exported to an account of the user's own, in which the log's subjects mean nothing.
type Access struct {
	Address string // host:port
	Users   []User
}

// A User is somebody who may connect. What is not named is denied.
type User struct {
	Name, Password string
	Requests       []string // subjects of services on ConnectService to which they may send requests
	Buckets        []string // key-value buckets on ConnectState that they may read and watch
	ReadLog        bool     // whether they may read the log, by direct gets; there are no consumers for them
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

// An entrance is what a server that listens is made of.
type entrance struct {
	own map[string]*server.User // by role
}

// listenFor opens the server's port to the users of a, and to nobody else.
func (a *Access) listenFor(opts *server.Options) (*entrance, error) {
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
	if len(a.Users) == 0 {
		return nil, errors.New("a server that listens needs users: without any, everybody could write into the log")
	}
	opts.Host, opts.DontListen = host, false
	opts.MaxConn, opts.MaxSubs, opts.WriteDeadline = mostConnections, mostSubs, slowWrite
	in := &entrance{own: map[string]*server.User{}}
	accounts := newAccounts()
	// Once there are users, an anonymous connection is refused, in-process too.
	for role, name := range map[string]string{logRole: "truce", serviceRole: "truce-service", stateRole: "truce-state"} {
		in.own[role] = &server.User{Username: name, Password: rand.Text(), Account: accounts.own[role]}
		opts.Users = append(opts.Users, in.own[role])
	}
	taken := map[string]bool{"truce": true, "truce-service": true, "truce-state": true}
	for _, u := range a.Users {
		if taken[u.Name] || len(u.Password) < 16 {
			return nil, fmt.Errorf("user %q: a name that nobody has yet, and a password of at least 16 characters", u.Name)
		}
		taken[u.Name] = true
		made, err := accounts.user(u)
		if err != nil {
			return nil, fmt.Errorf("user %q: %w", u.Name, err)
		}
		opts.Users = append(opts.Users, made)
	}
	opts.Accounts = accounts.all
	return in, nil
}

// keep gives the accounts of this process their stores. The server does so itself only where nobody has an account.
func (in *entrance) keep(s *server.Server) error {
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

// identity is how this process connects to its own server.
func (in *entrance) identity(role string) []nats.Option {
	if in == nil {
		return nil
	}
	return []nats.Option{nats.UserInfo(in.own[role].Username, in.own[role].Password)}
}

// Address is where the server listens, "" where it does not.
func (e *Embedded) Address() string {
	if addr, ok := e.server.Addr().(*net.TCPAddr); ok && addr != nil && e.in != nil {
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
