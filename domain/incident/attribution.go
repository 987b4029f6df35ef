package incident

import "slices"

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
	if len(s.Accused) > 0 {
		claims = append(claims, claim{s.By, slices.Clone(s.Accused)})
	}
	for _, t := range s.Accounts {
		if t.Kind != AttributedTo {
			continue
		}
		i := slices.IndexFunc(claims, func(c claim) bool { return c.by == t.By })
		if i < 0 {
			claims, i = append(claims, claim{by: t.By}), len(claims)
		}
		claims[i].actors = append(claims[i].actors, t.Actor)
	}
	return claims
}

// rivals reports whether two claims name no actor in common.
func rivals(claims []claim) bool {
	for i, a := range claims {
		for _, b := range claims[:i] {
			if !slices.ContainsFunc(a.actors, func(x string) bool { return slices.Contains(b.actors, x) }) {
				return true
			}
		}
	}
	return false
}
