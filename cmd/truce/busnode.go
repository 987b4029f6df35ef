package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"truceledger/api"
	"truceledger/api/bus"
	"truceledger/eventstore/jetstream"
)

// busSettings say whether programs can reach the ledger over NATS.
type busSettings struct {
	listen string // of the embedded server; "" for no port
	serve  bool   // on an external JetStream

	service jetstream.DialOptions // who we are there; the rest is the log's
}

func (b *busSettings) declare(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&b.listen, "nats-listen", "", "Let programs with a token reach the embedded NATS server at this `address`, such as 127.0.0.1:4222; by default it has no port.")
	f.BoolVar(&b.serve, "nats-service", false, "Serve commands and records on the external NATS of --nats too; its accounts say who may use them.")
	f.StringVar(&b.service.CredsFile, "nats-service-creds", "", "NATS credentials of --nats-service, a `file`: a user in another NATS account than the log's.")
	f.StringVar(&b.service.CertFile, "nats-service-cert", "", "The certificate of --nats-service, a PEM `file`, instead of --nats-service-creds; needs --nats-service-key.")
	f.StringVar(&b.service.KeyFile, "nats-service-key", "", "The key of --nats-service-cert, a PEM `file`.")
}

// check refuses what cannot be. There is no TLS on this port, so that passwords must not leave the machine.
func (b *busSettings) check(s *settings) error {
	switch {
	case b.listen != "" && s.nats.URL != "":
		return usage("--nats-listen is for the embedded server: with --nats the programs connect there, see --nats-service")
	case b.serve && s.nats.URL == "":
		return usage("--nats-service is for an external NATS: with the embedded one, open its port with --nats-listen")
	case !b.serve && b.service != (jetstream.DialOptions{}):
		return usage("--nats-service-creds, --nats-service-cert and --nats-service-key go with --nats-service")
	case (b.service.CertFile == "") != (b.service.KeyFile == ""):
		return usage("--nats-service-cert and --nats-service-key go together: give both")
	case b.serve && b.service == (jetstream.DialOptions{}):
		return usage("--nats-service needs a user in another NATS account than the log's, by --nats-service-creds or --nats-service-cert: in the log's own, an answer could be filed as an entry (deploy/nats/README.md)")
	case b.listen == "":
		return nil
	}
	if err := api.CheckLoopback(b.listen); err != nil {
		return usage("--nats-listen: %w", err)
	}
	return nil
}

// natsAccess is what the embedded server is told; nil for no port. It listens before the tokens are open, and lets nobody in
// until then.
func (n *node) natsAccess(s *settings) *jetstream.Access {
	if s.bus.listen == "" {
		return nil
	}
	return &jetstream.Access{Address: s.bus.listen, Kinds: bus.Kinds(), Admit: func(name, password string) (jetstream.User, bool) {
		tokens := n.door.Load()
		if tokens == nil {
			return jetstream.User{}, false
		}
		return bus.Admit(tokens)(name, password)
	}}
}

// openDoor lets the bearers of tokens in on the embedded server, and out when their tokens are revoked. What they send says
// who they are once more, so that the end of a token by its own time ends what they may do as well.
func (n *node) openDoor() {
	n.door.Store(n.tokens)
	if n.embedded == nil {
		return
	}
	n.tokens.OnRevoke(func(id string) {
		go func() { // the server may be asking the tokens just now
			if err := n.embedded.Drop(id); err != nil {
				n.logger.Warn("end the NATS connections of a revoked token", "token", id, "err", err)
			}
		}()
	})
}

// openBus serves the bus where it is asked for.
func (n *node) openBus(ctx context.Context, s *settings) error {
	if s.bus.listen == "" && !s.bus.serve {
		return nil
	}
	service, state, err := n.busConns(ctx, s)
	if err == nil {
		n.bus, err = bus.Start(ctx, bus.Options{Conn: service, State: state, Handler: n.api, Log: n.log, Models: n.models, Logger: n.logger, Version: version()})
	}
	if err != nil {
		return fmt.Errorf("the bus: %w", err)
	}
	return nil
}

// busConns connects to where the bus is: never to the account of the log.
func (n *node) busConns(ctx context.Context, s *settings) (service, state *nats.Conn, err error) {
	if n.embedded != nil {
		if service, err = n.embedded.ConnectService(); err == nil {
			state, err = n.embedded.ConnectState()
		}
		return service, state, err
	}
	o := s.bus.service
	o.URL, o.CAFile, o.Log = s.nats.URL, s.nats.CAFile, n.logger
	if err := apart(ctx, s.nats, o); err != nil {
		return nil, nil, err
	}
	n.busConn, err = jetstream.Dial(ctx, o)
	return n.busConn, n.busConn, err
}

// apart refuses a service that is in the account of the log, as far as the servers tell.
func apart(ctx context.Context, log, service jetstream.DialOptions) error {
	of, err := jetstream.Look(ctx, log)
	if err != nil {
		return err
	}
	with, err := jetstream.Look(ctx, service)
	if err == nil && of.Account != "" && of.Account == with.Account {
		err = fmt.Errorf("the user of --nats-service is in the NATS account %s, which is that of the log: give it another, or whoever may ask it anything can have the answer filed as an entry (deploy/nats/README.md)", of.Account)
	}
	return err
}

// warnOfNeighbours says who else is in the NATS account of the log, as far as the servers tell. A user who is not connected now
// cannot be seen.
func warnOfNeighbours(ctx context.Context, log jetstream.DialOptions, logger *slog.Logger) {
	seen, err := jetstream.Look(ctx, log)
	switch {
	case err != nil || ctx.Err() != nil:
		return // whoever reads and writes the log will say it
	case seen.Account == "$G":
		logger.Warn("the log is in the NATS account that everybody is in who has none: whoever can connect there can spoil it for good; give it an account of its own (deploy/nats/README.md)")
	case len(seen.Others) > 0:
		logger.Warn("others are connected to the NATS account of the log: each of them can spoil it for good, even one who may only read; give them accounts of their own (deploy/nats/README.md)", "account", seen.Account, "users", seen.Others)
	}
}
