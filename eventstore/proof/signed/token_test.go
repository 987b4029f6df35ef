package signed_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"testing"

	"golang.org/x/crypto/ssh"

	"truceledger/eventstore/proof/signed"
)

// A token is a FIDO key in software: it signs as OpenSSH's PROTOCOL.u2f says, with the flags that it is given.
type token struct {
	private ed25519.PrivateKey
	public  ssh.PublicKey
	flags   byte
}

func newToken(t *testing.T, flags byte) *token {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	blob := ssh.Marshal(struct {
		Kind        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, "ssh:"})
	key, err := ssh.ParsePublicKey(blob)
	must(t, err)
	return &token{private: private, public: key, flags: flags}
}

func (k *token) PublicKey() ssh.PublicKey { return k.public }

func (k *token) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	tail := []byte{k.flags, 0, 0, 0, 9}
	blob := append(append(append([]byte{}, application[:]...), tail...), message[:]...)
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(k.private, blob), Rest: tail}, nil
}

func TestAHardwareKeySignsOnlyWhenTouched(t *testing.T) {
	touched, untouched := newToken(t, 1), newToken(t, 0)
	if _, err := signed.Verify(mustSign(t, statement(), touched), ledger, touched.PublicKey()); err != nil {
		t.Error(err)
	}
	if _, err := signed.Verify(mustSign(t, statement(), untouched), ledger, untouched.PublicKey()); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("nobody touched it: got %v", err)
	}
	if _, err := signed.ParseKey(signed.KeyLine(touched.PublicKey())); err != nil {
		t.Error(err)
	}
}
