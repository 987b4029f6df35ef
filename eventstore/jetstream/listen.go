package jetstream

import (
	"crypto/rand"
	"crypto/subtle"
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
	// Admit says who connects with a name and a password; false for nobody. It may be called by many goroutines at once.
	Admit func(name, password string) (User, bool)
}

// A User is somebody who may connect, and the subjects that are allowed; everything else is denied, the log's own subjects
// above all: whoever could publish on them could write entries that no rule has seen.
type User struct {
	Name               string
	Publish, Subscribe []string
}

// own is this process itself: once there are users, an anonymous connection is refused, in-process too.
func own() *server.User { return &server.User{Username: "truce", Password: rand.Text()} }

// listenFor opens the server's port to those whom a admits, and to nobody else.
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
	if a.Admit == nil {
		return errors.New("a server that listens needs to know its users: without any, everybody could write into the log")
	}
	opts.Host, opts.DontListen, opts.CustomClientAuthentication = host, false, &door{self, a.Admit}
	return nil
}

// A door implements server.Authentication.
type door struct {
	self  *server.User
	admit func(name, password string) (User, bool)
}

// Check lets a connection in, or not, with what it may do.
func (d *door) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if o.Username == d.self.Username {
		if subtle.ConstantTimeCompare([]byte(o.Password), []byte(d.self.Password)) != 1 {
			return false
		}
		c.RegisterUser(&server.User{Username: d.self.Username})
		return true
	}
	u, ok := d.admit(o.Username, o.Password)
	if !ok {
		return false
	}
	c.RegisterUser(&server.User{Username: u.Name, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: u.Publish}, Subscribe: &server.SubjectPermission{Allow: u.Subscribe},
	}})
	return true
}

// Drop ends every connection of a user.
func (e *Embedded) Drop(name string) error {
	const atOnce = 1024
	for {
		open, err := e.server.Connz(&server.ConnzOptions{Username: true, User: name, Limit: atOnce})
		if err != nil {
			return err
		}
		for _, c := range open.Conns {
			_ = e.server.DisconnectClientByID(c.Cid) // it may have left by itself
		}
		if len(open.Conns) < atOnce {
			return nil
		}
	}
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
