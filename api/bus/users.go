package bus

import (
	"fmt"

	"truceledger/api/access"
	"truceledger/eventstore/jetstream"
)

// User says what the bearer of a token may do on the embedded server, by the same table as HTTP goes by. It connects with the
// token's id as its name and the token as its password. Whoever may read may ask questions, watch the bucket and discover the
// service; whoever may read all, the log itself too, which holds what is restricted; whoever may send, the subjects of commands:
// which commands, each request's own token says. Nobody may publish into the log. Each hears replies on an inbox of its own
// only, _INBOX_<id>: with a common inbox everybody would hear what the others are answered.
func User(c access.Caller) (jetstream.User, bool) {
	u := jetstream.User{Name: c.Token, Subscribe: []string{"_INBOX_" + c.Token + ".>"}}
	if c.May(access.Read) == access.No || c.Token == "" {
		return u, false
	}
	u.Publish = []string{QuerySubject, "$SRV.>", "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.FC.>"}
	streams := []string{"KV_" + Bucket}
	if c.May(access.ReadRestricted) == access.Any {
		streams = append(streams, jetstream.DefaultStream)
	}
	for _, stream := range streams {
		for _, verb := range []string{
			"STREAM.INFO.%s", "STREAM.MSG.GET.%s", "DIRECT.GET.%s", "DIRECT.GET.%s.>", "CONSUMER.CREATE.%s", "CONSUMER.CREATE.%s.>",
			"CONSUMER.INFO.%s.*", "CONSUMER.LIST.%s", "CONSUMER.NAMES.%s", "CONSUMER.MSG.NEXT.%s.*", "CONSUMER.DELETE.%s.*",
		} {
			u.Publish = append(u.Publish, "$JS.API."+fmt.Sprintf(verb, stream))
		}
		u.Publish = append(u.Publish, "$JS.ACK."+stream+".>")
	}
	if c.May(access.Send) != access.No {
		u.Publish = append(u.Publish, CommandSubject+".*")
	}
	return u, true
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
