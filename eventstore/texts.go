package eventstore

import (
	"encoding/json"
	"fmt"
)

// EventTexts returns the entry's events in JSON, as they are stored.
func (e Entry) EventTexts() ([]json.RawMessage, error) {
	if !e.canonical {
		return e.storedTexts()
	}
	texts := make([]json.RawMessage, len(e.Events))
	for i := range e.Events { // writing them again takes a tenth of looking for them in the payload
		var err error
		if texts[i], err = encode(&e.Events[i]); err != nil {
			return nil, fmt.Errorf("entry %d: %w", e.Sequence, err)
		}
	}
	return texts, nil
}

// storedTexts finds them in the payload, whoever wrote it.
func (e Entry) storedTexts() ([]json.RawMessage, error) {
	var payload struct {
		Data struct {
			Events []json.RawMessage `json:"events"`
		} `json:"data"`
	}
	if err := json.Unmarshal(e.Payload, &payload); err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Sequence, err)
	}
	return payload.Data.Events, nil
}
