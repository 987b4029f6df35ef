package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/eventstore/proof"
)

func (p *program) logKeyVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "log-key",
		Short:   "Print the log's verifier key, which auditors need",
		GroupID: groupProof,
		Args:    cobra.NoArgs,
		Long: `Print the verifier key of a ledger's log, one line: what truce verify --log-key takes. Hand it to whoever will check the
ledger on another way than through the ledger, on paper for example: a server that rewrote its history could name another
key. With --data DIR it is read from the folder of the ledger, otherwise it is what the server says.`,
		Example: "  truce log-key\n  truce log-key --data /var/lib/truce >ledger.vkey",
	}
	data := c.Flags().String("data", "", "The `folder` of the ledger.")
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *data != "" {
			return p.keyOfFolder(*data)
		}
		asked, err := p.client()
		if err != nil {
			return err
		}
		known, err := client.Get[publicKeys](c.Context(), asked, "/v1/keys", client.Query{})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, known.LogKey)
		return err
	}
	return c
}

// publicKeys is what a server says of itself at /v1/keys.
type publicKeys struct {
	Ledger string `json:"ledger"`
	LogKey string `json:"log_key"`
}

func (p *program) keyOfFolder(data string) error {
	path := filepath.Join(data, "log.key")
	raw, err := os.ReadFile(path)
	if err != nil {
		return usage("--data: %w", err)
	}
	k, err := proof.ParseLogKey(strings.TrimSuffix(string(raw), "\n"))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err = fmt.Fprintln(p.stdout, k.VerifierKey())
	return err
}
