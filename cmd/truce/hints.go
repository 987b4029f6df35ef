package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/eventstore"
)

// hint tells on standard error what the sender of a command that was stored may not have meant. It is no refusal: a day may stand
// without a zone, and a type may be the source's own word.
func (p *program) hint(verb string, body []byte, events []json.RawMessage) {
	for _, text := range slices.Concat(zoneHints(verb, body, events), wordHints(verb, body)) {
		fmt.Fprintf(p.stderr, "truce: note: %s\n", visible(text))
	}
}

// zoneHints tells for which times the ledger's zone was taken, because none was given.
func zoneHints(verb string, body []byte, events []json.RawMessage) []string {
	c, err := eventstore.DecodeCommand(verb, body)
	if err != nil {
		return nil // unreachable: it was stored
	}
	var times []string
	for _, path := range domain.CompleteZones(c, "UTC") {
		times = append(times, strings.TrimSuffix(path, ".zone"))
	}
	if len(times) == 0 {
		return nil
	}
	flag := strings.NewReplacer("_", "-", ".", "-").Replace(times[0])
	return []string{fmt.Sprintf("%s: no zone was given, and the ledger's own was taken%s; give one with --%s-zone, in a file as {at: ..., zone: ...}",
		strings.Join(times, ", "), assumedZone(events), flag)}
}

// assumedZone is the zone that stands in events as assumed.
func assumedZone(events []json.RawMessage) string {
	for _, raw := range events {
		var v any
		if json.Unmarshal(raw, &v) != nil {
			continue
		}
		if zone := assumedIn(v); zone != "" {
			return ", " + zone
		}
	}
	return ""
}

func assumedIn(v any) string {
	switch v := v.(type) {
	case map[string]any:
		if zone, _ := v["zone"].(string); v["zone_assumed"] == true {
			return zone
		}
		for _, inner := range v {
			if zone := assumedIn(inner); zone != "" {
				return zone
			}
		}
	case []any:
		for _, inner := range v {
			if zone := assumedIn(inner); zone != "" {
				return zone
			}
		}
	}
	return ""
}

// wordHints tells which words are a slip away from a usual one: counts would keep the two apart. A word that is none of the
// usual ones is nobody's slip.
func wordHints(verb string, body []byte) (hints []string) {
	var said map[string]json.RawMessage
	_ = json.Unmarshal(body, &said)
	for _, f := range commandFields(verb) {
		var word string
		if len(f.usual) == 0 || json.Unmarshal(said[f.name()], &word) != nil || word == "" || slices.Contains(f.usual, word) {
			continue
		}
		if near := eventstore.Nearest(word, f.usual); near != "" {
			hints = append(hints, fmt.Sprintf("%s %q is a word of its own and counted apart; the usual one is %q: correct the entry if that was meant", f.name(), word, near))
		}
	}
	var replacement struct{ Command string }
	if raw := said["replacement"]; raw != nil && json.Unmarshal(raw, &replacement) == nil && slices.Contains(eventstore.Verbs(), replacement.Command) {
		hints = append(hints, wordHints(replacement.Command, raw)...)
	}
	return hints
}
