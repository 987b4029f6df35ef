package blobs

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

func encryptTo(to age.Recipient, dir, name string, data []byte) error {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	return write(dir, name, out.Bytes())
}

// padded brings a value to one of a few lengths, so that the length of a file does not tell a short name from a long one.
func padded(data []byte) []byte {
	size := 256
	for size < len(data)+4 {
		size *= 4
	}
	out := make([]byte, size)
	binary.BigEndian.PutUint32(out, uint32(len(data)))
	copy(out[4:], data)
	return out
}

func unpadded(data []byte) ([]byte, bool) {
	if len(data) < 4 {
		return nil, false
	}
	n := binary.BigEndian.Uint32(data)
	if uint64(n) > uint64(len(data)-4) {
		return nil, false
	}
	return data[4 : 4+n], true
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

// decrypt reads a file; what it holds goes to take, and into no error.
func decrypt(identity age.Identity, path string, take func([]byte) bool) error {
	sealed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrMissing
	}
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	var data []byte
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil || !take(data) {
		return &DamagedError{Path: path, Why: "it cannot be decrypted with its key"}
	}
	return nil
}

// Destroy destroys the key of a commitment and then the value. It may be called again. That the bytes are written over
// before they are let go of helps on disks that write in place; others may keep them for a while.
func (v *Vault) Destroy(commitment string) error {
	n := name(commitment)
	if n == "" {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, dir := range []string{v.keys(), v.values()} {
		if err := shred(filepath.Join(dir, n)); err != nil {
			return fmt.Errorf("vault: destroy a key: %w", err)
		}
	}
	return nil
}

func shred(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		noise := make([]byte, info.Size())
		rand.Read(noise)
		_, err = f.WriteAt(noise, 0)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Sweep finishes what a crash interrupted: keys that the log says are destroyed go, and values without a key.
func (v *Vault) Sweep(destroyed func(commitment string) bool) error {
	keys, err := os.ReadDir(v.keys())
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	for _, k := range keys {
		if c := commitmentPrefix + k.Name(); destroyed(c) {
			err = errors.Join(err, v.Destroy(c))
		}
	}
	values, failed := os.ReadDir(v.values())
	err = errors.Join(err, failed)
	for _, x := range values {
		err = errors.Join(err, v.dropKeyless(x.Name()))
	}
	return err
}

// dropKeyless removes a value whose key never came, or is gone. Under the lock, because Seal writes the value first.
func (v *Vault) dropKeyless(file string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if name(commitmentPrefix+file) == "" || v.HasSecret(commitmentPrefix+file) {
		return nil
	}
	return shred(filepath.Join(v.values(), file))
}
