package main

import (
	"fmt"
	"strings"
	"unicode"
)

// visible writes out what a terminal would obey instead of show: control characters (ESC, BEL, a line break), what turns
// the direction of the text around it, and what nobody sees. A stored text then changes nothing but its own place on the
// screen. Programs get the text as it is, with --output json.
func visible(s string) string {
	if !strings.ContainsFunc(s, isUnseen) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !isUnseen(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// isUnseen reports whether a character is none that is read. Those that join letters or keep them apart belong to the
// spelling of Persian and other languages.
func isUnseen(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	switch {
	case r == zeroWidthNonJoiner, r == zeroWidthJoiner, unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
}

// visibleLines is visible for a text that has line breaks of its own.
func visibleLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = visible(line)
	}
	return strings.Join(lines, "\n")
}
