package jetstream

import (
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
)

// accountOf names the accounts of this process. The log's is the one that a server without users keeps it in: an account's name is
// the name of its folder.
var accountOf = map[string]string{logRole: "$G", serviceRole: serviceRole, stateRole: stateRole}

func kindAccount(kind string) string { return "USERS-" + kind }

// accounts are those of a server that listens, and what each kind of users may send.
type accounts struct {
	all   []*server.Account
	own   map[string]*server.Account // by role
	kinds map[string][]string        // subjects by kind
}

func newAccounts(kinds []Kind) (*accounts, error) {
	a := &accounts{own: map[string]*server.Account{}, kinds: map[string][]string{}}
	for role, name := range accountOf {
		a.own[role] = a.add(name)
	}
	for _, k := range kinds {
		if err := a.addKind(k); err != nil {
			return nil, fmt.Errorf("%s: %w", k.Name, err)
		}
	}
	return a, nil
}

func (a *accounts) add(name string) *server.Account {
	account := server.NewAccount(name)
	a.all = append(a.all, account)
	return account
}

// addKind makes the account of a kind of users. A request that it does not import goes nowhere, even as the reply to another one;
// the users' permissions say the same once more, so that the asker is told.
func (a *accounts) addKind(k Kind) error {
	asks := grants{account: a.add(kindAccount(k.Name))}
	for _, subject := range k.Requests {
		asks.request(a.own[serviceRole], subject, server.Singleton)
	}
	if k.ReadLog {
		asks.read(a.own[logRole], DefaultStream)
	}
	for _, bucket := range k.Buckets {
		stream := "KV_" + bucket
		asks.read(a.own[stateRole], stream)
		// A watch is a consumer that sends to the watcher's inbox. Others' names are random, and told to nobody.
		asks.request(a.own[stateRole], "$JS.API.CONSUMER.CREATE."+stream+".>", server.Singleton)
		asks.request(a.own[stateRole], "$JS.API.CONSUMER.INFO."+stream+".*", server.Singleton)
		asks.request(a.own[stateRole], "$JS.API.CONSUMER.DELETE."+stream+".*", server.Singleton)
		asks.request(a.own[stateRole], "$JS.FC."+stream+".>", server.Singleton)
	}
	if len(k.Buckets) > 0 {
		asks.request(a.own[stateRole], "$JS.API.INFO", server.Singleton)
		asks.hear(a.own[stateRole], "_INBOX.>")
	}
	a.kinds[k.Name] = asks.subjects
	return asks.err
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
