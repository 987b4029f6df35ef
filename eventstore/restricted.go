package eventstore

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"truceledger/domain"
)

// AudienceOf returns who may know of a restricted record; ok is false where the record does not exist.
func (l *Ledger) AudienceOf(ctx context.Context, r domain.Ref) (a domain.Audience, ok bool, err error) {
	record, err := l.Record(ctx, r)
	if err != nil {
		return a, false, err
	}
	return l.audience(ctx, record)
}

// RecordFor is Record for a reader: a record that it may not know of has the version 0.
func (l *Ledger) RecordFor(ctx context.Context, r domain.Ref, reader domain.Reader) (domain.Record, error) {
	record, err := l.Record(ctx, r)
	if err != nil || !r.Restricted() || reader.All {
		return record, err
	}
	if a, exists, err := l.audience(ctx, record); !exists || !reader.Sees(a) {
		return domain.Record{Ref: r}, err
	}
	return record, nil
}

func (l *Ledger) audience(ctx context.Context, record domain.Record) (a domain.Audience, ok bool, err error) {
	if len(record.Steps) == 0 {
		return a, false, nil
	}
	first, err := l.entry(ctx, record.Ref, record.Steps[0].Sequence)
	return domain.Audience{Actors: domain.AudienceOf(record), Begun: first.Principal}, err == nil, err
}

// admits refuses an order for a restricted record from somebody who may not know of it, in the words in which one is refused
// for a record that does not exist. It comes before every other check: a stale version, a full record or a rule's no would
// tell that there is something.
func (l *Ledger) admits(ctx context.Context, o order, record domain.Record) error {
	if !o.ref.Restricted() {
		return nil
	}
	a, exists, err := l.audience(ctx, record)
	to := domain.RestrictedActors(o.Command)
	switch {
	case err != nil:
		return err
	case !exists && len(to) > 0 && o.Command.Creates():
		return nil // it begins here
	case !exists || !o.Reader.Sees(a):
		return &domain.NotFound{Record: o.ref}
	case len(to) > 0 && !slices.Equal(to, domain.RestrictedActors(record.Steps[0].Command)):
		return domain.Field("restricted_to", "is set at the record's beginning: leave it out, and let others know of the record with share")
	}
	return nil
}

// mayName returns what decides whether the order's command may name a restricted record: its sender must know of that
// record, and so must everybody who may read the command. So no public record ever names a restricted one.
func (l *Ledger) mayName(ctx context.Context, o order, record domain.Record, c domain.Command) func(domain.Ref) (bool, error) {
	return func(r domain.Ref) (bool, error) {
		if !o.ref.Restricted() {
			return false, nil
		}
		other, exists, err := l.AudienceOf(ctx, r)
		if err != nil || !exists || !o.Reader.Sees(other) {
			return false, err
		}
		own := domain.Audience{Actors: domain.RestrictedActors(c)}
		if len(record.Steps) > 0 {
			own.Actors = domain.AudienceOf(record)
		}
		return other.Includes(own), nil
	}
}

// unguessable gives a command that is to be signed a random id where it begins a restricted record: who signs states the id
// too, and the one that the ledger would make follows from what others may know.
func unguessable(c domain.Command) domain.Command {
	if len(domain.RestrictedActors(c)) == 0 || c.Target().ID != "" {
		return c
	}
	own := copyOf(c)
	own.SetTarget(domain.RestrictedPrefix + uuid.NewString())
	return own
}

// Material is what lies beside the log: files and sealed values. A command that names what is not there would stand on the
// record for ever and lead nowhere.
type Material interface {
	// HasFile reports whether the file is there with so many bytes.
	HasFile(sha256 string, bytes uint64) bool
	// HasSecret reports whether the vault holds the value that was committed to.
	HasSecret(commitment string) bool
}

// hasMaterial refuses a command that brings a file or a secret that is not there.
func (l *Ledger) hasMaterial(c domain.Command) error {
	m := l.options.Material
	if m == nil {
		return nil
	}
	if file, ok := c.(*domain.AttachEvidence); ok && !m.HasFile(file.SHA256, file.Bytes) {
		return domain.Refuse(ErrNoFile, "%s, %d bytes", file.SHA256, file.Bytes)
	}
	for _, s := range domain.SealedIn(c) {
		if !m.HasSecret(string(s.Commitment)) {
			return domain.Refuse(domain.ErrUnknownSecret, "%s", s.Field)
		}
	}
	return nil
}

// ErrNoFile refuses to attach what was not sent.
const ErrNoFile domain.Rejection = "no-such-file: no file with this SHA-256 and length was sent to this server; send it to POST /v1/attachments first"
