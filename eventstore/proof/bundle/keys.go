package bundle

import (
	"truceledger/domain/registry"
	"truceledger/eventstore"
)

// keys returns the keys that ever stood on the record of the actor who must have signed an entry, as of its
// read_to.
func (v *verifier) keys(e *eventstore.Entry) ([]registry.Key, error) {
	ref, named := e.Signer()
	if !named {
		return nil, failed(e.Sequence, "signature", "it is signed, and names no actor who signs")
	}
	keys, err := v.replay.Keys(ref.ID, e.Sequence)
	if err != nil {
		return nil, err
	}
	if by := eventstore.VoidedBy(*e, keys); by != 0 {
		v.report.flag(e.Sequence, "its key was ended by entry %d, after the ledger had read to %d: it is void on arrival and counts for nothing", by, e.ReadTo)
	}
	return v.replay.Keys(ref.ID, e.KeysAt())
}

// disputes flags the revocation of a key that is said to have been in other hands, and a change of the policy.
func (v *verifier) disputes(e *eventstore.Entry) {
	if c, ok := e.Command.(*registry.RevokeKey); ok && c.CompromisedSince != 0 {
		v.report.flag(e.Sequence, "it disputes what the key %s signed since entry %d", c.Fingerprint, c.CompromisedSince)
	}
	if set, ok := e.Events[0].(eventstore.SignaturesSet); ok {
		v.report.flag(e.Sequence, "from here on the ledger's policy on signatures is %s", set.Signatures)
	}
}
