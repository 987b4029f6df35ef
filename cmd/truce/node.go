package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"truceledger/api"
	"truceledger/api/access"
	"truceledger/api/alert"
	"truceledger/api/bus"
	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/proof/signed"
	"truceledger/projections"
)

// A node is one running ledger: the engine, the log, the rules over it, the read models, and the interface to all of them.
// Closing goes the other way round.
type node struct {
	embedded  *jetstream.Embedded // nil with an external engine
	conn      *nats.Conn
	log       *jetstream.Log
	ledger    *eventstore.Ledger
	models    *projections.Projections
	api       *api.API
	bus       *bus.Bus   // nil where nobody asked for it
	busConn   *nats.Conn // of the bus on an external engine; nil without
	alerts    *alert.Sender
	alertFile *alert.Store
	tokens    *access.Store // nil where nobody is let in from outside
	tokenFile string        // holds the first token
	door      atomic.Pointer[access.Store]
	logger    *slog.Logger
	proof     *notarised         // nil where the log is only read
	copy      *copyWatch         // nil where it is not a copy
	end       context.CancelFunc // of what runs beside; nil where nothing does
	running   sync.WaitGroup
	endRoom   func() // nil before it is begun
}

// openNode opens what s says. The read models catch up behind it; until they have, the interface answers 503.
func openNode(ctx context.Context, s *settings, logger *slog.Logger) (*node, error) {
	n := &node{logger: logger}
	if err := n.open(ctx, s); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

func (n *node) open(ctx context.Context, s *settings) (err error) {
	if err := n.openLog(ctx, s); err != nil {
		return err
	}
	// The ledger asks the read models for commands by their id, and they tell the ledger what they read: one must come first.
	first := eventstore.SignaturesRegistered
	if s.mirror.readOnly {
		first = "" // nothing may be put on the record
	}
	options := eventstore.Options{
		Zone: s.zone, Logger: n.logger, Principal: localPrincipal, Signatures: eventstore.Signatures(s.signatures), FirstSignatures: first,
		CheckSeen: func(ctx context.Context, seen signed.Seen) error { return checkSeen(n.models)(ctx, seen) },
		FindCommand: func(ctx context.Context, principal, id string) (uint64, bool) {
			return n.models.FindCommand(ctx, principal, id)
		},
	}
	if n.embedded == nil {
		options.LeaderTime = n.log.LeaderTime
	}
	n.ledger, err = eventstore.Open(ctx, n.log, options)
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	models := projections.Options{
		Dir: filepath.Join(s.data, "views"), Log: n.log, LedgerID: n.ledger.ID(), Zone: n.ledger.Zone(), Observe: n.ledger.Observe, Decode: n.ledger.Decode, Logger: n.logger,
		Stopped: n.ledger.Stop,
	}
	if !s.mirror.readOnly {
		if n.proof, err = openNotarised(s, n.ledger.ID(), n.logger); err != nil {
			return err
		}
		models.Committed = n.proof.notary.Wake
	}
	if n.models, err = projections.Open(ctx, models); err != nil {
		return err
	}
	if n.proof != nil {
		if err := n.proof.connect(ctx, n, s.replicas); err != nil {
			return err
		}
	}
	layers, err := s.mapLayers()
	if err != nil {
		return err
	}
	if !s.mirror.readOnly || n.embedded == nil { // a folder that is only looked into is served to nobody
		if err := n.openAccess(s); err != nil {
			return err
		}
	}
	n.models.Start(context.WithoutCancel(ctx)) // until close
	if n.copy != nil {
		life, end := context.WithCancel(context.WithoutCancel(ctx))
		n.end = end
		n.running.Go(func() { n.copy.run(life) })
	}
	if n.embedded == nil && !s.mirror.readOnly {
		life, end := context.WithCancel(context.WithoutCancel(ctx))
		n.end = end
		n.running.Go(func() { warnOfNeighbours(life, s.nats, n.logger) })
	}
	n.beginRoom(ctx)
	if err := n.openAlerts(ctx, s); err != nil {
		return err
	}
	n.serveAPI(s, layers)
	return n.openBus(ctx, s)
}

// serveAPI makes the interface to all of it.
func (n *node) serveAPI(s *settings, layers []api.Layer) {
	o := api.Options{
		Ledger: n.ledger, Queries: n.models, Log: n.log, Logger: n.logger, Version: version(),
		Admin: n.models, Alerts: n.alerts, Layers: layers,
		Access: n.desk(s), Rates: s.access.rates(), Hosts: s.access.names(), AnyAddress: !isLoopback(s.listen), BehindProxy: s.access.proxy,
		ReadOnly: s.mirror.readOnly, Writer: s.mirror.writer,
	}
	if n.copy != nil {
		o.Behind = n.copy.behind
	}
	if n.proof != nil {
		o.Ledger = checkedLedger{n.ledger, &n.proof.checked}
		o.Proof = n.proof.forAPI(n.ledger.ID(), n.models)
	}
	n.api = api.New(o)
}

// openLog starts or reaches the engine and opens the stream.
func (n *node) openLog(ctx context.Context, s *settings) (err error) {
	if s.nats.URL == "" {
		n.embedded, err = jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: s.data, Log: n.logger, Access: n.natsAccess(s)})
		if errors.Is(err, jetstream.ErrInUse) {
			return fmt.Errorf("%w: stop it, or take another folder with --data", err)
		}
		if err != nil {
			return err
		}
		n.conn, err = n.embedded.Connect()
	} else {
		n.logger.Warn("an external JetStream does not tell whether it syncs every write: set sync_interval to always there, or a power loss can take what was acknowledged")
		s.nats.Log = n.logger
		n.conn, err = jetstream.Dial(ctx, s.nats)
	}
	if err != nil {
		return err
	}
	o := jetstream.Options{Stream: s.stream, Replicas: s.replicas, ReadOnly: s.mirror.readOnly, Log: n.logger}
	if n.embedded == nil {
		o.AckTimeout = clusterPatience
	}
	if n.log, err = jetstream.Open(ctx, n.conn, o); err != nil {
		return missing(err, s.stream)
	}
	if s.mirror.readOnly && n.embedded == nil {
		n.copy, err = watchCopy(ctx, n.log)
	}
	return err
}

