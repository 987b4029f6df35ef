package registry

import "truceledger/domain"

// The refusals of this kind of record.
const (
	ErrPlaceCycle  domain.Rejection = "place-cycle: a place cannot lie in itself, nor in a place that lies in it; choose another parent" // R16
	ErrCitesItself domain.Rejection = "cites-itself: a source cannot rest on itself; name the sources that it took its matter from"
	ErrKeyKnown    domain.Rejection = "key-known: this key stands or stood on the record already; a key that was revoked never returns"
	ErrNoSuchKey   domain.Rejection = "no-such-key: no key with this fingerprint stands on the actor's record"
)
