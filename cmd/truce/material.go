package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/spf13/cobra"

	"truceledger/api"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/blobs"
)

// materialSettings say how files and sealed values are kept.
type materialSettings struct {
	fileBytes int64
	identity  string
}

func (m *materialSettings) declare(c *cobra.Command) {
	f := c.Flags()
	f.Int64Var(&m.fileBytes, "attachment-bytes", blobs.DefaultFileBytes, "How many `bytes` one attachment may have.")
	f.StringVar(&m.identity, "vault-identity", "", "The age identity to which the keys of sealed values are encrypted, a `FILE`, made if missing; by default vault/identity in the data folder. On another disk, a thief of the data folder reads none of them.")
}

func (m *materialSettings) check() error {
	if m.fileBytes < 1 {
		return usage("--attachment-bytes %d: an attachment has at least one byte", m.fileBytes)
	}
	return nil
}

// A beside is what lies beside the log.
type beside struct {
	*blobs.Files
	*blobs.Vault
}

// openBeside opens the files and the vault in the data folder.
func openBeside(s *settings) (b *beside, err error) {
	b = &beside{}
	if b.Files, err = blobs.OpenFiles(filepath.Join(s.data, "attachments"), s.material.fileBytes); err != nil {
		return nil, err
	}
	b.Vault, err = blobs.OpenVault(filepath.Join(s.data, "vault"), s.material.identity)
	return b, err
}

// forAPI gives the interface what is there.
func (b *beside) forAPI(o *api.Options) {
	if b != nil {
		o.Files, o.Vault = b.Files, b.Vault
	}
}

// forLedger is what the ledger may ask; nil where nothing is there.
func (b *beside) forLedger() eventstore.Material {
	if b == nil {
		return nil
	}
	return b
}

// observe destroys the keys that an entry says are to be destroyed: also those that another node has recorded.
func (n *node) observe(e eventstore.Entry) {
	n.ledger.Observe(e)
	if c, ok := e.Command.(*domain.DestroySecret); ok && n.beside != nil && e.Signed == nil { // a signed one may be void: who has carried it out knows, and the next start
		if err := n.beside.Destroy(string(c.Secret)); err != nil {
			n.logger.Error("the key of a secret could not be destroyed; the next start tries again", "entry", e.Sequence, "err", err)
		}
	}
}

// sweep destroys what an earlier run did not come to destroy.
func (n *node) sweep() error {
	if n.beside == nil {
		return nil
	}
	err := n.beside.Sweep(func(commitment string) bool {
		destroyed, err := n.models.Destroyed(commitment)
		return err == nil && destroyed
	})
	if err != nil {
		return fmt.Errorf("finish what was to be destroyed: %w", err)
	}
	return nil
}

// inspect reads everything that lies beside the log, and says of each file that is damaged which it is. It stops nothing: what
// is damaged is not handed out, and everything else is.
func (b *beside) inspect(ctx context.Context, logger *slog.Logger) {
	report := func(err error) {
		logger.Error("a file in the data folder is damaged; everything else is served: bring it back from a backup", "err", err)
	}
	b.Files.Inspect(ctx, report)
	b.Vault.Inspect(ctx, report)
}
