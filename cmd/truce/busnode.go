package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"truceledger/api"
	"truceledger/api/bus"
	"truceledger/eventstore/jetstream"
)

// busSettings say whether programs can reach the ledger over NATS.
type busSettings struct {
	listen string // of the embedded server; "" for no port
	serve  bool   // on an external JetStream
}

func (b *busSettings) declare(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&b.listen, "nats-listen", "", "Let programs with a token reach the embedded NATS server at this `address`, such as 127.0.0.1:4222; by default it has no port.")
	f.BoolVar(&b.serve, "nats-service", false, "Serve commands and records on the external NATS of --nats too; its own permissions say who may use them.")
}

// check refuses what cannot be. There is no TLS on this port, so that passwords must not leave the machine.
func (b *busSettings) check(s *settings) error {
	switch {
	case b.listen != "" && s.nats.URL != "":
		return usage("--nats-listen is for the embedded server: with --nats the programs connect there, see --nats-service")
	case b.serve && s.nats.URL == "":
		return usage("--nats-service is for an external NATS: with the embedded one, open its port with --nats-listen")
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
	return &jetstream.Access{Address: s.bus.listen, Admit: func(name, password string) (jetstream.User, bool) {
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
func (n *node) openBus(ctx context.Context, s *settings) (err error) {
	if s.bus.listen == "" && !s.bus.serve {
		return nil
	}
	n.bus, err = bus.Start(ctx, bus.Options{Conn: n.conn, Handler: n.api, Log: n.log, Models: n.models, Logger: n.logger, Version: version()})
	if err != nil {
		return fmt.Errorf("the bus: %w", err)
	}
	return nil
}
