package jetstream

import (
	"crypto/subtle"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// A door implements server.Authentication: it says who is let in, and into which account.
type door struct {
	admit    func(name, password string) (User, bool)
	accounts *accounts
	own      map[string]own // this process's own users, by their names
	server   atomic.Pointer[server.Server]
}

// own is one of the connections of this process itself.
type own struct{ role, password string }

// Check lets a connection in, or not, with what it may do. Until the server runs it lets nobody in.
func (d *door) Check(c server.ClientAuthentication) bool {
	s, o := d.server.Load(), c.GetOpts()
	if s == nil {
		return false
	}
	if self, ours := d.own[o.Username]; ours {
		return subtle.ConstantTimeCompare([]byte(o.Password), []byte(self.password)) == 1 && enter(c, s, accountOf[self.role], &server.User{Username: o.Username})
	}
	u, ok := d.admit(o.Username, o.Password)
	asks, known := d.accounts.kinds[u.Kind]
	if !ok || !known || u.Name == "" {
		return false
	}
	return enter(c, s, kindAccount(u.Kind), &server.User{Username: u.Name, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: asks}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX." + u.Name + ".>"}},
	}})
}

// enter puts a connection into an account; one whose account is not there is not let in, least of all into the log's.
func enter(c server.ClientAuthentication, s *server.Server, account string, u *server.User) bool {
	var err error
	if u.Account, err = s.LookupAccount(account); err != nil {
		return false
	}
	c.RegisterUser(u)
	return true
}

// identity is how this process connects to its own server.
func (d *door) identity(role string) []nats.Option {
	if d == nil {
		return nil
	}
	for name, self := range d.own {
		if self.role == role {
			return []nats.Option{nats.UserInfo(name, self.password)}
		}
	}
	return nil
}

// Drop ends every connection of a user.
func (e *Embedded) Drop(name string) error {
	const atOnce = 1024
	for {
		open, err := e.current().Connz(&server.ConnzOptions{Username: true, User: name, Limit: atOnce})
		if err != nil {
			return err
		}
		for _, c := range open.Conns {
			_ = e.current().DisconnectClientByID(c.Cid) // it may have left by itself
		}
		if len(open.Conns) < atOnce {
			return nil
		}
	}
}
