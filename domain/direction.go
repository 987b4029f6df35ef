package domain

import "strings"

// InOrder returns a text without the characters that turn the direction of what stands around them (embeddings, overrides and
// isolates, U+202A to U+202E and U+2066 to U+2069), for where a text of a record becomes a part of a sentence: a name that ends
// with an override would have the rest of the sentence read backwards. The record's own text keeps them.
func InOrder(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
}
