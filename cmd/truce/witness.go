package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"truceledger/api"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
)

// witnessFlags say how a witness is run.
type witnessFlags struct {
	data, listen, name string
	logs, enroll       []string
}

func (p *program) witnessVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "witness --log-key KEY",
		Short:   "Watch over somebody's ledger without reading it",
		GroupID: groupServe,
		Args:    cobra.NoArgs,
		Long: `Serve a witness (C2SP tlog-witness) until Ctrl-C. It cosigns each head of the logs that it watches, if it continues what it
has cosigned before, and never two histories of one log. It sees hashes, no entry. What it refuses it keeps: two heads
signed by the log's key prove to anybody that history was rewritten; truce witness refused prints them. At its start it
prints the line that the ledger's operator gives to truce serve --witness, and the policy line of an auditor.

Whoever puts back an older copy of its folder makes it forget, and lets a log show it another history.`,
		Example: "  truce witness --log-key ledger.vkey --data witness\n  truce witness --log-key ledger.vkey --enroll kept.checkpoint --listen 127.0.0.1:7070 --name delegation.example/truce-witness",
	}
	f := witnessFlags{}
	c.Flags().StringArrayVar(&f.logs, "log-key", nil, "The verifier `KEY` of a log to watch, or a file with it; may be repeated. Required.")
	c.Flags().StringVar(&f.data, "data", "truce-witness", "The `folder` of the witness: its key and what it has signed. Never delete it.")
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:7070", "The `address` to serve on. Other addresses than this machine's may be given: it holds no secret but its key.")
	c.Flags().StringVar(&f.name, "name", "localhost/truce-witness", "The `name` of a key that is new; it stands in every cosignature.")
	c.Flags().StringArrayVar(&f.enroll, "enroll", nil, "A signed head that you trust, a `FILE`: without it the first head that comes is taken on trust.")
	c.RunE = func(c *cobra.Command, _ []string) error { return p.witness(c.Context(), f) }
	c.AddCommand(p.refusedVerb())
	return c
}

// refusedVerb prints the evidence.
func (p *program) refusedVerb() *cobra.Command {
	c := &cobra.Command{
		Use: "refused", Short: "Print the heads that a witness has refused, with what it held then", Args: cobra.NoArgs,
		Long:    "Print as JSON the heads that a witness has refused, each beside the one that it held then. The witness must not run.",
		Example: "  truce witness refused --data witness",
	}
	data := c.Flags().String("data", "truce-witness", "The `folder` of the witness.")
	c.RunE = func(*cobra.Command, []string) error {
		path := filepath.Join(*data, "witness.db")
		if _, err := os.Stat(path); err != nil {
			return usageError{err}
		}
		store, err := witness.OpenStore(path)
		if err != nil {
			return fmt.Errorf("%w; stop the witness first", err)
		}
		defer store.Close()
		refused, err := store.Refused()
		if err != nil {
			return err
		}
		return p.printJSON(map[string]any{"refused": refused})
	}
	return c
}

// witness serves until ctx ends.
func (p *program) witness(ctx context.Context, f witnessFlags) error {
	logs, err := f.watched()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return err
	}
	skey, err := witnessKey(filepath.Join(f.data, "witness.key"), f.name)
	if err != nil {
		return err
	}
	store, err := witness.OpenStore(filepath.Join(f.data, "witness.db"))
	if err != nil {
		return err
	}
	defer store.Close()
	w, err := witness.New(skey, store, logs...)
	if err != nil {
		return err
	}
	for _, name := range f.enroll {
		head, err := os.ReadFile(name)
		if err != nil {
			return usage("--enroll: %w", err)
		}
		if err := w.Enroll(head); err != nil {
			return fmt.Errorf("--enroll %s: %w", name, err)
		}
	}
	return p.serveWitness(ctx, f, w, skey)
}

func (f witnessFlags) watched() (logs []note.Verifier, err error) {
	if len(f.logs) == 0 {
		return nil, usage("--log-key is missing: name the log to watch by the key that truce log-key prints")
	}
	for _, given := range f.logs {
		v, err := logKeyOf(given)
		if err != nil {
			return nil, err
		}
		logs = append(logs, v)
	}
	return logs, nil
}

// witnessKey reads the key, and makes one where there is none. It is on disk before anything is signed with it.
func witnessKey(path, name string) (string, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		skey, _, err := note.GenerateKey(rand.Reader, name)
		if err != nil {
			return "", usage("--name: %w", err)
		}
		return skey, proof.WriteFile(path, []byte(skey+"\n"), 0o600)
	}
	return strings.TrimSuffix(string(raw), "\n"), err
}

func (p *program) serveWitness(ctx context.Context, f witnessFlags, w *witness.Witness, skey string) error {
	vkey, err := witness.VerifierKey(skey)
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", f.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	logger := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	server := api.NewServer(w.Handler(), logger)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(p.stdout, "%s http://%s/\n", vkey, listener.Addr())
	fmt.Fprintf(p.stderr, "truce: witness %s at http://%s/; give the operator the line above for truce serve --witness\n", w.Name(), listener.Addr())
	select {
	case <-ctx.Done():
		api.Stop(server, func() {}, logger)
		return nil
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	}
}
