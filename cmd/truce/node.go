package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"truceledger/api"
	"truceledger/api/access"
	"truceledger/api/alert"
	"truceledger/api/bus"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/proof"
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
	tokens    *access.Store  // nil where nobody is let in from outside
	tokenFile string         // holds the first token
	issuer    *access.Issuer // nil where tokens alone let in
	door      atomic.Pointer[access.Store]
	logger    *slog.Logger
	beside    *beside            // nil where the folder is only read
	filling   bool               // the log is being restored: nobody misses it yet
	proof     *notarised         // nil where the log is only read
	copy      *copyWatch         // nil where it is not a copy
	follow    *followed          // nil where it proves nothing with the heads of another
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
	if !s.mirror.readOnly {
		if n.beside, err = openBeside(s); err != nil {
			return err
		}
	}
	// The ledger asks the read models for commands by their id, and they tell the ledger what they read: one must come first.
	policy, first := eventstore.Signatures(s.signatures), eventstore.SignaturesRegistered
	if s.mirror.readOnly {
		policy, first = "", "" // nothing may be put on the record
	}
	options := eventstore.Options{
		Zone: s.zone, Logger: n.logger, Principal: localPrincipal, Material: n.beside.forLedger(), Signatures: policy, FirstSignatures: first,
		CheckSeen: func(ctx context.Context, seen signed.Seen) error { return checkSeen(n.models)(ctx, seen) },
		FindCommand: func(ctx context.Context, principal, id string) (uint64, bool) {
			return n.models.FindCommand(ctx, principal, id)
		},
		Recall: func(r domain.Ref, after uint64) iter.Seq2[eventstore.Message, error] {
			if n.models == nil { // the ledger's own record is read while it is opened
				return func(func(eventstore.Message, error) bool) {}
			}
			return n.models.Recall(r, after)
		},
	}
	if n.embedded == nil {
		options.LeaderTime = n.log.LeaderTime
	}
	n.ledger, err = patiently(ctx, n, func() (*eventstore.Ledger, error) { return eventstore.Open(ctx, n.log, options) })
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	models := projections.Options{
		Stopped: n.ledger.Stop, // what cannot be read by the read models could not be answered for
		Dir:     filepath.Join(s.data, "views"), Log: n.wholeLog(), LedgerID: n.ledger.ID(), Zone: n.ledger.Zone(), Observe: n.observe, Decode: n.ledger.Decode, Logger: n.logger,
	}
	if !s.mirror.readOnly {
		if n.proof, err = openNotarised(s, n.ledger.ID(), n.logger); err != nil {
			return err
		}
		models.Committed = n.proof.notary.Wake
	} else if n.follow, err = openFollowed(s, n.ledger.ID(), n.logger); err != nil {
		return err
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
		if n.follow != nil {
			n.follow.over(n.models)
			n.running.Go(func() { n.follow.run(life) })
		}
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
		Admin: n.models, Alerts: n.alerts, Layers: layers, Metrics: n.gauges(s),
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
	if n.follow != nil {
		o.Proof = n.follow.forAPI(n.ledger.ID(), n.models)
	}
	n.beside.forAPI(&o)
	o.Snapshots, o.Halted = n.snapshots(), n.halted
	n.api = api.New(o)
}

// snapshots are the databases of the data folder that a backup needs. Whoever opens another one adds it here; truce backup
// refuses a folder that holds one without a copy.
func (n *node) snapshots() map[string]func(io.Writer) error {
	all := map[string]func(io.Writer) error{}
	if n.proof != nil {
		all["heads.db"] = n.proof.heads.Snapshot
	} else if n.follow != nil {
		all["heads.db"] = n.follow.heads.Snapshot
	}
	if n.alertFile != nil {
		all["alerts.db"] = n.alertFile.Snapshot
	}
	all[logSnapshot] = n.writeLog
	return all
}

// logSnapshot names the log among the snapshots: whoever asks for entries gets what it may read, and a backup needs all of them.
const logSnapshot = "log.jsonl"

func (n *node) writeLog(w io.Writer) error {
	for m, err := range n.wholeLog().Read(context.Background(), 0) {
		if err != nil {
			return err
		}
		if _, err := w.Write(append(slices.Clip(m.Payload), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// wholeLog is the log for those who read all of it: from the files, where they are this process's.
func (n *node) wholeLog() eventstore.Log {
	if n.embedded == nil {
		return n.log
	}
	return n.embedded.Stored(n.log)
}

// openLog starts or reaches the engine and opens the stream.
func (n *node) openLog(ctx context.Context, s *settings) (err error) {
	if s.nats.URL == "" {
		n.embedded, err = jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{
			Dir: s.data, Log: n.logger, Access: n.natsAccess(s), Stream: s.stream, Filling: n.filling, Reserve: uint64(s.reserve) << 20, Known: n.known(s.data),
		})
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
	o := jetstream.Options{Stream: s.stream, Replicas: s.replicas, ReadOnly: s.mirror.readOnly, Halted: n.halted, Log: n.logger}
	if n.embedded == nil {
		o.AckTimeout, o.NoConsumers = clusterPatience, s.mirror.readOnly
	}
	if n.log, err = patiently(ctx, n, func() (*jetstream.Log, error) { return jetstream.Open(ctx, n.conn, o) }); err != nil {
		return missing(err, s.stream)
	}
	if s.mirror.readOnly && n.embedded == nil {
		n.copy, err = watchCopy(ctx, n.log)
	}
	return err
}

// rest waits until what a start does behind is done, after awaitReady.
func (n *node) rest(ctx context.Context) error {
	select {
	case <-n.proof.rehashed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// clusterPatience is how long a node waits for an answer of servers elsewhere. What was on its way to one that died is not
// answered at all, and is sent again the sooner; where they are only slow, that costs a message and nothing else.
const clusterPatience = 2 * time.Second

// halted tells why nothing can be written now.
func (n *node) halted() error {
	if n.embedded == nil {
		return nil
	}
	return n.embedded.Halted()
}

// known tells the newest entry that the folder remembers. One that is being restored has only copies of what remembers.
func (n *node) known(data string) func() uint64 {
	if n.filling {
		return nil
	}
	return func() uint64 { return remembered(data) }
}

// remembered is the newest entry that something beside the log knows to have been stored. The log's key is made when the first
// one is.
func remembered(data string) uint64 {
	first := uint64(0)
	if _, err := os.Stat(filepath.Join(data, "log.key")); err == nil {
		first = 1
	}
	return max(first, projections.Remembered(filepath.Join(data, "views")), proof.Newest(filepath.Join(data, "heads.db")))
}

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
	if n.issuer != nil {
		n.issuer.Close()
	}
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
	if n.follow != nil && n.follow.heads != nil {
		n.report("close the writer's heads", n.follow.heads.Close())
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
