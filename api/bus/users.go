package bus

import (
	"truceledger/api/access"
	"truceledger/eventstore/jetstream"
)

// Kinds are the kinds of users on the embedded server. Whoever may read may ask questions, watch the bucket and discover the
// service; an auditor may read the log itself too, which holds what is restricted; a sender may send commands: which, each
// request's own token says.
//
// Nobody may publish into the log or the bucket, and no answer can be sent there: no kind is in their NATS accounts.
func Kinds() []jetstream.Kind {
	var all []jetstream.Kind
	for _, audits := range []bool{false, true} {
		for _, sends := range []bool{false, true} {
			k := jetstream.Kind{Name: kind(audits, sends), Requests: []string{QuerySubject, "$SRV.>"}, Buckets: []string{Bucket}, ReadLog: audits}
			if sends {
				k.Requests = append(k.Requests, CommandSubject+".*")
			}
			all = append(all, k)
		}
	}
	return all
}

func kind(audits, sends bool) string {
	switch {
	case audits && sends:
		return "auditor-sender"
	case audits:
		return "auditor"
	case sends:
		return "sender"
	}
	return "watcher"
}

// User says of which kind the bearer of a token is, by the same table as HTTP goes by. It connects with the token's id as its name
// and the token as its password, and hears answers on the inbox _INBOX.<id> only.
func User(c access.Caller) (jetstream.User, bool) {
	if c.May(access.Read) == access.No || c.Token == "" {
		return jetstream.User{}, false
	}
	return jetstream.User{Name: c.Token, Kind: kind(c.May(access.ReadRestricted) == access.Any, c.May(access.Send) != access.No)}, true
}

// Admit lets the bearers of tokens in.
func Admit(tokens *access.Store) func(name, password string) (jetstream.User, bool) {
	return func(name, password string) (jetstream.User, bool) {
		a, ok := tokens.Admit(password)
		if !ok || a.Caller.Token != name {
			return jetstream.User{}, false
		}
		return User(a.Caller)
	}
}
