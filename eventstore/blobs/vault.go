package blobs

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"filippo.io/age"

	"truceledger/domain"
)

// MostSecretBytes is how long a sealed value may be.
const MostSecretBytes = 16 << 10

// Why the vault has no answer.
var (
	ErrSecretTooLarge = fmt.Errorf("a sealed value has at most %d bytes: seal a text, and attach a file to a restricted record", MostSecretBytes)
	ErrSecretEmpty    = errors.New("there is nothing to seal")
	ErrKeyUsed        = errors.New("this key was used to seal another value")
	ErrDestroyed      = errors.New("the key of this secret was destroyed")
)

const commitmentPrefix = "hmac-sha256:"

// Commit returns the commitment to a value under a key of 32 bytes.
func Commit(key, value []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(value)
	return commitmentPrefix + hex.EncodeToString(mac.Sum(nil))
}

// Opens reports whether a commitment is to value, under key.
func Opens(commitment string, key, value []byte) bool {
	return hmac.Equal([]byte(commitment), []byte(Commit(key, value)))
}

// A Vault keeps sealed values. Each is encrypted with age to an identity of its own. That identity and the key of the
// commitment lie together in one small file, encrypted to the vault's own identity: without that file, neither the value nor
// what the commitment is to can be found out any more.
//
// All methods may be called by any number of goroutines at once.
type Vault struct {
	dir      string
	identity *age.X25519Identity
	mu       sync.Mutex // one change at a time
}

// A Secret is a sealed value, opened.
type Secret struct {
	Commitment string
	Key        []byte // of the commitment, 32 bytes
	Value      []byte
	By         string // the principal who sealed it
}

// OpenVault opens the vault in a folder, which is made if missing. identity is the file with the vault's own identity, which
// is made if missing too; "" for one in the folder itself.
func OpenVault(dir, identity string) (*Vault, error) {
	v := &Vault{dir: dir}
	for _, sub := range []string{v.keys(), v.values(), v.uploads()} {
		if err := errors.Join(makeDir(sub), removeTemps(sub)); err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
	}
	if identity == "" {
		identity = filepath.Join(dir, "identity")
	}
	var err error
	if v.identity, err = v.ownIdentity(identity); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return v, nil
}

// ownIdentity reads the vault's identity, or makes it. One that is missing beside keys that were made for another would only
// be noticed when somebody must be reached: so it is never made anew where there are keys.
func (v *Vault) ownIdentity(path string) (*age.X25519Identity, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if left, _ := filepath.Glob(filepath.Join(v.keys(), "*")); len(left) > 0 {
			return nil, fmt.Errorf("%s is missing, and %d keys are sealed to it: bring it back from a backup, or name with --vault-identity where it is kept", path, len(left))
		}
		made, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, err
		}
		if err := makeDir(filepath.Dir(path)); err != nil {
			return nil, err
		}
		return made, write(filepath.Dir(path), filepath.Base(path), []byte(made.String()+"\n"))
	}
	if err != nil {
		return nil, err
	}
	identity, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, &DamagedError{Path: path, Why: "it holds no age identity"} // never what it holds instead
	}
	return identity, nil
}

func (v *Vault) keys() string    { return filepath.Join(v.dir, "keys") }
func (v *Vault) values() string  { return filepath.Join(v.dir, "values") }
func (v *Vault) uploads() string { return filepath.Join(v.dir, "uploads") }

// name is the file name of a commitment; "" for what is none.
func name(commitment string) string {
	if !domain.IsCommitment(commitment) {
		return ""
	}
	return strings.TrimPrefix(commitment, commitmentPrefix)
}

// Seal keeps a value and returns it with its commitment. once, if given, is the caller's key: the same again for the same
// value answers the same commitment, so that whoever lost the answer does not leave a second copy behind.
//
// A crash on the way leaves a value that nobody can open, which the next Sweep removes.
func (v *Vault) Seal(value []byte, by, once string) (Secret, error) {
	switch {
	case len(value) == 0:
		return Secret{}, ErrSecretEmpty
	case len(value) > MostSecretBytes:
		return Secret{}, ErrSecretTooLarge
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	upload := uploadName(by, once)
	if once != "" {
		if s, found, err := v.uploaded(upload, value); found || err != nil {
			return s, err
		}
	}
	s := Secret{Key: make([]byte, 32), Value: value, By: by}
	rand.Read(s.Key) // never fails
	s.Commitment = Commit(s.Key, value)
	if err := v.keep(s); err != nil {
		return Secret{}, fmt.Errorf("vault: %w", err)
	}
	if once != "" {
		if err := write(v.uploads(), upload, uploadFile(upload, s.Commitment)); err != nil {
			return Secret{}, fmt.Errorf("vault: %w", err)
		}
	}
	return s, nil
}

// A keyFile is what is lost when a secret is destroyed.
type keyFile struct {
	Key      []byte `json:"key"`      // of the commitment
	Identity string `json:"identity"` // that the value is encrypted to
}

type valueFile struct {
	Value []byte `json:"value"`
	By    string `json:"by"`
}

// keep writes the value first: a key without its value would look like a secret that is there.
func (v *Vault) keep(s Secret) error {
	own, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	value, err := json.Marshal(valueFile{Value: s.Value, By: s.By})
	if err != nil {
		return err
	}
	key, err := json.Marshal(keyFile{Key: s.Key, Identity: own.String()})
	if err != nil {
		return err
	}
	if err := encryptTo(own.Recipient(), v.values(), name(s.Commitment), padded(value)); err != nil {
		return err
	}
	return encryptTo(v.identity.Recipient(), v.keys(), name(s.Commitment), key)
}

// HasSecret reports whether the vault holds the key of a commitment.
func (v *Vault) HasSecret(commitment string) bool {
	n := name(commitment)
	if n == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(v.keys(), n))
	return err == nil
}

// Open decrypts a value. ErrMissing: its key is not here, or not any more. The reading must be on the record before.
func (v *Vault) Open(commitment string) (Secret, error) {
	n := name(commitment)
	if n == "" {
		return Secret{}, ErrMissing
	}
	var key keyFile
	if err := decrypt(v.identity, filepath.Join(v.keys(), n), func(data []byte) bool { return json.Unmarshal(data, &key) == nil }); err != nil {
		return Secret{}, err
	}
	path := filepath.Join(v.values(), n)
	identity, err := age.ParseX25519Identity(key.Identity)
	if err != nil {
		return Secret{}, &DamagedError{Path: filepath.Join(v.keys(), n), Why: "it holds no key"}
	}
	var value valueFile
	err = decrypt(identity, path, func(data []byte) bool {
		data, ok := unpadded(data)
		return ok && json.Unmarshal(data, &value) == nil
	})
	switch {
	case errors.Is(err, ErrMissing):
		return Secret{}, &DamagedError{Path: path, Why: "it is missing, and its key is here"}
	case err != nil:
		return Secret{}, err
	case !Opens(commitment, key.Key, value.Value):
		return Secret{}, &DamagedError{Path: path, Why: "the value is not the one that was committed to"}
	}
	return Secret{Commitment: commitment, Key: key.Key, Value: value.Value, By: value.By}, nil
}
