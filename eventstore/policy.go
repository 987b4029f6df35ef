package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/domain/when"
)

// Signatures is a ledger's policy on commands that nobody has signed. It stands on the record, so that whoever runs the
// ledger cannot lower it without everybody seeing when: an auditor judges each entry by the policy in force at its read_to.
type Signatures string

const (
	SignaturesOff        Signatures = "off"             // signed commands are taken and checked, unsigned ones too
	SignaturesRegistered Signatures = "when-registered" // an actor with a key on its record is not spoken for without one
	SignaturesRequired   Signatures = "required"        // every command is signed
)

// Values lists the policies.
func (Signatures) Values() []string {
	return []string{string(SignaturesOff), string(SignaturesRegistered), string(SignaturesRequired)}
}

// known reports whether this program knows the policy. What it does not know it must not take for a lower one.
func (s Signatures) known() bool { return slices.Contains(s.Values(), string(s)) }

// setSignatures is the command that changes the policy.
type setSignatures struct{ domain.Header }

func (*setSignatures) Verb() string       { return "set-signatures" }
func (*setSignatures) Target() domain.Ref { return genesis }
func (*setSignatures) Creates() bool      { return false }
func (*setSignatures) SetTarget(string)   {}

// SignaturesSet means that entries which have read this one are judged by another policy on signatures.
type SignaturesSet struct {
	domain.Moment
	Signatures Signatures `json:"signatures"`
}

// A policySince is a policy with the entry that set it.
type policySince struct {
	sequence uint64
	policy   Signatures
}

// policies are all that ever were in force, in the order of the log.
type policies []policySince

// at returns the policy in force for an entry that has read the log up to a sequence, and the entry that set it.
func (p policies) at(readTo uint64) policySince {
	for _, x := range slices.Backward(p) {
		if x.sequence <= readTo {
			return x
		}
	}
	return policySince{policy: SignaturesOff}
}

// meet takes note of an entry of the ledger's own. It may meet one twice.
func (p policies) meet(e Entry) policies {
	var policy Signatures
	switch set := e.Events[0].(type) {
	case LedgerOpened:
		policy = set.Signatures
	case SignaturesSet:
		policy = set.Signatures
	}
	if policy == "" || len(p) > 0 && p[len(p)-1].sequence >= e.Sequence {
		return p
	}
	return append(slices.Clip(p), policySince{e.Sequence, policy})
}

// Signatures returns the policy in force, and the entry that set it; 0 where none ever did.
func (l *Ledger) Signatures() (policy Signatures, since uint64) {
	now := l.policies().at(^uint64(0))
	return now.policy, now.sequence
}

func (l *Ledger) policies() policies {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.signatures
}

// declare puts the policy that is asked for on the record, where that says another one; "" asks for none.
func (l *Ledger) declare(ctx context.Context, own constitution) error {
	for try := 0; ; try++ {
		asked := l.options.Signatures
		if asked == "" && len(own.policies) == 0 {
			asked = l.options.FirstSignatures
		}
		if asked == "" || asked == own.policies.at(^uint64(0)).policy && len(own.policies) > 0 {
			return nil
		}
		if asked == SignaturesOff && len(own.policies) == 0 {
			return nil // as it is where nobody ever said anything
		}
		err := l.appendPolicy(ctx, asked, own)
		if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrOutcomeUnknown) {
			return fmt.Errorf("put the policy on signatures on the record: %w", err)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
		if own, err = readGenesis(ctx, l.log); err != nil {
			return err
		}
	}
}

func (l *Ledger) appendPolicy(ctx context.Context, policy Signatures, own constitution) error {
	now := microseconds(l.options.Clock())
	if now.Before(own.recorded) {
		now = own.recorded
	}
	payload, err := Encode(Entry{
		ID: uuid.Must(uuid.NewV7()).String(), Ledger: l.ID(), Ref: genesis, RecordedAt: now, VersionBefore: own.version,
		ReadTo: own.version, Rules: Rules, Command: &setSignatures{}, Principal: l.options.Principal, Nonce: newNonce(),
		Events: []domain.Event{SignaturesSet{Moment: domain.Moment{Occurred: when.At(now), Place: now}, Signatures: policy}},
	})
	if err == nil {
		_, err = l.log.Append(ctx, Subject(genesis), own.version, payload)
	}
	return err
}

// A constitution is what the ledger's own record says.
type constitution struct {
	opened   LedgerOpened
	format   int // 0 where the log is empty
	policies policies
	version  uint64
	recorded time.Time // of its newest entry
}

// unspoken returns the first actor into whose mouth a command would put words that none of its keys has signed, "" where
// there is none. by is the actor whose key has signed the command, "" where nobody has.
//
// Besides who acts, those are spoken for whose earlier entry is corrected or retracted, and whoever the replacement
// speaks as: only their own word may change their word. Who shares a record and names no actor speaks for the one who began it.
func unspoken(f *facts, policy Signatures, c domain.Command, record domain.Record, by string) (string, error) {
	if policy == SignaturesOff {
		return "", nil
	}
	actors := []string{Signer(c)}
	switch c := c.(type) {
	case *domain.Correct:
		actors = append(actors, record.Authors(c.CorrectionTarget)...)
		if c.Replacement != nil {
			actors = append(actors, c.Replacement.Head().By)
		}
	case *domain.Retract:
		actors = append(actors, record.Authors(c.CorrectionTarget)...)
	case *domain.Share:
		if c.By == "" && len(record.Steps) > 0 {
			actors = append(actors, record.Steps[0].Command.Head().By)
		}
	}
	if policy == SignaturesRequired && by == "" {
		return cmp.Or(actors[0], "(nobody: by is missing)"), nil
	}
	for i, actor := range actors {
		if actor == "" || actor == by {
			continue
		}
		if i == 0 && isKeyCommand(c) {
			return actor, nil
		}
		keys, err := keysOf(f, actor)
		if err != nil || slices.ContainsFunc(keys, func(k registry.Key) bool { return k.Stands(f.readTo) }) {
			return actor, err
		}
	}
	return "", nil
}

// VoidedBy returns the entry that had ended the key of a signed entry before it came into the log, but after what the entry
// had read: such an entry is void on arrival, and counts for nothing. 0 says that it is not. keys are all that ever stood on
// the record of e.Signer.
func VoidedBy(e Entry, keys []registry.Key) uint64 {
	if e.Signed == nil {
		return 0
	}
	if signer, named := e.Signer(); !named || signer == e.Ref {
		return 0 // the record's own version has shut out what lies between
	}
	claimed, err := e.Signed.Claimed()
	if err != nil {
		return 0 // not one that a ledger has written; who checks signatures says so
	}
	ended := uint64(0)
	for _, k := range keys {
		if !k.Stands(e.ReadTo) || !slices.Contains(claimed, k.Fingerprint) {
			continue
		}
		if k.Until == 0 || k.Until > e.Sequence {
			return 0
		}
		ended = k.Until
	}
	return ended
}
