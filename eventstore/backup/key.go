package backup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof"
)

// ErrMixed says that the log's key is another ledger's than the log: what was brought together does not belong together.
var ErrMixed = errors.New("two ledgers are mixed")

// keyIn reads the log's key of a backup; nil where it has none.
func keyIn(dir, ledger string) (note.Verifier, error) {
	k, err := logKey(filepath.Join(dir, dataFolder), ledger)
	switch {
	case errors.Is(err, ErrMixed):
		return nil, fmt.Errorf("data/log.key: %w; nothing was restored: back the ledger up again, with its own folder as --data", err)
	case err != nil:
		return nil, fmt.Errorf("data/log.key: %w", err)
	case k == nil:
		return nil, nil
	}
	return proof.Verifier(k.VerifierKey())
}

// logKey reads the log's key of a data folder; nil where it has none. A key of another ledger cannot sign this one's heads: a
// folder with it would not be served, and the right key would be missed when it is needed.
func logKey(data, ledger string) (*proof.LogKey, error) {
	raw, err := os.ReadFile(filepath.Join(data, keyName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	k, err := proof.ParseLogKey(strings.TrimSuffix(string(raw), "\n"))
	if err == nil && proof.LedgerOf(k.Origin()) != ledger {
		return nil, fmt.Errorf("%w: it holds the key of %s, and the log is that of ledger %s", ErrMixed, k.Origin(), ledger)
	}
	return k, err
}
