package domain

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind names a kind of record; it is the first half of a Ref and the second token of a stream subject.
type Kind string

const (
	KindLedger    Kind = "ledger"
	KindCeasefire Kind = "ceasefire"
	KindIncident  Kind = "incident"
	KindTalks     Kind = "talks"
	KindTally     Kind = "tally"
	KindStatement Kind = "statement"
	KindActor     Kind = "actor"
	KindPlace     Kind = "place"
	KindSource    Kind = "source"
)

// Kinds lists the kinds that a command can address, in the order in which documents list them.
var Kinds = []Kind{KindCeasefire, KindIncident, KindTalks, KindTally, KindStatement, KindActor, KindPlace, KindSource}

// A Ref names one record, one consistency boundary: ceasefire/aleppo-silence.
type Ref struct {
	Kind Kind
	ID   string
}

func (r Ref) String() string { return string(r.Kind) + "/" + r.ID }

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// ParseRef reads "kind/id". The error says what a reference looks like.
func ParseRef(s string) (Ref, error) {
	kind, id, found := strings.Cut(s, "/")
	if !found || !IsSlug(id) {
		return Ref{}, notARecord(s)
	}
	for _, k := range Kinds {
		if string(k) == kind {
			return Ref{Kind: k, ID: id}, nil
		}
	}
	return Ref{}, fmt.Errorf("%q is not a kind of record: one of %s", clip(kind), JoinKinds())
}

// notARecord says what a reference looks like, with the id that was given where it is one: what stands there can be copied.
func notARecord(s string) error {
	example := string(KindCeasefire) + "/aleppo-silence"
	switch {
	case slices.Contains(Kinds, Kind(s)):
		example = s + "/ID"
	case IsSlug(s):
		example = string(KindCeasefire) + "/" + s
	}
	return fmt.Errorf("%q is not a record: write kind/id, such as %s", clip(s), example)
}

// JoinKinds lists the kinds of records in words.
func JoinKinds() string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// IsSlug reports whether s can be the id of a record: [a-z0-9][a-z0-9-]{0,63}.
func IsSlug(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// clip shortens what a caller sent before it is repeated in an error.
func clip(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// Places is a list of registered places. On the wire a single place may stand without the list's brackets.
type Places []string
