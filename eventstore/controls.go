package eventstore

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"truceledger/domain"
)

// CheckControls refuses a command, as EncodeCommand writes it, that holds a control character in a text or in a name: C0 (NUL, ESC,
// backspace...), DEL and C1, but for a tab and the end of a line (LF, or CR LF). A text goes on to terminals, feeds, tables and
// calendars that are not ours; some obey such a character, and others cannot hold it at all.
//
// It is asked of what is new, and never of what is stored: entries from before it follow from their commands as ever.
func CheckControls(command []byte) error {
	if !mayHoldControls(command) {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(command))
	for {
		t, err := d.ReadToken()
		if err != nil {
			return fmt.Errorf("look for control characters: %w", err)
		}
		if t.Kind() == '"' {
			if err := CheckControlsIn(fieldPath(d.StackPointer()), t.String()); err != nil {
				return err
			}
		}
		if d.StackDepth() == 0 {
			return nil
		}
	}
}

// CheckControlsIn is CheckControls for one text: field names it in the refusal.
func CheckControlsIn(field, text string) error {
	for i, r := range text {
		switch {
		case !unicode.Is(unicode.Cc, r), r == '\t', r == '\n', r == '\r' && strings.HasPrefix(text[i:], "\r\n"):
		default:
			return domain.Field(field, "holds the control character U+%04X; allowed besides what is printed are tab and the end of a line", r)
		}
	}
	return nil
}

// mayHoldControls reports whether a command is worth reading again. What has no escape but of a quote, a backslash, a tab or the
// end of a line, no DEL and nothing that begins as C1 does holds none: that is nearly all there is.
func mayHoldControls(command []byte) bool {
	for i := 0; i < len(command); i++ {
		switch command[i] {
		case 0x7f, 0xc2: // 0xc2 begins U+0080 to U+00BF
			return true
		case '\\':
			if i++; i == len(command) || !strings.ContainsRune(`"\nt`, rune(command[i])) {
				return true
			}
		}
	}
	return false
}
