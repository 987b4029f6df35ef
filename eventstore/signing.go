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

// What is refused about signatures.
const (
	ErrSignatureNeeded domain.Rejection = "signature-needed: this actor is spoken for by its keys only; sign the command with one of them, see truce sign"
	ErrKeyUnsigned     domain.Rejection = "signature-needed: keys are put on the record, and taken from it, by what they have signed themselves; see truce sign"
	ErrSignatureWrong  domain.Rejection = "signature-wrong: the command is not signed by a key that stands on the actor's record"
	ErrNotInFull       domain.Rejection = "not-in-full: a signed command states every field itself, so that nothing stands on the record that was not signed"
)

// Signer is the actor whose key must sign a command: the one who acts, and for a change of keys the one whose keys they are;
// "" where it names nobody.
func Signer(c domain.Command) string {
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
	return fmt.Errorf("%w: none of %s stands on the record of %q", signed.ErrKey, strings.Join(claimed, ", "), Signer(c))
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
	id := Signer(e.Command)
	return domain.Ref{Kind: domain.KindActor, ID: id}, id != ""
}

// KeysAt is the sequence as of which the keys of an entry's signer are judged: what its decision had read, or, on the
// signer's own record, all that stood there.
func (e Entry) KeysAt() uint64 {
	if signer, named := e.Signer(); named && signer == e.Ref {
		return max(e.ReadTo, e.VersionBefore)
	}
	return e.ReadTo
}

// Numbered returns the key that has signed an entry for its author, by its fingerprint, and the number that its holder gave
// to the command; 0 where nobody has signed it.
func (e Entry) Numbered() (fingerprint string, number uint64, err error) {
	if e.Signed == nil {
		return "", 0, nil
	}
	claimed, err := e.Signed.Claimed()
	if err != nil {
		return "", 0, err
	}
	s, err := signed.ParseStatement(e.Signed.Signed)
	return claimed[0], s.PartySeq, err
}

// authorise checks who has signed an order, as of readTo, which the entry will name: so anybody can check it again.
func (l *Ledger) authorise(f *facts, o order, c domain.Command, record domain.Record, now time.Time) error {
	by := ""
	if o.Signed != nil {
		by = Signer(c)
		if err := l.checkSigned(f, o, c, record, now); err != nil {
			return err
		}
	}
	actor, err := unspoken(f, l.policies().at(f.readTo).policy, c, record, by)
	switch {
	case err != nil || actor == "":
		return err
	case isKeyCommand(c) && by == "":
		return domain.Refuse(ErrKeyUnsigned, "%s: sign it with %s", actor, keySigners(f, c, record))
	}
	return domain.Refuse(ErrSignatureNeeded, "%s", actor)
}

// keySigners says which keys a change of an actor's keys must be signed with.
func keySigners(f *facts, c domain.Command, record domain.Record) string {
	keys, at, err := signersKeys(f, c, record)
	stands := err != nil || slices.ContainsFunc(keys, func(k registry.Key) bool { return k.Stands(at) })
	switch {
	case newKeyOf(c) == "":
		return "a key that stands on its record"
	case stands:
		return "the new key and with one that stands on its record"
	}
	return "the new key itself, as it has no other"
}

// checkSigned checks the signatures of an order, and what its signer says of the log.
func (l *Ledger) checkSigned(f *facts, o order, c domain.Command, record domain.Record, now time.Time) error {
	keys, at, err := signersKeys(f, c, record)
	if err != nil {
		return err
	}
	if err := CheckSigned(*o.Signed, l.ID(), c, keys, at); err != nil {
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

// signersKeys returns the keys of who must sign, and the sequence as of which they are judged: what the decision has read,
// or, on the signer's own record, all that stands there, because the log lets nothing come between.
func signersKeys(f *facts, c domain.Command, record domain.Record) ([]registry.Key, uint64, error) {
	if record.Ref.Kind == domain.KindActor && record.Ref.ID == Signer(c) {
		return registry.FoldKeys(record.Readings(domain.Everything)), max(f.readTo, record.Version()), nil
	}
	keys, err := keysOf(f, Signer(c))
	return keys, f.readTo, err
}

func keysOf(f *facts, actor string) ([]registry.Key, error) {
	if actor == "" || f.replay != nil && len(f.replay.keys[actor]) == 0 {
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

// ErrOnRecord says that there is nothing to store: the record says it already.
const ErrOnRecord domain.Rejection = "on-record: the record says so already; there is nothing to add"

// Rehearse decides a command as Execute would and stores nothing. It returns the entry that would be stored now, without a
// sequence: its command has every field that the ledger fills in, so that a party can read and sign what will stand on the
// record. A no is what Execute would answer, but for signatures and the command's id.
func (l *Ledger) Rehearse(ctx context.Context, r Request) (Entry, error) {
	r.Command = unguessable(r.Command)
	o, err := l.receive(r)
	if err != nil {
		return Entry{}, err
	}
	o.rehearsed, o.ownKey = true, false // the id is not looked up: the same command may be stated again
	record, err := l.refresh(ctx, domain.Record{Ref: o.ref})
	if err != nil {
		return Entry{}, err
	}
	d, err := l.draft(ctx, &o, record, l.position.told())
	if err == nil && d.holds != 0 {
		err = domain.Refuse(ErrOnRecord, "entry %d of %s", d.holds, o.ref)
	}
	return d.entry, err
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
