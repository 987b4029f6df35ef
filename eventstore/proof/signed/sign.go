package signed

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Bytes returns the bytes to sign and the words to show to the signer first; the bytes carry the words' hash.
func Bytes(s Statement) (raw []byte, words string, err error) {
	if words, err = Words(s); err != nil {
		return nil, "", err
	}
	s.WordsSHA256 = WordsHash(words)
	if raw, err = s.Marshal(); err == nil {
		_, err = ParseStatement(raw)
	}
	return raw, words, err
}

// Assemble joins the bytes of a statement and the signatures that ssh-keygen made over them, as a person pastes them: line
// ends of other systems and white space around them are put right.
func Assemble(raw []byte, signatures ...string) (Envelope, error) {
	if _, err := ParseStatement(raw); err != nil {
		return Envelope{}, err
	}
	e := Envelope{Signed: raw}
	for _, text := range signatures {
		lines := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), beginSignature), endSignature))
		text = beginSignature + "\n" + strings.Join(lines, "\n") + "\n" + endSignature + "\n"
		if _, err := parseSignature(text); err != nil {
			return Envelope{}, err
		}
		e.Signatures = append(e.Signatures, text)
	}
	return e, e.check()
}

const beginSignature, endSignature = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"

// Sign signs a statement for its ledger. Show the signer the words first that Bytes returns.
func Sign(s Statement, by ssh.Signer) (Envelope, error) {
	raw, _, err := Bytes(s)
	if err != nil {
		return Envelope{}, err
	}
	text, err := SignBytes(raw, s.Ledger, by)
	if err != nil {
		return Envelope{}, err
	}
	return Envelope{Signed: raw, Signatures: []string{text}}, nil
}

// SignBytes signs the bytes of a statement and returns the armoured signature, to be added to an envelope.
func SignBytes(raw []byte, ledger string, by ssh.Signer) (string, error) {
	if err := allow(by.PublicKey()); err != nil {
		return "", err
	}
	s, err := sshsig.Sign(bytes.NewReader(raw), by, sshsig.HashSHA512, Namespace(ledger))
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return string(sshsig.Armor(s)), nil
}

// FileSigner reads a private key file; passphrase is asked where the key has one.
func FileSigner(path string, passphrase func() ([]byte, error)) (ssh.Signer, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(raw)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && passphrase != nil {
		secret, err := passphrase()
		if err != nil {
			return nil, err
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase(raw, secret)
		if err != nil {
			return nil, fmt.Errorf("unlock %s: %w", path, err)
		}
		return signer, allow(signer.PublicKey())
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not a private key that can be read; for a hardware key, use the agent: %w", path, err)
	}
	return signer, allow(signer.PublicKey())
}

// AgentSigner asks the SSH agent at a socket (SSH_AUTH_SOCK) for the key whose public half is given. The connection is
// used until close is called.
func AgentSigner(socket string, public ssh.PublicKey) (signer ssh.Signer, close func() error, err error) {
	if socket == "" {
		return nil, nil, errors.New("no SSH agent runs: start one, or give a key file")
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, nil, fmt.Errorf("reach the SSH agent: %w", err)
	}
	signers, err := agent.NewClient(conn).Signers()
	for _, s := range signers {
		if bytes.Equal(s.PublicKey().Marshal(), public.Marshal()) {
			return s, conn.Close, allow(public)
		}
	}
	if err == nil {
		err = fmt.Errorf("the SSH agent does not hold %s: add it with ssh-add", Fingerprint(public))
	}
	return nil, nil, errors.Join(err, conn.Close())
}

// OpenSigner finds a signer by the path that a person names: a private key file, or a .pub file whose other half the
// agent holds.
func OpenSigner(path, socket string, passphrase func() ([]byte, error)) (ssh.Signer, func() error, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read the key: %w", err)
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(raw); err == nil {
		return AgentSigner(socket, public)
	}
	signer, err := FileSigner(path, passphrase)
	return signer, func() error { return nil }, err
}
