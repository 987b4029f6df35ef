package ceasefire

import (
	"slices"

	"truceledger/domain"
)

// This file decides what leads to agreement: proposing, amending, consenting, refusing, acceding.

func (j *judgement) propose(c *Propose) ([]domain.Event, error) {
	if len(c.Parties) == 0 && len(c.Consent) == 0 {
		return nil, domain.Field("parties", "is required: name the parties, or who must consent; a proposal that nobody can agree to is none")
	}
	resolved, err := j.terms(c.Ceasefire, c.Terms)
	if err != nil {
		return nil, err
	}
	return one(CeasefireProposed{Moment: j.m, Resolved: resolved})
}

func (j *judgement) amend(c *Amend) ([]domain.Event, error) {
	switch err := j.open(); {
	case err != nil:
		return nil, err
	case j.part(c.By) != nil:
		return nil, j.part(c.By)
	case j.IsAgreed():
		return nil, ErrAlreadyAgreed
	}
	resolved, err := j.terms(c.Ceasefire, j.Terms.merge(c.Terms))
	if err != nil {
		return nil, err
	}
	// A date that was stated before keeps its mark: its zone was completed when it was recorded.
	if c.From.IsZero() {
		resolved.From.ZoneAssumed = j.From.ZoneAssumed
	}
	if c.Until.IsZero() && c.Lasting == "" {
		resolved.Until.ZoneAssumed = j.Until.ZoneAssumed
	}
	if c.AccedeBy.IsZero() {
		resolved.AccedeBy.ZoneAssumed = j.AccedeBy.ZoneAssumed
	}
	return one(ProposalAmended{Moment: j.m, Version: j.TermsVersion + 1, Resolved: resolved})
}

// terms checks a whole set of terms and resolves its times.
func (j *judgement) terms(id string, t Terms) (Resolved, error) {
	if t.TermsText != "" && t.TermsSHA256 != "" {
		return Resolved{}, domain.Field("terms_sha256", "give terms or terms_sha256, not both")
	}
	if err := uniqueObligations(t.Obligations); err != nil {
		return Resolved{}, err
	}
	if err := j.participants(t); err != nil {
		return Resolved{}, err
	}
	if err := j.lineage(id, t); err != nil {
		return Resolved{}, err
	}
	return t.resolve(j.in.Zone)
}

func uniqueObligations(obligations []Obligation) error {
	for i, o := range obligations {
		if slices.ContainsFunc(obligations[:i], func(p Obligation) bool { return p.Obligation == o.Obligation }) {
			return domain.Refuse(ErrObligationExists, "%s", o.Obligation)
		}
	}
	return nil
}

// participants refuses terms that give a role to somebody whom they, or a ceasefire above, exclude (R2).
func (j *judgement) participants(t Terms) error {
	terms := &judgement{m: j.m, in: j.in, State: State{Terms: t}}
	for _, actor := range t.Excluded {
		terms.Excluded = append(terms.Excluded, Exclusion{Actor: actor})
	}
	for _, list := range []struct {
		field  string
		actors []string
	}{{"parties", t.Parties}, {"guarantors", t.Guarantors}, {"consent", t.Consent}, {"monitors", t.Monitors}} {
		for _, actor := range list.actors {
			if err := terms.notExcluded(list.field, actor); err != nil {
				return err
			}
		}
	}
	return nil
}

// lineage refuses a parent that leads back to the ceasefire, and an area that leaves the parent's (R16).
func (j *judgement) lineage(id string, t Terms) error {
	if t.Predecessor == id && id != "" {
		return domain.Refuse(ErrSelfSuccession, "%s", id)
	}
	if t.Parent == "" {
		return nil
	}
	for above, n := t.Parent, 0; above != "" && n < 64; n++ {
		if above == id {
			return domain.Refuse(ErrParentCycle, "%s leads back to %s", t.Parent, id)
		}
		facts, _, err := j.in.Facts.Ceasefire(above, j.m.Place)
		if err != nil {
			return err
		}
		above = facts.Parent
	}
	return j.insideParent(t.Parent, t.Area)
}

func (j *judgement) insideParent(parent string, area []string) error {
	facts, _, err := j.in.Facts.Ceasefire(parent, j.m.Place)
	if err != nil || len(facts.Area) == 0 {
		return err
	}
	for _, place := range area {
		inside, err := domain.Within(j.in.Facts, place, facts.Area)
		if err != nil {
			return err
		}
		if !inside {
			return domain.Refuse(ErrOutsideParent, "%s does not lie in the area of %s", place, parent)
		}
	}
	return nil
}

