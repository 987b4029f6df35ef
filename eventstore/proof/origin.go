package proof

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Origin is the name of a ledger's log: it stands in every head and is the name of the key that signs them. The ledger's
// id in it is random, so that a log that was made anew cannot pose as an older one. host is the operator's name for
// where the log is served, such as ledger.example.
func Origin(host, ledger string) string { return host + "/truce/" + ledger }

// LedgerOf returns the ledger's id that an origin names, "" where it names none.
func LedgerOf(origin string) string {
	_, id, _ := strings.Cut(origin, "/truce/")
	return id
}

// A LogKey signs the heads of one log: an Ed25519 key in the form of signed notes. Its holder can speak for the log, so
// there is one, in a file that only the server's account can read.
type LogKey struct {
	signer   note.Signer
	verifier note.Verifier
	text     string // the verifier key
}

// Origin is the name of the log that the key signs for.
func (k *LogKey) Origin() string { return k.verifier.Name() }

// VerifierKey is what an auditor needs: the public key with its name, in one line (C2SP signed-note).
func (k *LogKey) VerifierKey() string { return k.text }

// ErrKeyFile says that a file does not hold the key that it should.
var ErrKeyFile = errors.New("not a log key that can be used")

// OpenLogKey reads the key for origin from a file, and makes the file with a new key where there is none.
func OpenLogKey(path, origin string) (*LogKey, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return newLogKey(path, origin)
	}
	if err != nil {
		return nil, fmt.Errorf("log key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("log key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		return nil, fmt.Errorf("%w: others can read %s; run chmod 600 on it, and consider the key known", ErrKeyFile, path)
	}
	k, err := ParseLogKey(strings.TrimSuffix(string(raw), "\n"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if k.Origin() != origin {
		return nil, fmt.Errorf("%w: %s holds the key of %s, this log is %s", ErrKeyFile, path, k.Origin(), origin)
	}
	return k, nil
}

// ParseLogKey reads a private key as package note writes it.
func ParseLogKey(skey string) (*LogKey, error) {
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	text, err := publicPart(skey)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	return &LogKey{signer: signer, verifier: verifier, text: text}, nil
}

// newLogKey makes a key and its file. A crash before the rename leaves no key, and a temporary file that nothing reads;
// after it, a key that is complete and on disk. Nothing is signed before this returns.
func newLogKey(path, origin string) (*LogKey, error) {
	skey, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, fmt.Errorf("make a log key: %w", err)
	}
	if err := WriteFile(path, []byte(skey+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep the log key: %w", err)
	}
	return ParseLogKey(skey)
}

// WriteFile writes a small file so that after a crash it is there in full or not at all.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already where all went well
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename durable. Systems that cannot sync a folder say so; the rename itself stands.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}
