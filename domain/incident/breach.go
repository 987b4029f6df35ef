package incident

import "truceledger/domain/when"

// A Breach says whether an incident is, on the face of the record, a breach of one ceasefire. It is computed at query time
// and never stored: what is known about the ceasefire changes.
type Breach string

const (
	NoBreach        Breach = "none"      // it cannot be one: outside time or area, or only excluded actors are named
	BreachContested Breach = "contested" // somebody or something speaks against it, or the times leave it open
	BreachAlleged   Breach = "alleged"   // it is said to be one, and nothing on the record speaks against it
)

// Values lists what a breach may be.
func (Breach) Values() []string { return []string{"none", "contested", "alleged"} }

// A Flag says why an incident that cites a ceasefire is no breach of it. Flagged incidents stay on the record and count as
// incidents.
type Flag string

const (
	OutsideTime Flag = "outside_time" // the ceasefire was certainly not in force
	OutsideArea Flag = "outside_area" // the place is certainly not within the area
	ByExcluded  Flag = "by_excluded"  // everybody named is excluded: an attack, and no party's breach
)

// Circumstances are what has to be known of one cited ceasefire to tell whether an incident breached it.
type Circumstances struct {
	// InForce is whether the ceasefire was in force at the incident's time. Maybe, where the precision of either leaves it
	// open, and where the ceasefire's being in force is itself contested.
	InForce when.Truth
	// Inside is whether the incident's place lies in the ceasefire's area. Maybe, where the incident names no place, the
	// ceasefire names no area, or the place is wider than the area.
	Inside when.Truth
	// Excluded is whether the ceasefire, or one above it, excludes an actor.
	Excluded func(actor string) bool
}

// An Assessment is what an incident is to one ceasefire.
type Assessment struct {
	Breach Breach `json:"breach"`
	Flags  []Flag `json:"flags,omitempty"`
}

// Breach assesses the incident against one ceasefire that it cites.
//
// An actor whom the ceasefire excludes owes it nothing, so that an attack by excluded actors alone breaches nothing. Where
// others are named with them, those others are held to it. An unnamed place leaves the alleger's word standing; an
// uncertain time does not, since then nobody can say that there was anything to breach.
func (s State) Breach(c Circumstances) Assessment {
	flags := s.flags(c)
	switch {
	case len(flags) > 0:
		return Assessment{Breach: NoBreach, Flags: flags}
	case c.InForce == when.Maybe || s.doubted():
		return Assessment{Breach: BreachContested}
	}
	return Assessment{Breach: BreachAlleged}
}

func (s State) flags(c Circumstances) (flags []Flag) {
	if c.InForce == when.No {
		flags = append(flags, OutsideTime)
	}
	if c.Inside == when.No {
		flags = append(flags, OutsideArea)
	}
	if s.onlyBy(c.Excluded) {
		flags = append(flags, ByExcluded)
	}
	return flags
}

// onlyBy reports whether somebody is named and all who are named are excluded.
func (s State) onlyBy(excluded func(actor string) bool) bool {
	named := s.Responsible()
	for _, actor := range named {
		if !excluded(actor) {
			return false
		}
	}
	return len(named) > 0
}

// doubted reports whether the record itself speaks against the allegation: somebody disputes it, who did it is disputed,
// or an inquiry could not substantiate it. A verified incident is not in doubt because somebody disputes it.
func (s State) doubted() bool {
	switch {
	case s.Attribution == AttributionInDispute, s.Status == Status(Unsubstantiated), s.Status == Status(Inconclusive):
		return true
	case s.Status == Status(Verified):
		return false
	}
	for _, t := range s.Accounts {
		if t.Kind == Disputed {
			return true
		}
	}
	return false
}
