package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// Neighbours are what a user can see of the NATS account that it is in.
type Neighbours struct {
	Account string   // "" where the server does not tell
	Others  []string // who else is connected in it, other than nodes that connect as the same user
}

// lookPatience bounds the wait for servers that may not answer: a user who may not ask is not told no, except by an error that
// comes on its own.
const lookPatience = time.Second

// Look asks who shares the account of an external NATS. It needs a connection of its own, so that a server's refusal to tell, which
// is no fault, is not logged as one. What cannot be seen is left out; the error is one of connecting.
func Look(ctx context.Context, o DialOptions) (Neighbours, error) {
	o.Log, o.Name = nil, "truce"
	nc, err := Dial(ctx, o)
	if err != nil {
		return Neighbours{}, err
	}
	defer nc.Close()
	var self struct {
		Data struct{ User, Account string }
	}
	if err := ask(ctx, nc, "$SYS.REQ.USER.INFO", nil, func(answer []byte) bool { return json.Unmarshal(answer, &self) != nil }); err != nil {
		return Neighbours{}, err
	}
	seen := Neighbours{Account: self.Data.Account}
	err = ask(ctx, nc, "$SYS.REQ.ACCOUNT.PING.CONNZ", []byte(`{"auth":true}`), func(answer []byte) bool {
		var of struct {
			Data struct {
				Connections []struct {
					Name           string
					AuthorizedUser string `json:"authorized_user"`
				}
			}
		}
		_ = json.Unmarshal(answer, &of) // a refusal has no connections
		for _, c := range of.Data.Connections {
			if c.Name == "truce" && (c.AuthorizedUser == self.Data.User || self.Data.User == "") {
				continue
			}
			if who := fmt.Sprintf("%s (%s)", c.AuthorizedUser, c.Name); !slices.Contains(seen.Others, who) {
				seen.Others = append(seen.Others, who)
			}
		}
		return true // each server tells its own
	})
	slices.Sort(seen.Others)
	return seen, err
}

// ask hands every answer to take, until take has enough, or for as long as it may last.
func ask(ctx context.Context, nc *nats.Conn, subject string, request []byte, take func([]byte) (more bool)) error {
	inbox := nc.NewRespInbox()
	answers, err := nc.SubscribeSync(inbox)
	if err == nil {
		err = nc.PublishRequest(subject, inbox, request)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	for {
		m, err := answers.NextMsgWithContext(ctx)
		if err != nil || len(m.Data) == 0 || !take(m.Data) {
			return nil // nobody tells, or nobody else
		}
	}
}