// clusterPatience is how long a node waits for an answer of servers elsewhere. What was on its way to one that died is not
// answered at all, and is sent again the sooner; where they are only slow, that costs a message and nothing else.
const clusterPatience = 2 * time.Second

// close takes the node apart: no new requests, no more writes, no more reads, and then the engine. What was acknowledged
// is on disk already, whatever happens here.
func (n *node) close() {
	if n.endRoom != nil {
		n.endRoom()
	}
	if n.bus != nil {
		n.bus.Stop()
	}
	if n.busConn != nil {
		n.busConn.Close()
	}
	if n.api != nil {
		n.api.Close()
	}
	n.closeAlerts()
	if n.tokens != nil {
		n.report("close the tokens", n.tokens.Close())
	}
	if n.end != nil {
		n.end()
		n.running.Wait()
	}
	if n.proof != nil {
		n.proof.end()
	}
	if n.ledger != nil {
		n.report("close the ledger", n.ledger.Close())
	}
	if n.models != nil {
		n.report("close the read models", n.models.Close())
	}
	if n.proof != nil {
		n.report("close the signed heads", n.proof.close())
	}
	switch {
	case n.embedded != nil:
		n.embedded.Shutdown()
	case n.conn != nil:
		n.conn.Close()
	}
}

func (n *node) report(doing string, err error) {
	if err != nil {
		n.logger.Warn(doing, "err", err)
	}
}

// localPrincipal is who this process itself is: the bearer of the first token, so that whoever loads the demonstration's
// record again with it stores nothing twice.
var localPrincipal = access.Caller{Name: access.FirstName, Roles: []access.Role{access.Recorder, access.Operator}}.Principal()
