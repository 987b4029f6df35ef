package domain

import (
	"regexp"
	"slices"
)

// A record can be restricted to some actors: a draft, a caucus, a victim's report. Its id then has a form that no other
// record's has, so that every reader of the log knows at once, from the subject alone, that an entry is not for everybody:
// nobody has to look anything up to keep something back, and what is not known yet is kept back too.

var restrictedForm = regexp.MustCompile(`^restricted-[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// RestrictedPrefix begins the id of every restricted record; a UUID follows.
const RestrictedPrefix = "restricted-"

// Restricted reports whether the record is one that only some may know of.
func (r Ref) Restricted() bool {
	return len(r.ID) == len(RestrictedPrefix)+36 && restrictedForm.MatchString(r.ID)
}

// A Restriction is what the commands embed that can begin a restricted record.
type Restriction struct {
	RestrictedTo []string `json:"restricted_to,omitzero" doc:"Only these actors, auditors and whoever enters it learn that the record exists; its id is made by the ledger. Later only share adds to them." ref:"actor"`
}

// RestrictedActors are the actors that may know of the record from its beginning; none for a public one.
func (r *Restriction) RestrictedActors() []string { return r.RestrictedTo }

// RestrictedActors returns the actors that a command restricts its new record to.
func RestrictedActors(c Command) []string {
	if r, ok := c.(interface{ RestrictedActors() []string }); ok {
		return r.RestrictedActors()
	}
	return nil
}

// A Reader is who asks, as far as restricted records are concerned. The zero Reader is the public: it sees none of them.
type Reader struct {
	Name   string   // the principal; who began a restricted record sees it. "" for nobody
	Actors []string // whom it may speak for
	All    bool     // an auditor, or the ledger itself
}

// An Audience is who may know of a restricted record.
type Audience struct {
	Actors []string
	Begun  string // the principal who began it
}

// Sees reports whether the reader belongs to the audience.
func (r Reader) Sees(a Audience) bool {
	return r.All || r.Name != "" && r.Name == a.Begun ||
		slices.ContainsFunc(r.Actors, func(actor string) bool { return slices.Contains(a.Actors, actor) })
}

// Includes reports whether every actor of the other audience belongs to a.
func (a Audience) Includes(other Audience) bool {
	return !slices.ContainsFunc(other.Actors, func(actor string) bool { return !slices.Contains(a.Actors, actor) })
}

// CheckRestriction refuses a command whose record's id does not say whether the record is restricted. made: the ledger made
// the id. A caller may bring one only with a random UUID (version 4), because one that follows from something else could be
// guessed, and trying it out would tell whether such a record exists.
func CheckRestriction(c Command, made bool) error {
	ref := c.Target()
	_, continues := c.(Continuing)
	field := string(ref.Kind)
	switch to := RestrictedActors(c); {
	case !c.Creates():
		return nil
	case len(to) > 0 && !ref.Restricted():
		return Field(field, "leave it out: the id of a restricted record is made by the ledger, so that trying an id tells nobody that a record exists")
	case ref.Restricted() && len(to) == 0 && !continues:
		return Field("restricted_to", "is required for an id of this form: the actors that may know of the record")
	case len(to) > 0 && !made && restrictedForm.FindStringSubmatch(ref.ID)[1] != "4":
		return Field(field, "ids of this form are made by the ledger: leave it out, or take %s and a random UUID (version 4)", RestrictedPrefix)
	}
	return nil
}
