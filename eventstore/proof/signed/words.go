package signed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Words says a statement in words, for the signer to read before signing. The form never changes under this version of
// the namespace, because its hash is signed too: one line for each field of the command, in the order of the signed
// bytes, then what the statement adds. Control characters and those that turn the direction of a text are shown as codes,
// so that a field can hide none of what follows.
func Words(s Statement) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "To ledger %s:\n", visible(s.Ledger))
	if err := eachField(s.Command, func(path, value string) {
		fmt.Fprintf(&b, "  %s: %s\n", visible(path), visible(value))
	}); err != nil {
		return "", fmt.Errorf("%w: command: %w", ErrForm, err)
	}
	if s.TermsSHA256 != "" {
		fmt.Fprintf(&b, "The text agreed to has the SHA-256 %s.\n", visible(s.TermsSHA256))
	}
	fmt.Fprintf(&b, "Number %d signed with this key. Not to be taken after %s.\n", s.PartySeq, visible(s.ValidUntil))
	if s.Seen.Size == 0 {
		b.WriteString("Signed without having seen a head of the log.\n")
	} else {
		fmt.Fprintf(&b, "Signed having seen the log at %d entries, root %s.\n", s.Seen.Size, s.SeenRoot())
	}
	return b.String(), nil
}

// WordsHash is the SHA-256 of words in hex.
func WordsHash(words string) string {
	h := sha256.Sum256([]byte(words))
	return hex.EncodeToString(h[:])
}

// eachField calls visit for each value that is no object or list, with its path: casualties/0/best.
func eachField(raw []byte, visit func(path, value string)) error {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		kind := d.PeekKind()
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		at := strings.TrimPrefix(string(d.StackPointer()), "/")
		name, length := d.StackIndex(d.StackDepth())
		isName := name == '{' && length%2 == 1
		if kind != '{' && kind != '[' && kind != '}' && kind != ']' && !isName {
			visit(at, t.String())
		}
		if d.StackDepth() == 0 {
			return nil
		}
	}
}

// visible shows what would not be seen.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether a character is a control, breaks a line, has no width, or turns the direction of a text.
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xad, r == 0x61c, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	}
	return r >= 0xe0000 && r <= 0xe0fff
}
