package tally

import "truceledger/domain"

// The refusals of this kind of record.
const (
	ErrOtherSource      domain.Rejection = "other-source: a series belongs to one source, and sources are never added up; record this figure in a series of its own"
	ErrOtherSeries      domain.Rejection = "other-series: a series counts one unit with one outcome; record this figure in a series of its own"
	ErrPartExceedsTotal domain.Rejection = "part-exceeds-total: a part of a figure cannot be greater than the figure" // R11
)
