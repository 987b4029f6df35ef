package eventstore

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// An object is a JSON object whose members are still raw: the form in which old meanings are turned into new ones.
type object = map[string]jsontext.Value

// An upcaster turns an object that was stored under an old name into one of a newer name, which it writes into the
// member that holds the name. It may return another old name: the next upcaster goes on from there.
type upcaster func(old object) (object, error)

// The upcasters by the old name. Nothing has changed its meaning so far; the day that something does, its old line
// leaves names.go only together with a new one here.
var (
	entryUpcasters = map[string]upcaster{} // "truce.entry.v0", by the member "type"
	eventUpcasters = map[string]upcaster{} // by the member "type"
)

// mostUpcasts ends a circle of upcasters, which would be a mistake in the tables above.
const mostUpcasts = 32

// upcastEvent returns the name of an event and its object, in its newest form.
func upcastEvent(raw []byte) (string, []byte, error) {
	if name, ok := leadingName(raw, `{"type":"`); ok && eventUpcasters[name] == nil {
		return name, raw, nil
	}
	return upcast(raw, eventUpcasters)
}

// upcastEntry returns an entry's object in its newest form. The stored bytes stay what they are.
func upcastEntry(payload []byte) ([]byte, error) {
	if len(entryUpcasters) == 0 || bytes.Contains(payload, []byte(`"type":"`+entryType+`"`)) {
		return payload, nil
	}
	_, raw, err := upcast(payload, entryUpcasters)
	return raw, err
}

func upcast(raw []byte, table map[string]upcaster) (string, []byte, error) {
	for range mostUpcasts {
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			return "", nil, err
		}
		var name string
		if err := json.Unmarshal(o["type"], &name); err != nil || name == "" {
			return "", nil, fmt.Errorf("%w: an object without a type", ErrNotAnEntry)
		}
		renew, old := table[name]
		if !old {
			return name, raw, nil
		}
		newer, err := renew(o)
		if err != nil {
			return "", nil, fmt.Errorf("upcast %q: %w", name, err)
		}
		if raw, err = marshal(newer); err != nil {
			return "", nil, fmt.Errorf("upcast %q: %w", name, err)
		}
	}
	return "", nil, fmt.Errorf("%w: its upcasters go round in a circle", ErrNotAnEntry)
}
