package blobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"truceledger/domain"
)

// uploadName hides what it is made of: neither a principal's name nor its key is to be read off a folder.
func uploadName(by, once string) string {
	sum := sha256.Sum256([]byte(by + "\x00" + once))
	return hex.EncodeToString(sum[:])
}

// uploadFile is what is kept of an upload: the commitment, and a checksum, because another commitment in its place would look
// like a secret that was destroyed.
func uploadFile(upload, commitment string) []byte {
	sum := sha256.Sum256([]byte(upload + " " + commitment))
	return []byte(commitment + "\n" + hex.EncodeToString(sum[:8]))
}

// readUpload returns the commitment of an upload, "" where there is none.
func (v *Vault) readUpload(upload string) (string, error) {
	path := filepath.Join(v.uploads(), upload)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("vault: %w", err)
	}
	commitment, _, summed := strings.Cut(string(raw), "\n")
	if !domain.IsCommitment(commitment) || summed && !bytes.Equal(raw, uploadFile(upload, commitment)) { // early ones have no sum
		return "", &DamagedError{Path: path, Why: "it does not hold what was written"}
	}
	return commitment, nil
}

func (v *Vault) uploaded(upload string, value []byte) (s Secret, found bool, err error) {
	commitment, err := v.readUpload(upload)
	if err != nil || commitment == "" {
		return s, false, err
	}
	s, err = v.Open(commitment)
	switch {
	case errors.Is(err, ErrMissing):
		return Secret{}, true, ErrDestroyed
	case err == nil && !bytes.Equal(s.Value, value):
		return Secret{}, true, ErrKeyUsed
	}
	return s, true, err
}
