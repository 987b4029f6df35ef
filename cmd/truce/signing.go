package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/mod/sumdb/note"

	"truceledger/api/client"
	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/signed"
	"truceledger/eventstore/proof/witness"
	"truceledger/projections"
)

// A signing makes signed commands for one ledger.
type signing struct {
	signFlags
	p       *program
	client  *client.Client
	ledger  string
	zone    string
	key     note.Verifier
	signers []ssh.Signer
	closers []func() error
	answers *bufio.Reader // one for all questions: it reads ahead
	alone   bool          // the ledger's witnesses do not answer
}

func newSigning(p *program, f signFlags) *signing {
	return &signing{signFlags: f, p: p, answers: bufio.NewReader(p.stdin)}
}

// openSigning asks the ledger what a statement must name, and opens the keys.
func (p *program) openSigning(ctx context.Context, f signFlags) (s *signing, err error) {
	s = newSigning(p, f)
	if s.client, err = p.client(); err != nil {
		return nil, err
	}
	if s.ledger, s.zone, err = opening(ctx, remoteLog{client: s.client}); err != nil {
		return nil, err
	}
	if f.logKey == "" {
		known, err := client.Get[publicKeys](ctx, s.client, "/v1/keys", client.Query{})
		if err != nil {
			return nil, err
		}
		f.logKey = known.LogKey
	}
	if s.key, err = logKeyOf(f.logKey); err != nil {
		return nil, err
	}
	for _, path := range f.keys {
		signer, closes, err := signed.OpenSigner(path, p.env("SSH_AUTH_SOCK"), nil)
		var locked *ssh.PassphraseMissingError
		if errors.As(err, &locked) {
			err = fmt.Errorf("%s has a passphrase: add it to the SSH agent with ssh-add, and name its .pub file", path)
		}
		if err != nil {
			s.close()
			return nil, usage("--sign-key: %w", err)
		}
		s.signers, s.closers = append(s.signers, signer), append(s.closers, closes)
	}
	return s, nil
}

func (s *signing) close() {
	for _, f := range s.closers {
		_ = f()
	}
}

// sign shows a command in words and signs it with every key.
func (s *signing) sign(ctx context.Context, c domain.Command) (signed.Envelope, error) {
	number, count, err := s.number(s.signers[0].PublicKey())
	if err != nil {
		return signed.Envelope{}, err
	}
	statement, err := s.statement(ctx, c, number)
	if err != nil {
		return signed.Envelope{}, err
	}
	words, err := signed.Words(statement)
	if err == nil {
		err = s.consent(words)
	}
	if err != nil {
		return signed.Envelope{}, err
	}
	e, err := signed.Sign(statement, s.signers[0])
	if err != nil {
		return e, err
	}
	for _, other := range s.signers[1:] {
		more, err := signed.SignBytes(e.Signed, s.ledger, other)
		if err != nil {
			return e, err
		}
		e.Signatures = append(e.Signatures, more)
	}
	return e, count()
}

// statement states a command in full: what the ledger would fill in is filled in here, so that it is signed too.
func (s *signing) statement(ctx context.Context, c domain.Command, number uint64) (signed.Statement, error) {
	h := c.Head()
	if h.Occurred.IsZero() {
		h.Occurred.At = time.Now().UTC().Format(time.RFC3339)
	}
	if err := domain.Prepare(c, s.zone); err != nil {
		return signed.Statement{}, usageError{err}
	}
	domain.CompleteZones(c, s.zone)
	terms, err := s.terms(ctx, c)
	if err != nil {
		return signed.Statement{}, err
	}
	raw, err := eventstore.EncodeCommand(c)
	if err != nil {
		return signed.Statement{}, err
	}
	if err := eventstore.CheckControls(raw); err != nil {
		return signed.Statement{}, usageError{err}
	}
	seen, err := s.seen(ctx)
	return signed.Statement{
		Ledger: s.ledger, Command: raw, TermsSHA256: terms, PartySeq: number, Seen: seen,
		ValidUntil: time.Now().Add(s.validFor).UTC().Format(time.RFC3339),
	}, err
}

// terms names the version that is agreed to where the signer left it open, and returns the hash of its text.
func (s *signing) terms(ctx context.Context, c domain.Command) (string, error) {
	agree, ok := c.(*ceasefire.Agree)
	if !ok {
		return "", nil
	}
	raw, err := s.client.Record(ctx, agree.Target(), client.Query{})
	var view projections.CeasefireView
	if err == nil {
		err = json.Unmarshal(raw, &view)
	}
	if err != nil {
		return "", err
	}
	if agree.Version == 0 {
		agree.Version = view.TermsVersion
	}
	if agree.Version != view.TermsVersion { // the text of another version is not at hand
		return "", nil
	}
	return view.TermsHash(), nil
}

// seen is the newest head of the log, checked with the log's key. It waits a little for the cosignatures of the ledger's witnesses:
// what is signed having seen them cannot have been signed earlier.
func (s *signing) seen(ctx context.Context) (signed.Seen, error) {
	text, err := s.client.Raw(ctx, "/log/checkpoint", client.Query{})
	if err != nil {
		return signed.Seen{}, err
	}
	if text, err = s.witnessed(ctx, text); err != nil {
		return signed.Seen{}, err
	}
	h, err := proof.OpenHead(text, s.key)
	if err != nil {
		return signed.Seen{}, unverifiedError{err}
	}
	return signed.Seen{Size: h.Size, Root: h.Root[:]}, nil
}

// witnessed waits for the cosignatures under the newest head, where the ledger asks for some. Once nobody answered, nobody is waited
// for any more.
func (s *signing) witnessed(ctx context.Context, head []byte) ([]byte, error) {
	if s.alone {
		return head, nil
	}
	policy, err := s.client.Raw(ctx, "/log/policy", client.Query{})
	if isNotFound(err) {
		return head, nil
	}
	if err != nil {
		return nil, err
	}
	if head, err = cosigned(ctx, s.client, head, policy); err != nil {
		return nil, err
	}
	p, err := witness.ParsePolicy(policy)
	s.alone = err == nil && !p.Reached(head)
	return head, nil
}

// number is the next number of a key, by what this machine has signed with it; count keeps it. A key that signs on several
// machines needs --party-seq, or its commands are flagged.
func (s *signing) number(key ssh.PublicKey) (n uint64, count func() error, err error) {
	if s.partySeq != 0 {
		return s.partySeq, func() error { return nil }, nil
	}
	path := filepath.Join(s.p.stateDir(), "signed.json")
	counts := map[string]uint64{}
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &counts)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, nil, fmt.Errorf("%s: %w", path, err)
	}
	name := s.ledger + " " + signed.Fingerprint(key)
	counts[name]++
	return counts[name], func() error {
		raw, err := json.Marshal(counts)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o700)
		}
		if err == nil {
			err = proof.WriteFile(path, append(raw, '\n'), 0o600)
		}
		return err
	}, nil
}

// stateDir is where this system keeps what a program remembers for a user.
func (p *program) stateDir() string {
	if dir := p.env("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "truce")
	}
	home, _ := os.UserHomeDir()
	if h := p.env("HOME"); h != "" {
		home = h
	}
	return filepath.Join(home, ".local", "state", "truce")
}
