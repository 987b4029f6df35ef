package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"truceledger/domain"
)

// An Identity is whom an issuer of identities says that somebody is. A session keeps of it only what a line of people names.
type Identity struct {
	Issuer  string   `json:"issuer"`          // its URL, as the operator has written it
	Subject string   `json:"subject"`         // the issuer's own id of the person, which never changes and is given to nobody else
	Email   string   `json:"email,omitempty"` // in lower case; only where the issuer has verified it
	Groups  []string `json:"groups,omitempty"`
}

// A Line gives roles to one person, by the issuer's id or by an email address, or to whoever is in a group.
type Line struct {
	Subject string   `json:"subject"`
	Email   string   `json:"email"`
	Group   string   `json:"group"`
	Roles   []Role   `json:"roles"`
	Actors  []string `json:"actors"`
}

// People are the lines of the operator's file. Whom no line names has no role.
type People []Line

// ErrNoRole says that no line names somebody.
var ErrNoRole = errors.New("no role is given to this account here")

// ErrTwoRoles says that lines disagree about somebody. Nobody is given what was meant for two people: who sits with both
// delegations by a slip in a list of groups would speak for both.
var ErrTwoRoles = errors.New("this account is in groups of different roles or actors here, and so has none of them until the operator gives it a line of its own")

// accountPrefix begins the names of people who are known by an issuer. No token may take such a name: entries know their
// writers by it.
const accountPrefix = "oidc:"

// mostSubject is how long a subject may be (OpenID Connect Core 1.0, section 2).
const mostSubject = 255

// Name is how entries and lines of the log call the person: by the issuer's own id, because names and addresses change and
// are given to others, and by the issuer, because another one may have the same id.
func (i Identity) Name() string {
	_, host, _ := strings.Cut(i.Issuer, "://")
	return accountPrefix + i.Subject + "@" + strings.TrimSuffix(host, "/")
}

// nameable reports whether the subject can stand in a name: visible ASCII, as the protocol has it.
func (i Identity) nameable() bool {
	strange := func(r rune) bool { return r <= ' ' || r > '~' }
	return i.Subject != "" && len(i.Subject) <= mostSubject && !strings.ContainsFunc(i.Subject, strange)
}

// caller is what the lines make of a person: a line of their own first, by subject and then by address; else those of their
// groups, which must agree. That somebody may observe adds nothing to any other role and contradicts none.
func (p People) caller(i Identity) (Caller, error) {
	c := Caller{Name: i.Name()}
	lines := p.of(i)
	if more := slices.DeleteFunc(slices.Clone(lines), Line.onlyObserves); len(more) > 0 {
		lines = more
	}
	if len(lines) == 0 {
		return c, ErrNoRole
	}
	for _, l := range lines[1:] {
		if !slices.Equal(l.Roles, lines[0].Roles) || !slices.Equal(l.Actors, lines[0].Actors) {
			return c, ErrTwoRoles
		}
	}
	c.Roles, c.Actors = lines[0].Roles, lines[0].Actors
	return c, nil
}

// of are the lines that decide about a person.
func (p People) of(i Identity) (lines []Line) {
	for _, own := range []func(Line) bool{
		func(l Line) bool { return l.Subject != "" && l.Subject == i.Subject },
		func(l Line) bool { return l.Email != "" && l.Email == i.Email },
		func(l Line) bool { return l.Group != "" && slices.Contains(i.Groups, l.Group) },
	} {
		for _, l := range p {
			if own(l) {
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			return lines
		}
	}
	return nil
}

func (l Line) onlyObserves() bool { return slices.Equal(l.Roles, []Role{Observer}) }

// named is what of an identity some line names; the rest is nobody's business here.
func (p People) named(i Identity) Identity {
	kept := Identity{Issuer: i.Issuer, Subject: i.Subject}
	for _, l := range p {
		if l.Email != "" && l.Email == i.Email {
			kept.Email = i.Email
		}
		if l.Group != "" && slices.Contains(i.Groups, l.Group) {
			kept.Groups = append(kept.Groups, l.Group)
		}
	}
	return kept
}

// Speaks reports whether some line lets people speak for an actor, who then speaks for itself.
func (p People) Speaks(actor string) bool {
	return slices.ContainsFunc(p, func(l Line) bool {
		return slices.Contains(l.Actors, actor) && (slices.Contains(l.Roles, Negotiator) || slices.Contains(l.Roles, Monitor))
	})
}

// prepare puts the lines into one form, and refuses what could not be used as it is meant. Errors are *domain.FieldError.
func (p People) prepare() error {
	if len(p) == 0 {
		return domain.Field("people", "is required: without a line nobody who signs in has a role")
	}
	seen := map[string]int{}
	for i := range p {
		who, err := p[i].prepare()
		if err != nil {
			return within(fmt.Sprintf("people[%d]", i), err)
		}
		if first, twice := seen[who]; twice {
			return domain.Field(fmt.Sprintf("people[%d]", i), "names the same as people[%d]: write one line with all its roles", first)
		}
		seen[who] = i
	}
	return nil
}

func (l *Line) prepare() (who string, err error) {
	l.Email = strings.ToLower(l.Email)
	given := 0
	for kind, value := range map[string]string{"subject": l.Subject, "email": l.Email, "group": l.Group} {
		if value == "" {
			continue
		}
		given, who = given+1, kind+" "+value
		if strings.TrimSpace(value) != value {
			return "", domain.Field(kind, "must not have spaces around it: it is compared as it is")
		}
	}
	switch {
	case given != 1:
		return "", domain.Field("subject", "or email or group is required, one of the three: whom the line is about")
	case l.Email != "" && strings.Count(l.Email, "@") != 1:
		return "", domain.Field("email", "is no address")
	}
	if err := (Asked{Name: "x", Roles: l.Roles, Actors: l.Actors}).check(time.Time{}); err != nil {
		return "", err
	}
	slices.Sort(l.Actors)
	l.Roles, l.Actors = inOrder(l.Roles), slices.Compact(l.Actors)
	return who, nil
}

// within puts a refused field into what holds it.
func within(path string, err error) error {
	if f, ok := errors.AsType[*domain.FieldError](err); ok {
		return &domain.FieldError{Field: path + "." + f.Field, Problem: f.Problem}
	}
	return err
}
