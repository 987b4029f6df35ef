package ceasefire

import (
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/domain/when"
)

// This file decides what sets and moves the term: entering into force, thwarting, extending.

func (j *judgement) enter(c *EnterIntoForce) ([]domain.Event, error) {
	switch err := j.openTo(c.By); {
	case err != nil:
		return nil, err
	case !j.IsAgreed():
		return nil, j.notAgreed()
	case j.Entered:
		return nil, ErrAlreadyInForce
	}
	from, until, err := j.entryTerm(c)
	if err != nil {
		return nil, err
	}
	return one(EnteredIntoForce{Moment: j.m, From: from, Until: until})
}

// entryTerm is the term that an enter-into-force sets. What it does not state is the proposal's; a start that nobody stated
// is when it occurred.
func (j *judgement) entryTerm(c *EnterIntoForce) (from, until Bounds, err error) {
	from, until, lasting := domain.Resolve(c.From, j.in.Zone), domain.Resolve(c.Until, j.in.Zone), c.Lasting
	stated := c.From.IsZero() && !j.From.IsZero()
	switch {
	case stated:
		from = j.From
	case from.IsZero():
		from = when.At(j.m.Place)
		from.Zone = j.m.Occurred.Zone
	}
	if until.IsZero() && lasting == "" {
		if stated || !j.Terms.Until.IsZero() {
			until = j.Until
		} else {
			lasting = j.Terms.Lasting
		}
	}
	from.Phrase, until.Phrase = "", ""
	until, err = end(from, until, lasting, j.zoneOnEntry(from, until))
	return from, until, err
}

func (j *judgement) thwart(c *Thwart) ([]domain.Event, error) {
	switch err := j.openTo(c.By); {
	case err != nil:
		return nil, err
	case j.wasInForce():
		return nil, ErrWasInForce
	}
	return one(EntryThwarted{j.m})
}

func (j *judgement) extend(c *Extend) ([]domain.Event, error) {
	if err := j.extendable(c); err != nil {
		return nil, err
	}
	from := domain.Resolve(c.From, j.in.Zone)
	until, err := j.newEnd(c, from)
	if err != nil {
		return nil, err
	}
	switch {
	case !until.CanBeAfter(j.End()):
		return nil, domain.Refuse(ErrNotLater, "until %s; it runs until %s", until, j.End())
	case !from.IsZero() && !until.CanBeAfter(from):
		return nil, domain.Refuse(domain.ErrEndBeforeStart, "from %s until %s", from, until)
	case slices.Contains(j.backers(from, until), c.By):
		return nil, domain.Refuse(ErrAlreadyConsented, "%s has sent an extension until %s", c.By, until)
	case !j.moves(c.By, from, until):
		return one(ExtensionBacked{Moment: j.m, From: from, Until: until})
	}
	old := j.End()
	old.Phrase = ""
	return one(TermExtended{Moment: j.m, From: from, Until: until, OldUntil: old})
}

// extendable refuses an extension by somebody without standing (R7), and one of a ceasefire that is not agreed, is closed,
// has no start, has no end, or has lapsed (R6).
func (j *judgement) extendable(c *Extend) error {
	if err := oneOf(c); err != nil {
		return err
	}
	switch err := j.open(); {
	case err != nil:
		return err
	case !j.IsAgreed():
		return j.notAgreed()
	case j.Start().IsZero():
		return ErrNoStart
	case j.End().IsZero():
		return ErrOpenEnded
	case j.End().Reached(j.m.Place) == when.Yes:
		return domain.Refuse(ErrLapsed, "it ran until %s; the extension is of %s", j.End(), j.m.Occurred)
	}
	if asked := j.askedToExtend(j.m.Place); j.Terms.ExtensionRule == AllConsenting && !slices.Contains(asked, c.By) {
		return domain.Refuse(ErrNoStanding, "an extension needs %s; %s is none of them", strings.Join(asked, ", "), c.By)
	}
	return j.voice(c.By)
}

// oneOf refuses an extension that states none, or several, of the three ways to say how long.
func oneOf(c *Extend) error {
	stated := 0
	for _, given := range []bool{!c.Until.IsZero(), c.Lasting != "", c.ToTotal != ""} {
		if given {
			stated++
		}
	}
	switch {
	case stated != 1:
		return domain.Field("until", "give exactly one of until, lasting and to_total")
	case c.ToTotal != "" && !c.From.IsZero():
		return domain.Field("from", "cannot be given with to_total, which counts from the first entry into force")
	}
	return nil
}

// newEnd is the end that an extension asks for: counted from its from, else from the old end; to_total from the first
// entry into force.
func (j *judgement) newEnd(c *Extend, from Bounds) (Bounds, error) {
	switch {
	case c.ToTotal != "":
		return plus(j.FirstEntry(), c.ToTotal, j.Zone)
	case c.Lasting != "" && !from.IsZero():
		return plus(from, c.Lasting, j.Zone)
	case c.Lasting != "":
		return plus(j.End(), c.Lasting, j.Zone)
	}
	return domain.Resolve(c.Until, j.in.Zone), nil
}

// moves reports whether actor's extension moves the term, or waits for others under all_consenting.
func (j *judgement) moves(actor string, from, until Bounds) bool {
	if j.Terms.ExtensionRule != AllConsenting {
		return true
	}
	return len(j.stillToBack(j.m.Place, append(j.backers(from, until), actor))) == 0
}
