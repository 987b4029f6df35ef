package main

import (
	"encoding/json"
	"errors"
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
	times := zoneless(verb, body)
	if len(times) == 0 {
		return nil
	}
	flag := strings.NewReplacer("_", "-", ".", "-").Replace(times[0])
	return []string{fmt.Sprintf("%s: no zone was given, and the ledger's own was taken%s; give one with --%s-zone, in a file as {at: ..., zone: ...}",
		strings.Join(times, ", "), assumedZone(events), flag)}
}

// zoneless lists the times of a command that name no zone and need one. What cannot be read as a command has none: it is signed.
func zoneless(verb string, body []byte) (times []string) {
	c, err := eventstore.DecodeCommand(verb, body)
	if err != nil {
		return nil
	}
	for _, path := range domain.CompleteZones(c, "UTC") {
		times = append(times, strings.TrimSuffix(path, ".zone"))
	}
	return times
}

// fileHints are the hints of a whole run over files: a word once, and the times without a zone all together in the end.
type fileHints struct {
	told     map[string]bool
	zoneless int
	first    error // where the first of them stands
}

func (h *fileHints) note(p *program, d document) {
	var head struct{ Command string }
	if json.Unmarshal(d.body, &head) != nil || !slices.Contains(eventstore.Verbs(), head.Command) {
		return
	}
	for _, text := range wordHints(head.Command, d.body) {
		if h.told == nil {
			h.told = map[string]bool{}
		}
		if !h.told[text] {
			h.told[text] = true
			fmt.Fprintf(p.stderr, "truce: note: %s\n", visible(d.at(errors.New(text)).Error()))
		}
	}
	if times := zoneless("", d.body); len(times) > 0 {
		if h.zoneless++; h.first == nil {
			h.first = d.at(&domain.FieldError{Field: times[0], Problem: "no zone is given"})
		}
	}
}

func (h *fileHints) tellZones(p *program) {
	if h.zoneless > 0 {
		fmt.Fprintf(p.stderr, "truce: note: for times of %d documents the ledger's own zone was taken, the first in %s; write {at: ..., zone: ...} to give one\n", h.zoneless, visible(h.first.Error()))
	}
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
