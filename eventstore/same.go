package eventstore

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"truceledger/domain"
)

// SameRequest reports whether sent asks for what stored was once asked for: the same fields as the caller sent them.
// What the ledger filled in, the command's id and the version that the caller had seen make no difference.
func SameRequest(stored Entry, sent domain.Command) bool {
	was, err := asSent(stored.Command, stored.Defaults)
	if err != nil {
		return false // unreachable for an entry that decodes: its defaults name fields of its command
	}
	is, err := asSent(sent, nil)
	return err == nil && bytes.Equal(was, is)
}

// asSent returns the canonical form of c without the fields at the given paths, its id and its expectation.
func asSent(c domain.Command, defaults []string) ([]byte, error) {
	raw, err := EncodeCommand(c)
	if err != nil {
		return nil, err
	}
	for _, path := range append([]string{"command_id", "expect"}, defaults...) {
		if raw, err = without(raw, splitPath(path)); err != nil {
			return nil, fmt.Errorf("take %q out of a %s: %w", path, c.Verb(), err)
		}
	}
	// Read and written once more, so that what is left has one form: {at} alone is the same time as the bare string.
	again, err := decodeCommand(c.Verb(), raw)
	if err != nil {
		return nil, err
	}
	return EncodeCommand(again)
}

// splitPath splits casualties[0].best into its steps.
func splitPath(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// without returns raw without the member at the path; raw itself where there is none.
func without(raw jsontext.Value, path []string) (jsontext.Value, error) {
	switch raw.Kind() {
	case '{':
		members := object{}
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, err
		}
		inner, found := members[path[0]]
		switch {
		case !found:
			return raw, nil
		case len(path) == 1:
			delete(members, path[0])
		default:
			cut, err := without(inner, path[1:])
			if err != nil {
				return nil, err
			}
			members[path[0]] = cut
		}
		return marshal(members)
	case '[':
		return withoutItem(raw, path)
	}
	return raw, nil
}

// withoutItem goes down into one item of a list. The items themselves are never taken out: the ledger fills in fields.
func withoutItem(raw jsontext.Value, path []string) (jsontext.Value, error) {
	var items []jsontext.Value
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, err
	}
	i, err := strconv.Atoi(path[0])
	if err != nil || i < 0 || i >= len(items) || len(path) == 1 {
		return raw, nil
	}
	if items[i], err = without(items[i], path[1:]); err != nil {
		return nil, err
	}
	return marshal(items)
}
