package projections

import (
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// bounds is nil for bounds that are not set, so that JSON leaves them out.
func bounds(b when.Bounds) *when.Bounds {
	if b.IsZero() {
		return nil
	}
	return &b
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// some is never nil, so that JSON shows an empty list and no null.
func some[S ~[]T, T any](list S) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func someNames(names map[string]string) map[string]string {
	if names == nil {
		return map[string]string{}
	}
	return names
}

// codes lists the codes of flags, each once, in the order in which they arose.
func codes(flags []domain.Flag) []domain.FlagCode {
	list := []domain.FlagCode{}
	for _, f := range flags {
		if !slices.Contains(list, f.Code) {
			list = append(list, f.Code)
		}
	}
	return list
}

// words turns a list of named strings into plain ones.
func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
