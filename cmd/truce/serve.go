package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

func (p *program) serveVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Serve a ledger",
		GroupID: groupServe,
		Args:    cobra.NoArgs,
		Long: `Serve the ledger in a data folder, or one on an external JetStream, until Ctrl-C. Nobody gets in without a token: the first one,
operator and recorder in one, is in operator.token in the data folder; truce token create makes others. Every flag can also be
set in the environment: --data as TRUCE_DATA, --nats-ca as TRUCE_NATS_CA, and so on; the flag wins.`,
		Example: "  truce serve\n  truce serve --data /var/lib/truce --zone Asia/Damascus\n  truce serve --nats tls://nats.example.org:4222 --nats-creds truce.creds --replicas 3\n  truce serve --nats tls://edge.example.org:4222 --read-only --stream MIRROR --writer https://ledger.example.org",
	}
	s := p.settingsFlags(c, p.defaultData())
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := p.fromEnvironment(c); err != nil {
			return err
		}
		if err := s.check(); err != nil {
			return err
		}
		if s.data == "" {
			return usage("--data is empty: name the folder that holds the ledger")
		}
		return p.serve(c.Context(), s, service{})
	}
	return c
}

// A service is a way to run a node.
type service struct {
	load  func(context.Context, *node) error // fills it before anybody is let in; nil for nothing
	ready func(url string)                   // is called once it answers; nil for nothing
}

// serve runs a node until ctx ends. What goes down goes in this order: requests, writes, read models, engine.
func (p *program) serve(ctx context.Context, s *settings, how service) error {
	logger := s.logger(p.stderr)
	g, err := listen(ctx, s.listen, s.access.tls.config(s.data), logger)
	if err != nil {
		return err
	}
	n, err := openNode(ctx, s, logger)
	if err == nil {
		err = p.serveNode(ctx, n, g, how)
		g.close(n.api.Close)
		n.close()
	} else {
		g.close(func() {})
	}
	if ctx.Err() != nil {
		return nil // asked to stop, at whatever point
	}
	return err
}

func (p *program) serveNode(ctx context.Context, n *node, g *gate, how service) error {
	if how.load != nil {
		if err := p.awaitReady(ctx, n); err != nil {
			return err
		}
		if err := how.load(ctx, n); err != nil {
			return err
		}
	}
	g.open(n.api)
	if err := p.awaitReady(ctx, n); err != nil {
		return err
	}
	if err := n.sweep(); err != nil {
		return err
	}
	defer p.leaveTrace(g.address(), n.tokenFile)() // before anybody is told that it answers
	fmt.Fprintf(p.stderr, "truce: ledger %s at %s/\n", n.ledger.ID(), g.address())
	if n.bus != nil && n.embedded != nil {
		fmt.Fprintf(p.stderr, "truce: NATS at nats://%s\n", n.embedded.Address())
	}
	p.firstToken = n.tokenFile
	if how.ready != nil {
		how.ready(g.address())
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-g.failed:
		return fmt.Errorf("serve: %w", err)
	}
}

// awaitReady waits until the read models hold what the log holds, and says so where that takes long.
func (p *program) awaitReady(ctx context.Context, n *node) error {
	last, err := n.log.Last(ctx)
	if err != nil {
		return err
	}
	shown := p.showCatchingUp(ctx, n)
	err = n.models.WaitFor(ctx, last)
	shown()
	if n.models.Stalled() != 0 {
		err = nil // it has been said; what can be read is answered
	}
	if err != nil || n.proof == nil {
		return err
	}
	return n.proof.begin(ctx, n) // before anything is written
}

// showCatchingUp says on standard error that questions have to wait, and for how long, where that takes a while.
func (p *program) showCatchingUp(ctx context.Context, n *node) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
			return
		}
		fmt.Fprintln(p.stderr, "truce: the read models are catching up with the log; questions are answered when they have")
		bar := p.progress("entries")
		defer bar.end()
		for every := time.NewTicker(bar.interval); ; {
			select {
			case <-every.C:
			case <-ctx.Done():
				every.Stop()
				return
			}
			if at, busy := n.models.Progress(); busy {
				bar.told(int64(at.Done), int64(at.Of))
			}
		}
	})
	return func() { cancel(); running.Wait() }
}
