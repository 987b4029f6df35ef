package eventstore

import (
	"context"
	"fmt"

	"truceledger/domain"
	"truceledger/domain/registry"
)

// A VoidError says that a signed command came onto the record void: its key was ended while it was under way. The entry
// stands there and counts for nothing.
type VoidError struct {
	Sequence uint64 // of the entry
	By       uint64 // the entry that had ended the key
}

func (e *VoidError) Error() string {
	return fmt.Sprintf("entry %d is void: its key was ended by entry %d while it was under way; it counts for nothing", e.Sequence, e.By)
}

// follows lets the cache follow an entry of the log. Whether a signed one is void, only its signer's record says; where that
// is not at hand the record is forgotten, and read again by whoever needs it, because Observe must not wait.
func (l *Ledger) follows(e Entry) {
	if signer, named := e.Signer(); e.Signed != nil && named && signer != e.Ref {
		keys, held := l.cache.get(signer)
		if !held {
			l.cache.forget(e)
			return
		}
		e.Void = VoidedBy(e, registry.FoldKeys(keys.Readings(domain.Everything)))
	}
	l.cache.apply(e)
}

// voided finds out whether an entry is void. Everything before it has been read.
func (l *Ledger) voided(ctx context.Context, e Entry) (uint64, error) {
	signer, named := e.Signer()
	if e.Signed == nil || !named || signer == e.Ref {
		return 0, nil
	}
	if record, held := l.cache.get(signer); held && l.Position() >= e.Sequence-1 { // else it may lack what came between
		return VoidedBy(e, registry.FoldKeys(record.Readings(domain.Everything))), nil
	}
	// Not by Record: an actor's record may hold what another actor has signed, and that one's what this one has. A command
	// about keys is never void.
	var steps []domain.Step
	for m, err := range l.log.Load(ctx, Subject(signer), 0) {
		if err != nil {
			return 0, fmt.Errorf("load %s: %w", signer, err)
		}
		x, err := l.decode(m)
		if err != nil {
			return 0, err
		}
		if isKeyCommand(x.Command) {
			steps = append(steps, x.Step())
		}
	}
	keys := registry.FoldKeys(domain.Record{Ref: signer}.Then(steps...).Readings(domain.Everything))
	return VoidedBy(e, keys), nil
}

// arrived waits until everything before a signed entry that was appended here is read: only then it is known whether it is
// void. Nobody is answered before.
func (l *Ledger) arrived(ctx context.Context, e Entry) (Entry, error) {
	if e.Signed == nil {
		return e, nil
	}
	if _, err := l.position.reach(ctx, l.life, e.Sequence); err != nil {
		return Entry{}, fmt.Errorf("%w; send the same command_id again: %w", ErrOutcomeUnknown, err)
	}
	by, err := l.voided(ctx, e)
	if err == nil && by != 0 {
		err = &VoidError{Sequence: e.Sequence, By: by}
	}
	return e, err
}
