package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"truceledger/api/alert"
)

// alertSettings say whether subscribers are told of what happens.
type alertSettings struct {
	on      bool
	private bool
}

func (a *alertSettings) declare(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&a.on, "alerts", false, "Tell web addresses that subscribe (/v1/alerts) of lapses, allegations and missing consents. One node of a ledger is enough.")
	f.BoolVar(&a.private, "alerts-private", false, "Let subscribers be on this machine or a private network, and without https. Whoever may subscribe can then make this server call them.")
}

func (a *alertSettings) check() error {
	if a.private && !a.on {
		return usage("--alerts-private goes with --alerts")
	}
	return nil
}

// openAlerts begins to watch where that is asked for.
func (n *node) openAlerts(ctx context.Context, s *settings) (err error) {
	if !s.alerts.on {
		return nil
	}
	if n.alertFile, err = alert.OpenStore(filepath.Join(s.data, "alerts.db")); err != nil {
		return err
	}
	n.alerts, err = alert.Start(ctx, alert.Options{Store: n.alertFile, Log: n.log, Models: n.models, Logger: n.logger, AllowPrivate: s.alerts.private})
	return err
}

// closeAlerts ends the watching; what is not delivered goes on with the next start.
func (n *node) closeAlerts() {
	if n.alerts != nil {
		n.alerts.Stop()
	}
	if n.alertFile != nil {
		n.report("close the alerts' file", n.alertFile.Close())
	}
}
