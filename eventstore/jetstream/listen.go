package jetstream

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Access lets programs outside this process reach the embedded server. Without it there is no port.
type Access struct {
	Address string // host:port
	Users   []User
}

// A User is somebody who may connect, and the subjects that are allowed; everything else is denied, the log's own subjects
// above all: whoever could publish on them could write entries that no rule has seen.
type User struct {
	Name, Password     string
	Publish, Subscribe []string
}

// own is this process itself: once there are users, an anonymous connection is refused, in-process too.
func own() *server.User { return &server.User{Username: "truce", Password: rand.Text()} }

// listenFor opens the server's port to the users of a, and to nobody else.
func (a *Access) listenFor(opts *server.Options, self *server.User) error {
	host, port, err := net.SplitHostPort(a.Address)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", a.Address, err)
	}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("listen address %q: %w", a.Address, err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if len(a.Users) == 0 {
		return errors.New("a server that listens needs users: without any, everybody could write into the log")
	}
	opts.Host, opts.DontListen, opts.Users = host, false, []*server.User{self}
	for _, u := range a.Users {
		if u.Name == self.Username || len(u.Password) < 16 {
			return fmt.Errorf("user %q: another name, and a password of at least 16 characters", u.Name)
		}
		opts.Users = append(opts.Users, &server.User{Username: u.Name, Password: u.Password, Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: u.Publish}, Subscribe: &server.SubjectPermission{Allow: u.Subscribe},
		}})
	}
	return nil
}

// Address is where the server listens, "" where it does not.
func (e *Embedded) Address() string {
	if addr, ok := e.current().Addr().(*net.TCPAddr); ok && addr != nil && e.self != nil {
		return addr.String()
	}
	return ""
}

// identity is how this process connects to its own server.
func (e *Embedded) identity() []nats.Option {
	if e.self == nil {
		return nil
	}
	return []nats.Option{nats.UserInfo(e.self.Username, e.self.Password)}
}
