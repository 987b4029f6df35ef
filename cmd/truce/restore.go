package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore"
	"truceledger/eventstore/backup"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/proof"
)

func (p *program) restoreVerb() *cobra.Command {
	c := &cobra.Command{
		Use: "restore BACKUP", Short: "Make a data folder of a backup", GroupID: groupProof, Args: cobra.ExactArgs(1),
		Long: `Make a new data folder of a backup. Every file is compared with its SHA-256, every entry is read, the new log is read back, and
its root is compared with the head that the log's key has signed. Nothing is written over: the folder must not exist, or be
empty. Exit code 6 where the backup was cut off or altered.

Give --log-key with the verifier key that you have from before (truce log-key), so that the backup has to fit a key that did
not come with it. With --nats the log goes into an empty external JetStream instead, and the rest into the folder.`,
		Example: "  truce restore /var/backups/truce-2026-11-22.tar --data /var/lib/truce\n  truce restore backup-folder --data ./again --log-key \"$(cat log-key.txt)\"",
	}
	s := &settings{}
	f := c.Flags()
	f.StringVar(&s.data, "data", p.fromEnv("DATA", p.defaultData()), "The data `folder` to make.")
	key := f.String("log-key", "", "The `KEY` that must have signed the log, as truce log-key prints it.")
	f.StringVar(&s.nats.URL, "nats", "", "The `URL` of an external JetStream that takes the log.")
	f.StringVar(&s.nats.CredsFile, "nats-creds", "", "NATS credentials, a `file`.")
	f.StringVar(&s.nats.CAFile, "nats-ca", "", "The authorities that may sign the NATS server's certificate, a PEM `file`.")
	f.StringVar(&s.nats.CertFile, "nats-cert", "", "Our own certificate for NATS, a PEM `file`; needs --nats-key.")
	f.StringVar(&s.nats.KeyFile, "nats-key", "", "The key of --nats-cert, a PEM `file`.")
	f.StringVar(&s.stream, "stream", jetstream.DefaultStream, "The `name` of the stream that holds the log.")
	f.IntVar(&s.replicas, "replicas", 0, "How many copies of the log a cluster keeps.")
	c.RunE = func(c *cobra.Command, args []string) error {
		var verifier note.Verifier
		if *key != "" {
			var err error
			if verifier, err = proof.Verifier(*key); err != nil {
				return usage("--log-key: %w", err)
			}
		}
		return p.restore(c.Context(), args[0], s, verifier)
	}
	return c
}

func (p *program) restore(ctx context.Context, from string, s *settings, key note.Verifier) error {
	m, err := backup.Restore{From: from, Data: s.data, LogKey: key, Fill: s.fill}.Run(ctx)
	switch {
	case errors.Is(err, backup.ErrOccupied):
		return usageError{err}
	case err != nil:
		return backupFailed(err)
	}
	signed := "it holds no signed head to compare with"
	switch {
	case m.Head != "" && key != nil:
		signed = "it is what the log's key has signed"
	case m.Head != "":
		signed = "it fits the key that came with it; whether that is the log's shows --log-key, with the line that you kept"
	}
	_, err = fmt.Fprintf(p.stdout, "%d entries of ledger %s in %s; %s\n", m.Entries, m.Ledger, s.data, signed)
	return err
}

// fill stores the messages in a new log and reads it back.
func (s *settings) fill(ctx context.Context, dir string, messages iter.Seq2[eventstore.Message, error], back func(iter.Seq2[eventstore.Message, error]) error) error {
	n := &node{logger: slog.New(slog.DiscardHandler), filling: true}
	defer n.close()
	of := *s
	of.data = dir
	if err := n.openLog(ctx, &of); err != nil {
		return err
	}
	if err := n.log.Fill(ctx, messages); err != nil {
		return err
	}
	return back(n.log.Read(ctx, 0))
}
