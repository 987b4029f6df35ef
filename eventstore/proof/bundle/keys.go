package bundle

import (
	"slices"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore"
)

// keys returns the keys that ever stood on the record of the actor who must have signed an entry, as of its read_to.
func (v *verifier) keys(e eventstore.Entry) ([]registry.Key, error) {
	ref, named := e.Signer()
	if !named {
		return nil, failed(e.Sequence, "signature", "it is signed, and names no actor who signs")
	}
	record, err := v.replay.Record(v.ctx, ref)
	if err != nil {
		return nil, err
	}
	now := registry.FoldKeys(record.Readings(domain.Everything))
	keys := registry.FoldKeys(record.UpTo(e.ReadTo).Readings(domain.Everything))
	v.void(e, keys, now)
	return keys, nil
}

// void flags an entry whose key was ended between its read_to and its own place: it is void on arrival.
func (v *verifier) void(e eventstore.Entry, then, now []registry.Key) {
	claimed, err := e.Signed.Claimed()
	if err != nil {
		return // the check of the signature says so
	}
	for i, k := range then {
		if slices.Contains(claimed, k.Fingerprint) && k.Stands(e.ReadTo) && now[i].Until != 0 {
			v.report.flag(e.Sequence, "its key %s was ended by entry %d, after the ledger had read to %d: it is void on arrival", k.Fingerprint, now[i].Until, e.ReadTo)
		}
	}
}

// disputes flags the revocation of a key that is said to have been in other hands.
func (v *verifier) disputes(e eventstore.Entry) {
	if c, ok := e.Command.(*registry.RevokeKey); ok && c.CompromisedSince != 0 {
		v.report.flag(e.Sequence, "it disputes what the key %s signed since entry %d", c.Fingerprint, c.CompromisedSince)
	}
}
