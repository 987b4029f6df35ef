package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	manifestName = "manifest.json"
	sumName      = "manifest.sha256"
	logFolder    = "log"
	dataFolder   = "data"
	keyName      = "log.key"
	format       = 1
)

// A Manifest says what a backup holds.
type Manifest struct {
	Format  int       `json:"format"`
	Ledger  string    `json:"ledger"`  // the ledger's id
	Entries int64     `json:"entries"` // how many
	Root    []byte    `json:"root"`    // of the tree over all of them
	Head    string    `json:"head"`    // the newest signed head that the backup covers, "" where there is none
	MadeAt  time.Time `json:"made_at"` // by the clock of the machine that made it
	Program string    `json:"program"` // the version that made it
	Files   []File    `json:"files"`
}

// A File is one of a backup's files.
type File struct {
	Name   string `json:"name"` // with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// A DamagedError says that a backup is not as it was made. Nothing was restored from it.
type DamagedError struct{ File, Why string }

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s: %s; nothing was restored: take another backup", e.File, e.Why)
}

// ErrOther says that a backup is of a form that this program does not know.
var ErrOther = errors.New("the backup was made by a newer program; update this one")

func (m Manifest) encode() ([]byte, error) {
	return json.Marshal(m, json.Deterministic(true), jsontext.WithIndent("  "))
}

// readManifest reads the manifest of a folder and checks it by its sum.
func readManifest(dir string) (m Manifest, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, os.ErrNotExist) {
		return m, &DamagedError{manifestName, "it is missing: this is no backup, or one that was cut off before its end"}
	}
	if err != nil {
		return m, err
	}
	want, err := os.ReadFile(filepath.Join(dir, sumName))
	if errors.Is(err, os.ErrNotExist) {
		return m, &DamagedError{sumName, "it is missing: the backup was cut off before its end"}
	}
	if err != nil {
		return m, err
	}
	if got := sha256.Sum256(raw); string(bytes.TrimSuffix(want, []byte("\n"))) != hex.EncodeToString(got[:]) {
		return m, &DamagedError{manifestName, "it does not fit " + sumName + ": one of the two was altered"}
	}
	if err := json.Unmarshal(raw, &m, json.RejectUnknownMembers(true)); err != nil || m.Format != format {
		return m, fmt.Errorf("%s: %w", manifestName, ErrOther)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) || !strings.HasPrefix(f.Name, logFolder+"/") && !strings.HasPrefix(f.Name, dataFolder+"/") {
			return m, &DamagedError{manifestName, fmt.Sprintf("it names %q, which is no file of a backup", f.Name)}
		}
	}
	return m, nil
}
