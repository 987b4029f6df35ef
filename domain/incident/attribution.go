package incident

import (
	"slices"
	"strings"
)

// attribution is disputed where somebody clears an actor whom somebody names, and where two who name actors name none in
// common. It is attributed where somebody attributes it and nobody stands against that.
func (s State) attribution() Attribution {
	switch {
	case s.cleared() || rivals(s.claims()):
		return AttributionInDispute
	case slices.ContainsFunc(s.Accounts, func(t Testimony) bool { return t.Kind == AttributedTo }):
		return Attributed
	}
	return Unattributed
}

// Responsible lists the actors whom the allegation accuses or an account names, each once.
func (s State) Responsible() []string {
	var actors []string
	for _, c := range s.claims() {
		for _, a := range c.actors {
			if !slices.Contains(actors, a) {
				actors = append(actors, a)
			}
		}
	}
	return actors
}

// cleared reports whether an account denies that an actor did it who is said to have done it.
func (s State) cleared() bool {
	responsible := s.Responsible()
	return slices.ContainsFunc(s.Accounts, func(t Testimony) bool {
		return t.Kind == Denied && slices.Contains(responsible, t.Actor)
	})
}

// A claim is whom one speaker names. A speaker who names several holds that they did it together.
type claim struct {
	by     string
	actors []string
}

// claims lists whom each speaker names: the alleger first, then the accounts.
func (s State) claims() []claim {
	var claims []claim
	at := map[string]int{} // by speaker: a record may hold thousands of accounts
	if len(s.Accused) > 0 {
		at[s.By], claims = 0, append(claims, claim{s.By, slices.Clone(s.Accused)})
	}
	for _, t := range s.Accounts {
		if t.Kind != AttributedTo {
			continue
		}
		i, spoke := at[t.By]
		if !spoke {
			i = len(claims)
			at[t.By], claims = i, append(claims, claim{by: t.By})
		}
		claims[i].actors = append(claims[i].actors, t.Actor)
	}
	return claims
}

// rivals reports whether two claims name no actor in common.
func rivals(claims []claim) bool {
	claims = distinct(claims)
	for i, a := range claims {
		for _, b := range claims[:i] {
			if !slices.ContainsFunc(a.actors, func(x string) bool { return slices.Contains(b.actors, x) }) {
				return true
			}
		}
	}
	return false
}

// distinct keeps one of the claims that name the same actors. Without it a thousand voices for one view would be compared
// with each other, a million times.
func distinct(claims []claim) (kept []claim) {
	seen := map[string]bool{}
	for _, c := range claims {
		key := strings.Join(slices.Compact(slices.Sorted(slices.Values(c.actors))), " ") // ids have no blanks
		if !seen[key] {
			seen[key], kept = true, append(kept, c)
		}
	}
	return kept
}
