package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"truceledger/api"
	"truceledger/api/bus"
	"truceledger/eventstore/jetstream"
)

// busSettings say whether programs can reach the ledger over NATS.
type busSettings struct {
	listen string // of the embedded server; "" for no port
	users  string // the file of their credentials
	serve  bool   // on an external JetStream
}

func (b *busSettings) declare(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&b.listen, "nats-listen", "", "Let programs reach the embedded NATS server at this `address`, such as 127.0.0.1:4222; by default it has no port.")
	f.StringVar(&b.users, "nats-users", "", "Who may connect to --nats-listen: a `file` of lines \"name role password\"; by default nats.users in the data folder, made if missing.")
	f.BoolVar(&b.serve, "nats-service", false, "Serve commands and records on the external NATS of --nats too; its own permissions say who may use them.")
}

// check refuses what cannot be. There is no TLS on this port, so that passwords must not leave the machine.
func (b *busSettings) check(s *settings) error {
	switch {
	case b.listen != "" && s.nats.URL != "":
		return usage("--nats-listen is for the embedded server: with --nats the programs connect there, see --nats-service")
	case b.serve && s.nats.URL == "":
		return usage("--nats-service is for an external NATS: with the embedded one, open its port with --nats-listen")
	case b.users != "" && b.listen == "":
		return usage("--nats-users goes with --nats-listen")
	case b.listen == "":
		return nil
	}
	if err := api.CheckLoopback(b.listen); err != nil {
		return usage("--nats-listen: %w", err)
	}
	return nil
}

// access is what the embedded server is told; nil for no port.
func (s *settings) natsAccess() (*jetstream.Access, error) {
	if s.bus.listen == "" {
		return nil, nil
	}
	file := s.bus.users
	if file == "" {
		file = filepath.Join(s.data, "nats.users")
	}
	users, err := bus.Users(file)
	return &jetstream.Access{Address: s.bus.listen, Users: users}, err
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
