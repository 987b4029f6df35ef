package signed

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// allowed are the kinds of keys that may sign: package ssh would verify an SHA-1 signature if it were given one.
var allowed = map[string]bool{ssh.KeyAlgoED25519: true, ssh.KeyAlgoSKED25519: true}

// ParseKey reads a public key in the form of authorized_keys: "ssh-ed25519 AAAA... comment".
func ParseKey(line string) (ssh.PublicKey, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(options) > 0 || len(rest) > 0 {
		return nil, fmt.Errorf("%w: %q is not one line of a public key file", ErrKey, clip(line))
	}
	return key, allow(key)
}

func allow(key ssh.PublicKey) error {
	if !allowed[key.Type()] {
		return fmt.Errorf("%w: its kind is %s; allowed are %s and %s", ErrKey, clip(key.Type()), ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519)
	}
	return nil
}

// KeyLine writes a public key without a comment.
func KeyLine(key ssh.PublicKey) string { return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(key))) }

// Fingerprint names a key: SHA256:...
func Fingerprint(key ssh.PublicKey) string { return ssh.FingerprintSHA256(key) }

// Claimed returns the fingerprints of the keys that the signatures say they are by, to look them up. They are claims.
func (e Envelope) Claimed() ([]string, error) {
	claims := make([]string, 0, len(e.Signatures))
	for _, text := range e.Signatures {
		s, err := parseSignature(text)
		if err != nil {
			return nil, err
		}
		claims = append(claims, Fingerprint(s.PublicKey))
	}
	return claims, nil
}

// Verify checks that key has signed the envelope for a ledger, and returns what it said. The key is one that the caller
// has from the record, never from the signature.
func Verify(e Envelope, ledger string, key ssh.PublicKey) (Statement, error) {
	if err := e.check(); err != nil {
		return Statement{}, err
	}
	if err := verifyBytes(e, ledger, key); err != nil {
		return Statement{}, err
	}
	s, err := ParseStatement(e.Signed)
	if err != nil {
		return Statement{}, err
	}
	if s.Ledger != ledger {
		return Statement{}, fmt.Errorf("%w: the statement is for ledger %q, this is %q", ErrSignature, clip(s.Ledger), ledger)
	}
	return s, nil
}

// verifyBytes finds the signature that claims to be by key and checks it.
func verifyBytes(e Envelope, ledger string, key ssh.PublicKey) error {
	if err := allow(key); err != nil {
		return err
	}
	for _, text := range e.Signatures {
		s, err := parseSignature(text)
		if err != nil {
			return err
		}
		if !bytes.Equal(s.PublicKey.Marshal(), key.Marshal()) {
			continue
		}
		if s.Namespace != Namespace(ledger) {
			return fmt.Errorf("%w: it was made for %q, not for %q", ErrSignature, clip(s.Namespace), Namespace(ledger))
		}
		if err := present(s); err != nil {
			return err
		}
		if err := sshsig.Verify(bytes.NewReader(e.Signed), s, key, s.HashAlgorithm, Namespace(ledger)); err != nil {
			return fmt.Errorf("%w: %w", ErrSignature, err)
		}
		return nil
	}
	return fmt.Errorf("%w: none of the signatures is by %s", ErrSignature, Fingerprint(key))
}

// present refuses a signature of a hardware key that nobody touched: software alone could have asked for it.
func present(s *sshsig.Signature) error {
	if s.PublicKey.Type() != ssh.KeyAlgoSKED25519 {
		return nil
	}
	const userPresent = 1
	if len(s.Signature.Rest) != 5 || s.Signature.Rest[0]&userPresent == 0 {
		return fmt.Errorf("%w: nobody touched the hardware key", ErrSignature)
	}
	return nil
}

// parseSignature reads an armoured signature, strictly: nothing before it, nothing after it, and no bytes in it that are
// not read.
func parseSignature(text string) (*sshsig.Signature, error) {
	const most = 4096
	if len(text) > most || !strings.HasPrefix(text, beginSignature+"\n") {
		return nil, fmt.Errorf("%w: a signature is the text that ssh-keygen -Y sign writes", ErrForm)
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 || len(block.Headers) > 0 {
		return nil, fmt.Errorf("%w: a signature is the text that ssh-keygen -Y sign writes", ErrForm)
	}
	s, err := sshsig.ParseSignature(block.Bytes)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	case !bytes.Equal(s.Marshal(), block.Bytes):
		return nil, fmt.Errorf("%w: the signature is not in its one form", ErrForm)
	}
	return s, allow(s.PublicKey)
}

// Fresh refuses a statement that is not to be taken any more at the moment of its recording.
func (s Statement) Fresh(recorded time.Time) error {
	until, err := s.Until()
	if err != nil {
		return err
	}
	if recorded.After(until) {
		return fmt.Errorf("%w: it was not to be taken after %s", ErrSignature, s.ValidUntil)
	}
	return nil
}
