package domain

import "slices"

// Share lets further actors know of a restricted record, all of it: what stands there already and what comes. It is taken
// back by nothing, because what was seen was seen; and nothing makes a restricted record public.
type Share struct {
	Header
	RecordTarget
	With   []string `json:"with" doc:"The actors that may know of the record from now on, all of it. This is not taken back." ref:"actor" required:"true"`
	Reason string   `json:"reason,omitempty" doc:"What for."`
}

func (*Share) Verb() string { return "share" }

// Final: an audience never shrinks.
func (*Share) Final() {}

// RecordShared means that further actors may know of the record, from this entry of the log on, whatever it says of when it
// occurred.
type RecordShared struct {
	Moment
	Added []string `json:"added"` // in the order of the command; those who could know of the record before are left out
}

// The refusals about sharing.
const (
	ErrNotRestricted Rejection = "not-restricted: everybody who reads may know of this record; only a restricted one is shared"                                                                // R19
	ErrNotYours      Rejection = "not-yours-to-share: only an actor to whom the record was restricted when it began, or the one who began it, shares it"                                       // R19
	ErrNamesKept     Rejection = "names-what-is-kept: the record names a restricted record of which not all of them may know; share that one with them first, if that may be, or not this one" // R19
)

// An AudienceMember is an actor that may know of a restricted record.
type AudienceMember struct {
	Actor    string `json:"actor"`
	Sequence uint64 `json:"sequence"` // of the entry that let it: the record's first, or one that shared it
}

// AudienceMembers lists the actors that the steps which keep allows have let know of a restricted record, in that order; none for a
// public one, and for one that does not exist.
func AudienceMembers(r Record, keep func(Step) bool) (all []AudienceMember) {
	for i, s := range r.Steps {
		actors, _ := AddedBy(s.Events)
		switch {
		case i == 0:
			actors = RestrictedActors(s.Command) // void or not: the id says that the record is restricted
		case s.Void != 0:
			continue
		}
		if !keep(s) {
			continue
		}
		for _, actor := range actors {
			all = append(all, AudienceMember{Actor: actor, Sequence: s.Sequence})
		}
	}
	return all
}

// AudienceOf returns the actors that may know of a restricted record.
func AudienceOf(r Record) (actors []string) {
	for _, c := range AudienceMembers(r, Everything) {
		actors = append(actors, c.Actor)
	}
	return actors
}

// AddedBy returns the actors that the events of an entry let know of its record, where it is one of sharing. Where its key was
// ended before it came it let nobody know of anything: see [Step.Void].
func AddedBy(events []Event) (actors []string, shared bool) {
	if len(events) == 0 {
		return nil, false
	}
	e, shared := events[0].(RecordShared)
	return e.Added, shared
}

// decideShare applies the rules of sharing, which are the same for every kind of record.
func decideShare(r Record, c *Share, in Setting) (Decision, error) {
	if !r.Ref.Restricted() {
		return Decision{}, Refuse(ErrNotRestricted, "%s", r.Ref)
	}
	if err := mayShare(r, c.By); err != nil {
		return Decision{}, err
	}
	audience := AudienceOf(r)
	added := slices.DeleteFunc(slices.Clone(c.With), func(actor string) bool { return slices.Contains(audience, actor) })
	if len(added) == 0 {
		return Decision{}, nil // they may all know of it already
	}
	if err := tellsNothingElse(r, added, in.Facts); err != nil {
		return Decision{}, err
	}
	m, defaults, err := Settle(r, c, in)
	if err != nil {
		return Decision{}, err
	}
	return Decision{Defaults: defaults, Events: []Event{RecordShared{Moment: m, Added: added}}}, nil
}

// mayShare refuses an actor who was let in later: whoever confided the record to some would else not know how far it goes.
// Where no actor is named the principal shares it, and who may be let in without one is for the table of access to say.
func mayShare(r Record, by string) error {
	begun := r.Steps[0].Command
	if by == "" || by == begun.Head().By || slices.Contains(RestrictedActors(begun), by) {
		return nil
	}
	return Refuse(ErrNotYours, "%s", by)
}

// tellsNothingElse refuses to let actors know of a record that names another one that is kept from them: they would learn
// that it exists. What the record said once and then corrected counts too, because its history shows it.
func tellsNothingElse(r Record, added []string, facts Facts) error {
	for _, ref := range restrictedIn(r) {
		audience, err := facts.Audience(ref)
		if err != nil {
			return err
		}
		for _, actor := range added {
			if !slices.Contains(audience, actor) {
				return Refuse(ErrNamesKept, "%s, and %s", ref, actor)
			}
		}
	}
	return nil
}

// restrictedIn lists the other restricted records that a record names anywhere, each once.
func restrictedIn(r Record) []Ref {
	n := &namings{of: r.Ref}
	for _, s := range r.Steps {
		_ = CheckReferences(s.Command, n) // finds nothing wrong: n says yes to everything
	}
	return n.found
}

// namings are facts that note which restricted records they are asked for.
type namings struct {
	Facts // nil: references ask for nothing but whether something exists
	of    Ref
	found []Ref
}

// Exists notes r, and is true.
func (n *namings) Exists(r Ref) (bool, error) {
	if r.Restricted() && r != n.of && !slices.Contains(n.found, r) {
		n.found = append(n.found, r)
	}
	return true, nil
}
