package api

import "truceledger/projections"

// partial stands in until the read models answer everything.
type partial struct {
	*projections.Projections
	deep
}
type deep struct{ deeper }
type deeper struct{ deepest }
type deepest struct{ Queries }
