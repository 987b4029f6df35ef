package jetstream

import (
	"github.com/nats-io/nats-server/v2/server"
)

// accounts are those of a server that listens, and what each exports to which.
type accounts struct {
	all []*server.Account
	own map[string]*server.Account // by role
}

func newAccounts() *accounts {
	a := &accounts{own: map[string]*server.Account{}}
	for role, name := range map[string]string{logRole: "$G", serviceRole: serviceRole, stateRole: stateRole} {
		a.own[role] = a.add(name)
	}
	return a
}

func (a *accounts) add(name string) *server.Account {
	account := server.NewAccount(name)
	a.all = append(a.all, account)
	return account
}

// user makes an account that nobody else is in, so that what one is answered nobody else hears, and a user in it.
//
// A request that a user's account does not import goes nowhere, even as the reply of another one; the permissions say the same
// once more, so that the asker is told.
func (a *accounts) user(u User) (*server.User, error) {
	own := a.add("user-" + u.Name)
	inbox := "_INBOX_" + u.Name + ".>"
	asks := grants{account: own}
	for _, subject := range u.Requests {
		asks.request(a.own[serviceRole], subject, server.Singleton)
	}
	if u.ReadLog {
		asks.read(a.own[logRole], DefaultStream)
	}
	for _, bucket := range u.Buckets {
		stream := "KV_" + bucket
		asks.request(a.own[stateRole], "$JS.API.INFO", server.Singleton)
		asks.read(a.own[stateRole], stream)
		// A watch is a consumer that sends to the watcher's inbox. Others' names are random, and told to nobody.
		asks.request(a.own[stateRole], "$JS.API.CONSUMER.CREATE."+stream+".>", server.Singleton)
		asks.request(a.own[stateRole], "$JS.API.CONSUMER.INFO."+stream+".*", server.Singleton)
		asks.request(a.own[stateRole], "$JS.API.CONSUMER.DELETE."+stream+".*", server.Singleton)
		asks.request(a.own[stateRole], "$JS.FC."+stream+".>", server.Singleton)
		asks.hear(a.own[stateRole], inbox)
	}
	return &server.User{Username: u.Name, Password: u.Password, Account: own, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: asks.subjects}, Subscribe: &server.SubjectPermission{Allow: []string{inbox}},
	}}, asks.err
}

// grants gather what an account may ask of others.
type grants struct {
	account  *server.Account
	subjects []string
	err      error // the first
}

func (g *grants) request(of *server.Account, subject string, answers server.ServiceRespType) {
	if g.err == nil {
		g.err = of.AddServiceExportWithResponse(subject, answers, []*server.Account{g.account})
	}
	if g.err == nil {
		g.err = g.account.AddServiceImport(of, subject, subject)
	}
	g.subjects = append(g.subjects, subject)
}

// read allows to get messages of a stream, without consumers.
func (g *grants) read(of *server.Account, stream string) {
	g.request(of, "$JS.API.STREAM.INFO."+stream, server.Singleton)
	g.request(of, "$JS.API.STREAM.MSG.GET."+stream, server.Singleton)
	g.request(of, "$JS.API.DIRECT.GET."+stream, server.Streamed)
	g.request(of, "$JS.API.DIRECT.GET."+stream+".>", server.Streamed)
}

func (g *grants) hear(of *server.Account, subject string) {
	if g.err == nil {
		g.err = of.AddStreamExport(subject, []*server.Account{g.account})
	}
	if g.err == nil {
		g.err = g.account.AddStreamImport(of, subject, "")
	}
}
