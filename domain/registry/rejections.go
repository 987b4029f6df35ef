package registry

import "truceledger/domain"

// The refusals of this kind of record.
const (
	ErrPlaceCycle  domain.Rejection = "place-cycle: a place cannot lie in itself, nor in a place that lies in it; choose another parent" // R16
	ErrCitesItself domain.Rejection = "cites-itself: a source cannot rest on itself; name the sources that it took its matter from"
)