func (j *judgement) agree(c *Agree) ([]domain.Event, error) {
	if err := j.open(); err != nil {
		return nil, err
	}
	if err := j.voice(c.By); err != nil {
		return nil, err
	}
	if c.Version == 0 {
		c.Version = j.TermsVersion
		j.defaults = append(j.defaults, "version")
	}
	switch {
	case c.Version != j.TermsVersion:
		return nil, domain.Refuse(ErrNotCurrent, "version %d; the current one is %d", c.Version, j.TermsVersion)
	case j.Consented(c.By):
		return nil, domain.Refuse(ErrAlreadyConsented, "%s, version %d", c.By, c.Version)
	}
	events := []domain.Event{ConsentGiven{Moment: j.m, Version: c.Version, Terms: j.TermsEntry}}
	if !j.IsAgreed() && slices.Equal(j.Missing(), []string{c.By}) {
		events = append(events, CeasefireAgreed{Moment: j.m, Version: c.Version})
	}
	return events, nil
}

func (j *judgement) reject(c *Reject) ([]domain.Event, error) {
	if err := j.undecided(c.By); err != nil {
		return nil, err
	}
	return one(ProposalRejected{j.m})
}

// undecided refuses to end a proposal that is agreed, or on the word of somebody whom nobody asked.
func (j *judgement) undecided(actor string) error {
	switch err := j.open(); {
	case err != nil:
		return err
	case j.IsAgreed():
		return ErrAlreadyAgreed
	}
	return j.voice(actor)
}

func (j *judgement) withdrawProposal(c *WithdrawProposal) ([]domain.Event, error) {
	if j.ProposedBy != "" && c.By != j.ProposedBy {
		return nil, domain.Refuse(ErrNotProposer, "%s proposed it", j.ProposedBy)
	}
	switch err := j.open(); {
	case err != nil:
		return nil, err
	case j.IsAgreed():
		return nil, ErrAlreadyAgreed
	}
	return one(ProposalWithdrawn{j.m})
}

func (j *judgement) accede(c *Accede) ([]domain.Event, error) {
	if err := j.open(); err != nil {
		return nil, err
	}
	switch {
	case j.IsAgreed() && j.hasLapsed():
		return nil, domain.Refuse(ErrLapsed, "it ran until %s", j.End())
	case j.Has(c.By, j.m.Place, Party) && !j.leaves(c.By):
		return nil, domain.Refuse(ErrAlreadyParty, "%s", c.By)
	case c.WaivedBy != "" && !j.Has(c.WaivedBy, j.m.Place, Guarantor):
		return nil, domain.Refuse(ErrNotAGuarantor, "%s", c.WaivedBy)
	case c.WaivedBy == "" && j.isAfterDeadline():
		return nil, domain.Refuse(ErrTooLate, "the deadline was %s", j.AccedeBy)
	}
	return one(PartyAcceded{j.m})
}

// isAfterDeadline reports whether every reading of the deadline lies before the command's place; the last moment counts
// as in time.
func (j *judgement) isAfterDeadline() bool {
	d := j.AccedeBy
	switch {
	case d.IsZero():
		return false
	case d.IsInstant():
		return j.m.Place.After(d.Latest)
	}
	return !j.m.Place.Before(d.Latest)
}

func (j *judgement) designate(c *Designate) ([]domain.Event, error) {
	if err := j.openTo(c.By); err != nil {
		return nil, err
	}
	if err := j.notExcluded("actor", c.Actor); err != nil {
		return nil, err
	}
	switch {
	case j.Has(c.Actor, j.m.Place, c.Role):
		return nil, domain.Refuse(ErrHasRole, "%s is a %s", c.Actor, c.Role)
	case c.Role == Party && j.IsAgreed():
		return nil, domain.Refuse(ErrAlreadyAgreed, "a party joins by acceding")
	}
	return one(ActorDesignated{j.m})
}

// exclude is open to whoever has a part in the ceasefire; a party is put out by a guarantor or a mediator only, not by its
// opponent.
func (j *judgement) exclude(c *Exclude) ([]domain.Event, error) {
	if err := j.openTo(c.By); err != nil {
		return nil, err
	}
	switch {
	case j.Excludes(c.Actor):
		return nil, domain.Refuse(ErrExcluded, "%s is excluded already", c.Actor)
	case c.By != "" && j.Has(c.Actor, j.m.Place, Party) && !j.Has(c.By, j.m.Place, Guarantor, Mediator):
		return nil, domain.Refuse(ErrNoStanding, "%s is a party; %s is no %s of it", c.Actor, c.By, either([]Role{Guarantor, Mediator}))
	}
	return one(ActorExcluded{j.m})
}

// openTo refuses where the record is closed, and an actor that has no part in it.
func (j *judgement) openTo(actor string) error {
	if err := j.open(); err != nil {
		return err
	}
	return j.part(actor)
}
