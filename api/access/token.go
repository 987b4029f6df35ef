package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"truceledger/domain"
)

// A Token lets its bearer in. What it is shown as is random and kept by its bearer alone; at rest there is only its hash.
type Token struct {
	ID       string    `json:"id" doc:"What the token is revoked by; it opens nothing."`
	Name     string    `json:"name" doc:"Who bears it. It stands in the entries that its bearer makes."`
	Roles    []Role    `json:"roles" doc:"What its bearer does."`
	Actors   []string  `json:"actors,omitempty" doc:"The actors that its bearer speaks for; a monitor's body."`
	Created  time.Time `json:"created" doc:"When it was made, UTC."`
	Expires  time.Time `json:"expires,omitzero" doc:"From when on it lets nobody in, UTC; never where not given."`
	Revoked  time.Time `json:"revoked,omitzero" doc:"Since when it lets nobody in, UTC."`
	LastUsed time.Time `json:"last_used,omitzero" doc:"When it was last used, to the minute, UTC."`
}

// Asked is what is asked of a new token.
type Asked struct {
	Name    string
	Roles   []Role
	Actors  []string
	Expires time.Time // never, where zero
}

const (
	tokenPrefix   = "truce_"
	sessionPrefix = "session_"
	mostActors    = 64
	mostName      = 64
)

// HoldsToken reports whether a text has a token or a session's secret in it, as far as its look tells: such a text must not be
// logged.
func HoldsToken(s string) bool {
	return strings.Contains(s, tokenPrefix) || strings.Contains(s, sessionPrefix)
}

// mint returns a secret of 256 random bits. The prefix lets people and scanners see what it is.
func mint(prefix string) string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// digest is what of a secret is kept: from 256 random bits there is no way back, so that no salt and no slow hash is needed.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func newID() string { return strings.ToLower(rand.Text()[:12]) }

// caller is who bears the token.
func (t Token) caller() Caller {
	return Caller{Name: t.Name, Roles: t.Roles, Actors: t.Actors, Token: t.ID}
}

// live reports whether the token lets its bearer in at a moment.
func (t Token) live(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || now.Before(t.Expires))
}

// check refuses a token that could not be used as its maker means it.
func (a Asked) check(now time.Time) error {
	trimmed := strings.TrimSpace(a.Name)
	unprintable := strings.ContainsFunc(a.Name, func(r rune) bool { return !unicode.IsPrint(r) })
	switch {
	case a.Name == "":
		return domain.Field("name", "is required: who bears the token; it stands in the entries that they make")
	case trimmed != a.Name || unprintable || utf8.RuneCountInString(a.Name) > mostName:
		return domain.Field("name", "must be printable, without spaces around it, and at most %d characters", mostName)
	case strings.HasPrefix(a.Name, accountPrefix):
		return domain.Field("name", "must not begin with %q: so are people called who sign in with an account", accountPrefix)
	case len(a.Roles) == 0:
		return domain.Field("roles", "is required: one of %s", roleNames())
	case !a.Expires.IsZero() && !a.Expires.After(now):
		return domain.Field("expires", "has passed already")
	}
	for i, r := range a.Roles {
		if !slices.Contains(Roles, r) {
			return domain.Field(fmt.Sprintf("roles[%d]", i), "%.60q is none of %s", r, roleNames())
		}
	}
	return a.checkActors()
}

func (a Asked) checkActors() error {
	for i, id := range a.Actors {
		if !domain.IsSlug(id) {
			return domain.Field(fmt.Sprintf("actors[%d]", i), "is not an actor's id: lower-case letters, digits and hyphens, at most 64")
		}
	}
	has := func(r Role) bool { return slices.Contains(a.Roles, r) }
	switch bound := has(Negotiator) || has(Monitor) || has(Recorder); {
	case has(Negotiator) && len(a.Actors) == 0:
		return domain.Field("actors", "is required for a negotiator: the actors that it speaks for")
	case has(Monitor) && len(a.Actors) != 1:
		return domain.Field("actors", "must name one actor for a monitor: its body")
	case !bound && len(a.Actors) > 0:
		return domain.Field("actors", "is for negotiators, monitors and recorders: the others speak for nobody")
	case len(a.Actors) > mostActors:
		return domain.Field("actors", "may name at most %d", mostActors)
	}
	return nil
}

func roleNames() string {
	var names []string
	for _, r := range Roles {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// inOrder puts roles into the order of the table, each once.
func inOrder(asked []Role) (roles []Role) {
	for _, r := range Roles {
		if slices.Contains(asked, r) {
			roles = append(roles, r)
		}
	}
	return roles
}
