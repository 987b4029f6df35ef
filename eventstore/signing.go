package eventstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore/proof/signed"
)

// Signatures is a ledger's policy on commands that nobody has signed.
type Signatures string

const (
	SignaturesOff        Signatures = "off"             // signed commands are taken and checked, unsigned ones too
	SignaturesRegistered Signatures = "when-registered" // an actor with a key on its record is not spoken for without one
	SignaturesRequired   Signatures = "required"        // every command is signed
)

// What is refused about signatures.
const (
	ErrSignatureNeeded domain.Rejection = "signature-needed: this actor is spoken for by its keys only; sign the command with one of them, see truce sign"
	ErrSignatureWrong  domain.Rejection = "signature-wrong: the command is not signed by a key that stands on the actor's record"
	ErrNotInFull       domain.Rejection = "not-in-full: a signed command states every field itself, so that nothing stands on the record that was not signed"
)

// signer is the actor whose key must sign a command: the one who acts, and for a change of keys the one whose keys they are.
func signer(c domain.Command) string {
	if isKeyCommand(c) {
		return c.Target().ID
	}
	return c.Head().By
}

func isKeyCommand(c domain.Command) bool {
	switch c.(type) {
	case *registry.RegisterKey, *registry.RotateKey, *registry.RevokeKey:
		return true
	}
	return false
}

// newKeyOf is the key that a command puts on the record, "" for others. It must sign too: that proves possession.
func newKeyOf(c domain.Command) string {
	switch c := c.(type) {
	case *registry.RegisterKey:
		return c.Key
	case *registry.RotateKey:
		return c.Key
	}
	return ""
}

// CheckSigned checks that an envelope is signed by a key that stands on its actor's record as of readTo, and for a new key
// also by that one. An actor's first key needs no other. keys are those of Signer's record.
func CheckSigned(e signed.Envelope, ledger string, c domain.Command, keys []registry.Key, readTo uint64) error {
	claimed, err := e.Claimed()
	if err != nil {
		return err
	}
	if line := newKeyOf(c); line != "" {
		if err := verifyLine(e, ledger, line); err != nil {
			return fmt.Errorf("the new key: %w", err)
		}
		if !slices.ContainsFunc(keys, func(k registry.Key) bool { return k.From <= readTo }) {
			return nil
		}
	}
	for _, k := range keys {
		if k.Stands(readTo) && slices.Contains(claimed, k.Fingerprint) {
			return verifyLine(e, ledger, k.Key)
		}
	}
	return fmt.Errorf("%w: none of %s stands on the record of %q", signed.ErrKey, strings.Join(claimed, ", "), signer(c))
}

func verifyLine(e signed.Envelope, ledger, line string) error {
	key, err := signed.ParseKey(line)
	if err == nil {
		_, err = signed.Verify(e, ledger, key)
	}
	return err
}

// Signer is the record on which the keys stand that may sign an entry; false where its command names no actor.
func (e Entry) Signer() (domain.Ref, bool) {
	id := signer(e.Command)
	return domain.Ref{Kind: domain.KindActor, ID: id}, id != ""
}

// authorise checks who has signed an order, as of readTo, which the entry will name: so anybody can check it again.
func (l *Ledger) authorise(f *facts, o order, c domain.Command, now time.Time) error {
	if err := l.spokenFor(f, o, c); err != nil {
		return err
	}
	keys, err := keysOf(f, signer(c))
	if err != nil {
		return err
	}
	if o.Signed == nil {
		stands := slices.ContainsFunc(keys, func(k registry.Key) bool { return k.Stands(f.readTo) })
		switch p := l.options.Signatures; {
		case p == SignaturesRequired, p == SignaturesRegistered && (stands || isKeyCommand(c)):
			return domain.Refuse(ErrSignatureNeeded, "%s", signer(c))
		}
		return nil
	}
	if err := CheckSigned(*o.Signed, l.ID(), c, keys, f.readTo); err != nil {
		return domain.Refuse(ErrSignatureWrong, "%v", err)
	}
	s, err := signed.ParseStatement(o.Signed.Signed)
	if err == nil {
		err = s.Fresh(now)
	}
	if err == nil && l.options.CheckSeen != nil {
		err = l.options.CheckSeen(f.ctx, s.Seen)
	}
	if err != nil {
		return domain.Refuse(ErrSignatureWrong, "%v", err)
	}
	return nil
}

// spokenFor refuses a correction that puts words into the mouth of another actor who is spoken for by keys: the replacement
// stands as that actor's, so only that actor's own correction may say it.
func (l *Ledger) spokenFor(f *facts, o order, c domain.Command) error {
	correct, ok := c.(*domain.Correct)
	if !ok || correct.Replacement == nil || l.options.Signatures == "" || l.options.Signatures == SignaturesOff {
		return nil
	}
	by := correct.Replacement.Head().By
	if by == "" || by == signer(c) && o.Signed != nil {
		return nil
	}
	keys, err := keysOf(f, by)
	if err == nil && slices.ContainsFunc(keys, func(k registry.Key) bool { return k.Stands(f.readTo) }) {
		err = domain.Refuse(ErrSignatureNeeded, "%s", by)
	}
	return err
}

func keysOf(f *facts, actor string) ([]registry.Key, error) {
	if actor == "" {
		return nil, nil
	}
	readings, err := f.readings(domain.Ref{Kind: domain.KindActor, ID: actor})
	return registry.FoldKeys(readings), err
}

// inFull refuses a signed command in which the ledger had to fill in something.
func (o order) inFull(defaults []string) error {
	if o.Signed == nil || len(defaults) == 0 {
		return nil
	}
	return domain.Refuse(ErrNotInFull, "missing: %s", strings.Join(defaults, ", "))
}

// open reads the command of a signed request from the very bytes that were signed. What they say is believed only when
// authorise has checked them.
func (r *Request) open() error {
	if r.Signed == nil {
		return nil
	}
	s, err := signed.ParseStatement(r.Signed.Signed)
	if err != nil {
		return &SyntaxError{Problem: err.Error()}
	}
	r.Command, err = DecodeCommand("", s.Command)
	return err
}

// Keys returns every key that ever stood on an actor's record, as this node has read it.
func (l *Ledger) Keys(ctx context.Context, actor string) ([]registry.Key, error) {
	record, err := l.Record(ctx, domain.Ref{Kind: domain.KindActor, ID: actor})
	return registry.FoldKeys(record.Readings(domain.Everything)), err
}

// AllowedSigners writes the keys of actors as an OpenSSH allowed_signers file. It is derived: the entries are what counts.
func AllowedSigners(ledger string, keys map[string][]registry.Key) (string, error) {
	var all []signed.Key
	for _, actor := range slices.Sorted(maps.Keys(keys)) {
		for _, k := range keys[actor] {
			public, err := signed.ParseKey(k.Key)
			if err != nil {
				return "", err
			}
			all = append(all, signed.Key{Actor: actor, Public: public, FromTime: k.FromTime, UntilTime: k.UntilTime})
		}
	}
	return signed.AllowedSigners(ledger, all), nil
}
